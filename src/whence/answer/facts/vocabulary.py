"""The words that fact questions are made of, and the forms by which files and abbreviations are known."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PHRASES: Final = (
    (r"\bwhere (?:can|do|could) (?:i|we|you) find (?:the )?(?:definition|declaration) of\b", "where is defined"),
    (r"\bfind (?=(?:all )?(?:the )?commits)", "list "),
    (r"\b(?:total )?(?:number|count) of\b", "how many"),
    (r"\bgit (?=blame|log)\b", ""),
    (r"\b(?:please )?(?:show|give) me (?!who|when|which|what|where|how)", "list "),
    (r"\bwhat (?=commits?\b|release|version|tag|file|author)", "which "),
    (r"^name (?=all|the)\b", "list "),
    (r"\b(?:who's|whos)\b", "who is"),
    (r"\b(?:what's|whats)\b", "what is"),
    (r"\b(?:where's|wheres)\b", "where is"),
    (r"\b(?:when's|whens)\b", "when is"),
    (r"\b(?:pull|merge)[ -]requests?\b", "pr"),
    (r"\bcode ?base\b", "codebase"),
    (r"\bgot rid of\b", "removed"),
    (r"\b(?:got|get|gets) (?=defined|declared|removed|deleted|added|changed|renamed|moved|created)", ""),
    (r"\bworked on\b|\bworks on\b|\bworking on\b", "changed"),
    (r"\bshow up\b|\bshowed up\b|\bcame from\b|\bcame into\b|\bcome from\b|\bcome into\b", "appear"),
    (r"\bmost (?:recently|recent)\b", "latest"),
    (r"\b(?:which|what) (?:person|author|developer|contributor|user|committer|programmer|dev)\b", "who"),
    (r"\b(?:on |at |in |from )?(?:which|what) (?:date|day|time|point in time)\b", "when"),
    (r"\b(?:by|with) whom\b", "who"),
    (r"\bhow often\b", "how many times"),
    (r"\bchange ?sets?\b", "commit"),
    (r"\bso far\b|\bin total\b|\ball in all\b|\bfor the first time\b(?= introduced)", ""),
    (r"\bfor the first time\b", "first"),
    (r"\bfor the last time\b", "last"),
    (r"\bup to\b", "until"),
    (
        r"\b(?:can|could|would|will) you (?:please )?(?:tell|show|give) me\b|\bdo you know\b"
        r"|\bi(?:'d| would) like to know\b",
        "",
    ),
    (r"\bi (?:want|need) to know\b|\b(?:please )?(?:tell|show|give) me\b|\bi wonder\b", ""),
)
"""What is written in several words and means one, put into the vocabulary's form."""

VOCABULARY: Final[dict[str, str]] = {
    "who": "who whom whose",
    "when": "when date day",
    "which": "which",
    "what": "what",
    "where": "where",
    "how": "how",
    "many": "many much",
    "last": "last latest recent recently newest final lately",
    "first": "first original originally initial initially oldest earliest",
    "most": "most top biggest main busiest frequently often mostly",
    "active": "active prolific productive frequent",
    "change": "change changed changes changing modify modified modifies modification modifications touch touched "
    "touches edit edited edits update updated updates alter altered alters differ difference differences "
    "different diff new",
    "add": "add added adds adding create created creates creating introduce introduced introduces introducing "
    "introduction creation start started begin began appear appeared appears",
    "write": "write wrote written writes author authored",
    "remove": "remove removed removes removing removal delete deleted deletes deletion drop dropped drops disappear "
    "disappeared kill killed vanish vanished",
    "rename": "rename renamed renames renaming move moved moves relocated",
    "called": "called named name names path paths known",
    "previous": "previous previously former formerly old earlier",
    "define": "define defined defines definition declared declare declaration",
    "implement": "implemented",
    "commit": "commit commits committed committing revision revisions",
    "authors": "authors contributors contributor people person developers developer committers persons devs",
    "files": "files file module modules folder folders directory directories dir",
    "merges": "merges merge merged",
    "tag": "tag tags tagged release releases released version versions",
    "line": "line lines",
    "message": "message subject title",
    "issue": "issue issues pr prs bug bugs ticket tickets number",
    "mention": "mention mentions mentioned mentioning reference references referenced refer refers referring cite "
    "cites link links linked",
    "fix": "fix fixes fixed close closes closed resolve resolves resolved address addresses addressed",
    "land": "land landed ship shipped include included includes contain contains contained available part",
    "publish": "publish published came out",
    "do": "do did does done have has had having",
    "make": "make made makes contribute contributed contributes contributions contribution push pushed submit "
    "submitted",
    "history": "history log",
    "project": "project development repo repository codebase",
    "signature": "signature parameters parameter arguments argument args params param kwargs",
    "take": "take takes accept accepts accepted expect expects",
    "default": "default defaults",
    "value": "value",
    "list": "list all every show",
    "since": "since after",
    "until": "until before till",
    "between": "between",
    "from": "from",
    "by": "by",
    "in": "in under within inside during",
    "to": "to into",
    "and": "and",
    "responsible": "responsible",
    "times": "times",
    "blame": "blame annotate",
    "function": "function method class variable constant identifier symbol string text func def attribute option",
    "": "the a an here of for on at is are was were be been being they exist exists unique distinct "
    "this that it its there ever exactly "
    "actually please currently now total with his her their as me us our hey hi just one whole entire any "
    "through via overall so ok okay",
}
"""Concepts and the words that mean them; "" are the words that mean nothing for a fact."""

CONCEPTS: Final = {word: concept for concept, words in VOCABULARY.items() for word in words.split()}

NEVER_TYPOS: Final = _words(
    "form fro nad charge charged chance chances fires filed fired lists listed tasks lined lives "
    "river white wrong wrote liner "
    "aside about those these other their where there would could should first water under after later filter filters "
    "match matches times timer types types's value values class classes cache caches caching tests tested makes maker "
    "taken tasked named namer paths patch patches login logic logs route routes writer writers reader header headers "
    "errors error author authors move mover remote remotes removed changer committer release whole while since "
    "session sessions linked links liking lasts fasts master merger mode model models adder address addressed create "
    "creator creators crate crates data date dated define defined definer tagger stage staged stored state states "
    "trace traced pages pager paged start starts style file's files' lint lints listen"
)
"""Words that are near the vocabulary and mean something else."""

FILE_SUFFIXES: Final = _words(
    "py pyi pyx pxd ipynb c h cc cpp cxx hpp hh hxx m mm java kt kts scala go rs rb php pl pm js jsx mjs cjs ts tsx "
    "vue svelte cs fs swift r jl lua sh bash zsh fish ps1 bat sql html htm css scss sass less xml json jsonl yaml yml "
    "toml ini cfg conf md markdown rst txt adoc tex csv tsv lock in po pot mo proto thrift graphql cmake mk gradle "
    "dockerfile svg png jpg jpeg gif ico pem crt key cer csr cnf env erb j2 jinja jinja2 mako log patch diff zig ex "
    "exs erl hs ml mli el clj dart groovy tf nix pdf mod sum"
)
"""What stands after the last dot of a file's name."""

PLAIN_FILES: Final = _words(
    "makefile license licence readme changelog changes notice authors contributing dockerfile copying codeowners "
    "gemfile rakefile procfile vagrantfile jenkinsfile history news todo"
)
"""Names of files without a suffix, in lower case."""

NEVER_NAMES: Final = _words(
    "does do did is was are were has have that which for from in of on or and not with to by be been using used uses "
    "called named"
)
"""Words beside "function" and the like that are not its name."""

ABBREVIATIONS: Final = _words("PR PRs API URL HTTP HTTPS ID IDs SHA CI CLI JSON XML HTML TLS SSL UTC GH GIT OK")
"""Capital letters that name nothing in the code."""
