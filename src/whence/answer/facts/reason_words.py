"""The words by which a sentence of a commit message is known to give a reason, and what in a message is no prose."""

import re
from typing import Final

CONNECTIVES: Final = (
    r"\bbecause\b",
    r"\bsince (?!v?\d|version|python|release|then\b|the (?:last|previous|first|beginning|start)|19|20)",
    r"[,;] (?:and )?so (?:it|we|they|that|this|these|the|there|you|users?|people|i|let|don't|do not|now)\b",
    r"\bso that\b|\bin order (?:to|that|not)\b|\bso as (?:to|not)\b",
    r"\b(?:to|will|would|should|can|could) (?:avoid|prevent|ensure|guarantee|make sure|work around|stop|not)\b",
    r"\b(?:to|will|would|should|can|could) (?:keep|protect|guard|silence)\b",
    r"\b(?:to|will|would|should|can|could) be (?:able|consistent|compatible|explicit|safe)\b",
    r"\botherwise\b|\bor else\b|\bif not,",
    r"\bdue to\b|\bowing to\b|\bcaused? by\b|\bon account of\b|\bthanks to\b|\bas a result\b",
    r"\bresults? (?:from|in)\b|\bresulting in\b",
    r"\bthe (?:\w+ )?(?:reason|rationale|motivation|problem|cause|intent|intention|goal|purpose|point|idea|issue) "
    r"(?:\w+ )?(?:is|was|being|for|behind|here|of this|to)\b",
    r"\b(?:would|could|might|may|can|will) (?:\w+ ){0,2}"
    r"(?:fail|break|crash|raise|lead|cause|result|hang|leak|deadlock|overwrite|lose|expose|block)\b",
    r"\b(?:leads?|led|leading) to\b|\bcaus(?:es|ed|ing)\b",
    r"\bwithout (?:this|that|it|these)\b|\bhence\b|\btherefore\b|\bthus\b|\bconsequently\b",
    r"\b(?:that is|that's|which is) why\b",
    r"\bthis (?:\w+ )?(?:fixes|avoids|prevents|allows|ensures|makes|means|lets|enables|helps|keeps)\b",
    r"\b(?:it|this|that|they|which) (?:is|was|are|were) (?:\w+ )?(?:needed|necessary|required|useful|important)\b",
    r"\b(?:it|this|that|they|which) (?:is|was|are|were) (?:\w+ )?"
    r"(?:unnecessary|redundant|superfluous|wrong|broken|confusing|misleading)\b",
    r"\b(?:allow|allows|allowing|enabl(?:e|es|ing)|lets?|permit(?:s|ting)?) (?:\w+ ){0,4}to\b",
    r"\bmak(?:e|es|ing) it (?:easier|possible|clear|hard|simpler)",
    r"\bwe (?:no longer |don't |do not |now |only )?(?:need|want|can(?:'t|not)?|should|must|have to|don't|do not)\b",
    r"\bneed(?:s|ed)? to\b|\bhas to be\b|\bhave to be\b|\bmust (?:not )?be\b",
    r"\bas (?:it|this|that|they|the \w+|there) (?:\w+ )?(?:is|are|was|were|has|have|can|does|do|will|would|no)\b",
    r"\bfor (?:consistency|compatibility|clarity|performance|security|backwards?|readability|simplicity|convenience)\b",
    r"\bfor the sake\b",
)
"""What joins a deed to its reason."""

STATES: Final = (
    r"\bbr(?:eak|eaks|oke|oken|eaking)\b|\bcrash|\bleak(?:s|ed|ing)?\b|\bregression\b|\bhang(?:s|ing)?\b|\bhung\b",
    r"\bfail(?:s|ed|ing|ure|ures)\b|\bvulnerab|\bCVE-\d|\bsecurity\b|\bexploit|\battack|\bunsafe\b|\binsecure\b",
    r"\b(?:doesn't|does not|didn't|did not|don't|do not|isn't|is not|aren't|are not|wasn't|was not|weren't|were not)\b",
    r"\b(?:won't|can't|cannot|couldn't|never)\b",
    r"\bno longer\b|\bany ?more\b|\binstead of\b|\brather than\b|\bpreviously\b|\bprior to\b",
    r"\bbefore this\b|\bused to\b|\bup to now\b|\buntil now\b|\bso far\b",
    r"\bdeprecat|\bobsolete\b|\bunused\b|\bunnecessar|\bredundant|\bsuperfluous\b|\bdead code\b",
    r"\bduplicat(?:e|ed|ion)\b|\boutdated\b|\bend of life\b|\bEOL\b|\bunmaintained\b",
    r"\bcompat|\bincompatib|\bdrop(?:s|ped|ping)? support\b|\bnot supported\b|\bunsupported\b",
    r"\bwrong(?:ly)?\b|\bincorrect(?:ly)?\b|\binvalid\b|\bmissing\b|\bunexpected(?:ly)?\b|\baccident(?:al|ally)\b|\bbug\b",
    r"\bproblem|\bworkaround\b|\brace condition\b|\b(?-i:[A-Z]\w*(?:Error|Exception|Warning))\b",
    r"\bslow(?:er|ly)?\b|\bfast(?:er)?\b|\bperformance\b|\bspeed|\bmemory\b|\boverhead\b|\bexpensive\b|\befficien",
    r"\bconfus|\bmislead|\bambiguous\b|\bunclear\b|\bhard to\b|\beasier\b|\bsimpler\b|\bconflict(?:s|ed|ing)?\b",
    r"\bcircular\b|\bclash",
    r"\b(?:suggested|requested|required|recommended|mandated|specified) (?:by |in |the )?(?:RFC|PEP|spec)",
    r"\b(?:according to|per) (?:the )?(?:RFC|PEP|spec)|\bRFC ?\d{3,4}\b|\bPEP ?\d{1,4}\b",
    r"\bonly (?:if|when|works?|used|needed|valid)\b|\beven (?:if|when|though)\b|\bunless\b|\balthough\b|\bhowever\b",
)
"""What was wrong, or what is better now."""

PURPOSES: Final = (
    r"\b(?:fix|fixe[sd]|fixing|correct(?:s|ed)?|repair|resolve[sd]?|handle[sd]?|improve[sd]?|simplif(?:y|ies|ied))\b",
    r"\b(?:clean|tidy|refactor\w*|optimi[sz]e[sd]?|speed|support|allow|avoid|prevent|ensure|restore|reject|respect)\b",
    r"\b(?:preserve|normali[sz]e|typo|consistent(?:ly)?|pep ?8|flake8|lint\w*)\b",
)
"""What a change is for, without the reason."""

ORDER: Final = re.compile(
    r"(?:\w+(?:\([^)]*\))?!?: |\[[^\]]*\] )?(?:do not|don't|never|allow|permit|enable|let|make|prevent|avoid|ensure"
    r"|(?:use|prefer|return|raise|catch|check|test|warn|print|show|handle|ignore|skip|remove|add|fix|support) )?",
    re.IGNORECASE,
)
"""The deed that a title begins with, which is no reason for itself."""

HIDDEN: Final = re.compile(
    r"""(?msx)
      <!--.*?-->                                                          # comments of a template
    | ^[ \t]*(?:```|~~~).*?(?:^[ \t]*(?:```|~~~)[ \t]*$|\Z)               # code
    | ^[ \t]*(?:[A-Z]\w*(?:-\w+)+|Bug|Closes|Fixes|Refs?|See|Resolves|Link|Cc|CC|Differential[ ]Revision|Backport)
        [ \t]*:[^\n]*$                                                    # trailers
    | ^[ \t]*(?:git-svn-id:|\(cherry[ ]picked[ ]from|\(backported[ ]from|This[ ]reverts[ ]commit)[^\n]*$
    | ^[ \t]*[-*+][ \t]*\[[ xX]\][^\n]*$                                  # checklists
    | ^[ \t]*\#{1,6}[ \t][^\n]*$ | ^[ \t]*\*\*[^*\n]{1,80}\*\*:?[ \t]*$   # headings
    | ^[ \t]*(?:[-=_*~]{3,})[ \t]*$
    | ^[ \t]*>[^\n]*$                                                     # what others said
    | ^(?:diff[ ]--git|index[ ][0-9a-f]{6,}|@@[ ]-\d)[^\n]*$
    | ^[ \t]*(?:\#[ ])?Conflicts:[ \t]*(?:\n[ \t#]+[^\n]*)*               # files of a merge
    | ^(?:\t|[ ]{4,})(?![ ]*[-*+\d])[^\n]*$                               # code by its indentation
    """
)
"""What in a message is no prose of its author."""

LINKS: Final = re.compile(
    r"(?:fix|close|resolve|see|ref|refs|addresse?|issue|pull request|pr|bug|ticket|re|part of|related to)?(?:e?[sd])?:?"
    r"\s*(?:(?:[\w.-]+/[\w.-]+)?\#\d+|gh-\d+|https?://\S+|[0-9a-f]{7,40})[.,;:)]*(?:\s*(?:and|,|&)\s*)?",
    re.IGNORECASE,
)
"""Mentions of issues, addresses and commits, which say nothing by themselves."""

NOISE: Final = re.compile(
    r"(?:wip|flake8?|lint\w*|pep ?8|typos?|oops|formatting|black|isort|tests?|minor|cleanup|changelog"
    r"|address(?:ed|es|ing)? (?:\w+ )?(?:review|comments?|feedback)\w*|merge (?:branch|remote|pull|master|main)\b.*"
    r"|update \S+|apply suggestions? from code review|pre-commit\b.*|(?:co-authored|signed-off)-by\b.*"
    r"|(?:apply|fix(?:ed|es)?|make|run) (?:the )?(?:code )?(?:style|format|mis-style|quality)\w*"
    r"(?: fix\w*| suggestions?)?"
    r"|add(?:ed)? (?:news|changelog)\b.*|bump\b.*|release\b.{0,20}"
    r"|fix(?:ed)? (?:typos?|tests?|lint|flake8|ci|bugs?|comments?))[.!]*",
    re.IGNORECASE,
)
"""Whole sentences and list items that squashed commits leave behind."""

LEANING: Final = re.compile(
    r"(?:this|that|these|those|it|they|so|but|otherwise|because of (?:this|that)|also|however|hence|thus|therefore"
    r"|instead|as a result|which|then|in (?:that|this) case|without (?:this|that|it))\b",
    re.IGNORECASE,
)
"""How sentences begin that cannot be understood without the one before."""
