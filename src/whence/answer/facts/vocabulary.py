"""The words that fact questions are made of, and the forms by which files and abbreviations are known."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FORGOTTEN: Final = r"(?:changed|touched|modified|edited|updated)"

_FOR_LONG: Final = (
    r"(?:in|for)(?: an?| the| some| so)? (?:years|months|ages|age|while|decade|(?:very )?long(?:est)?(?: time)?)"
    r"|forever"
)

PHRASES: Final = (
    (r"\bhwo (?=many\b|much\b|often\b|big\b|large\b|long\b|old\b)", "how "),
    (r"\b(?:tell|show) (?:me|us) about\b|^(?:info|information|details) (?:about|on|of)\b", "what about"),
    (r"\b(?:for |in |of )?every (?=(?:year|month)\b)", "per "),
    (
        r"\b(?:on|in|to|into) (?:the )?(?:main|master|default)(?: branch)?\b(?! (?:file|module|folder|function))",
        "in project",
    ),
    (r"^lines (?:of code )?(?=(?:changed|added|removed)\b)", "how many lines "),
    (r"\bchangelog (?=between\b|since\b|from\b)", "changes "),
    (r"\b(?:used? to be|originally|formerly|once) (?:called|named|known as)\b", "called previously"),
    (r"\b(?:was|were|is|been|being|got|get) done\b|\b(?:been|was|were|is) (?:going on|happening)\b", "changed"),
    (r"\bbeen (?:doing|up to)\b", "changed"),
    (r"\banything (?=(?:new|changed?|happen\w*)\b)", "what "),
    (r"\banything (?=(?:that is |that's )?(?:not|un))", "which commits "),
    (rf"\b(?:nobody|no one|noone) (?:has )?{_FORGOTTEN} (?:{_FOR_LONG})", "untouched"),
    (rf"\b(?:have|has|had|were|was|are|is)(?:n't|n’t| not)(?: been)? (?:{_FORGOTTEN}) (?:{_FOR_LONG})", "untouched"),
    (r"\b(?:been (?:around|there|here)|existed) (?:for )?(?:the )?longest\b", "oldest"),
    (rf"\b{_FORGOTTEN} (?:along |together )?with\b(?! v?\d)|\bco-?changed?s? with\b", "changed together"),
    (r"\bchanges? (?:along |together )?with\b(?! v?\d)", "change together"),
    (r"\btends? to\b", "usually"),
    (r"\b(since (?:when|(?:which|what) \w+)) (?:do|have) (?:we|you|they) (?:have|had|got)\b", r"\1"),
    (r"\bcommit (?:activity|frequency|numbers?|stat(?:s|istics))\b", "how many commits"),
    (r"\b(?:was|is) out (?=on\b|in\b|at\b|by\b|\d)", "current "),
    (r"\breferences to\b(?! (?:#|issue|pr\b|gh-|bug|ticket|commit))", "uses of"),
    (r"\bs?locs?\b", "lines"),
    (r"\bdiff(?:erence)?[ -]?stat(?:s|istics)?\b", "size of changes"),
    (r"\bwhere (?:can|do|could) (?:i|we|you|one) find\b(?! (?:the )?(?:definition|declaration))", "where is defined"),
    (r"^find (?=(?:all )?(?:the )?(?:definition|declaration)s?\b)", "where "),
    (r"\bfind (?=(?:all )?(?:the )?(?:call|caller|use|usage|subclass)(?:s|es)?\b)", "list "),
    (r"(?<=where )do (?:we|they) (?=use\b|call\b)", ""),
    (r"(?<=commits )do (?:we|they) (?:get|have|make)\b", ""),
    (r"\bmost familiar with\b", "knows best"),
    (r"\bcommit counts?\b", "how many commits"),
    (r"\byearly\b|\bannual(?:ly)?\b", "per year"),
    (r"\bmonthly\b", "per month"),
    (r"\bpeople behind\b", "authors of"),
    (r"\bbrought in\b|\bbrings? in\b", "introduced"),
    (r"\bhow much (?:has |have )?(?=changed\b)", "what "),
    (r"\bcall sites?\b", "calls"),
    (r"\bhottest (?=files?\b)", "most changed "),
    (r"\bmain author\b", "main authors"),
    (r"\bbut not in\b", "between"),
    (r"\b(?:came|come|comes|follow|followed) after\b", "since"),
    (r"\b(?:come|comes|coming) out\b", "published"),
    (r"\bthe last time\b(?! (?:the|a|an)\b)", "last"),
    (r"\bchecked in\b", "committed"),
    (r"\bdid (?:we|they|you|anyone|anybody|someone|somebody)\b", "did"),
    (r"\bwhat (?:has )?happened (?:to|with|in)\b", "what changed"),
    (r"\bhappen(?:ed)?\b(?= and (?:who|when)\b)", "committed"),
    (r"\b(?:go|goes|went|gone) away\b", "disappeared"),
    (r"\b(?:take|took|taken|takes) out\b", "removed"),
    (r"\bline count\b|\bcount (?:of )?lines\b", "how many lines"),
    (r"\blines? of code\b", "lines"),
    (r"\bshould (?:i|we|one) (?:ask|talk to|contact) about\b", "knows"),
    (r"\bwork on\b", "change"),
    (
        r"\bnot (?:yet )?(?:released|tagged|published)(?: yet)?\b"
        r"|\bnot (?:yet )?(?:in|part of) (?:any|a) (?:release|tag|version)s?(?: yet)?\b",
        "unreleased",
    ),
    (r"\b(?:new|first[ -]time) (?=(?:contributor|author|committer|developer)s?\b)", "newcomer "),
    (r"(?<=contributors )(?:are|were) new\b|(?<=authors )(?:are|were) new\b", "newcomer"),
    (rf"\bnot (?:been )?{_FORGOTTEN} (?:for|in) (?:the )?longest(?: time)?\b", "untouched"),
    (rf"\bleast recently {_FORGOTTEN}\b", "untouched"),
    (r"\blongest (?=untouched\b|unchanged\b)|(?<=untouched )(?:for )?(?:the )?longest(?: time)?\b", ""),
    (rf"\bgone (?:the )?longest without (?:an? |being )?(?:change|edit|update|{_FORGOTTEN})\b", "untouched"),
    (r"\bwhere (?:can|do|could) (?:i|we|you) find (?:the )?(?:definition|declaration) of\b", "where is defined"),
    (r"\bfind (?=(?:all )?(?:the )?commits)|^find (?=(?:all|every|any|each)\b)", "list "),
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
    "who": "who whom whose hwo wjo",
    "when": "when date day",
    "which": "which",
    "what": "what",
    "where": "where",
    "how": "how",
    "many": "many much",
    "last": "last latest recent recently newest final lately",
    "first": "first original originally initial initially oldest earliest",
    "most": "most top biggest main busiest hottest frequently often mostly",
    "active": "active prolific productive frequent",
    "change": "change changed changes changing modify modified modifies modifying modification modifications touch "
    "touched touches touching edit edited edits editing update updated updates updating alter altered alters differ "
    "difference differences different diff new bring brings brought",
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
    "fulfil": "implement implements",
    "call": "call calls caller callers calling invoke invokes invoked invocations",
    "use": "use uses used usage usages",
    "methods": "methods functions",
    "members": "members attributes fields",
    "classes": "classes types structs interfaces",
    "exceptions": "exceptions",
    "inherit": "inherit inherits extend extends subclass subclasses derive derives derived",
    "export": "export exports exported",
    "return": "return returns returned",
    "annotation": "annotation annotated type",
    "know": "know knows expert experts own owns owner owners maintain maintains maintainer maintainers",
    "best": "best",
    "size": "big long large size length",
    "together": "together along alongside coupled",
    "usually": "usually normally",
    "else": "else",
    "per": "per each",
    "year": "year years yearly",
    "month": "month months monthly",
    "untouched": "untouched unchanged stale",
    "unreleased": "unreleased",
    "current": "current",
    "newcomer": "newcomer newcomers",
    "review": "review reviews reviewed reviewer reviewers approved co-author co-authors coauthors coauthored "
    "co-authored",
    "get": "get got gets gained gave given received",
    "say": "say says",
    "commit": "commit commits committed committing revision revisions",
    "authors": "authors contributors contributor people person developers developer committers persons devs everyone "
    "everybody",
    "files": "files file module modules folder folders directory directories dir",
    "merges": "merges merge merged",
    "tag": "tag tags tagged release releases released version versions",
    "line": "line lines",
    "message": "message subject title",
    "issue": "issue issues pr prs bug bugs ticket tickets number",
    "about": "about",
    "mention": "mention mentions mentioned mentioning reference references referenced refer refers referring cite "
    "cites link links linked",
    "fix": "fix fixes fixed close closes closed resolve resolves resolved address addresses addressed",
    "land": "land landed ship shipped include included includes contain contains contained available part tracked "
    "live lives",
    "publish": "publish published came out",
    "do": "do did does done have has had having",
    "make": "make made makes contribute contributed contributes contributions contribution push pushed submit "
    "submitted",
    "history": "history log",
    "project": "project development repo repository codebase code",
    "signature": "signature parameters parameter arguments argument args params param kwargs",
    "take": "take takes accept accepts accepted expect expects",
    "default": "default defaults",
    "value": "value",
    "list": "list all any every show find",
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
    "function": "function method class variable constant identifier symbol string text func def attribute option "
    "keyword constructor decorator",
    "": "the a an here of for on at is are was were be been being they exist exists unique distinct "
    "this that it its there ever exactly "
    "actually please currently now total very also still with his her their as me us our hey hi just "
    "one whole entire any place places through via overall so ok okay",
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
    "users user callee callees cells extent extended extender alone drive drives driven driver larger stall steal "
    "tracker tracks mouth mouths abort calling member field yield yields preview returner exporter expected types "
    "annotations sized sizes known unknown owned usable useful usage's coupling couple likes gives getter getters "
    "currents derivative year's stacks "
    "veer creator creators crate crates data date dated define defined definer tagger stage staged stored state states "
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

SUFFIX_OF_LANGUAGE: Final = {
    **{
        "python": "py",
        "javascript": "js",
        "typescript": "ts",
        "markdown": "md",
        "restructuredtext": "rst",
        "rust": "rs",
    },
    **{"ruby": "rb", "shell": "sh", "golang": "go", "kotlin": "kt", "java": "java", "yaml": "yml", "html": "html"},
}
"""What the names of files in a language end with."""

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

ABBREVIATIONS: Final = _words(
    "LOC SLOC PR PRs API URL HTTP HTTPS ID IDs SHA CI CLI JSON XML HTML TLS SSL UTC GH GIT OK"
)
"""Capital letters that name nothing in the code."""
