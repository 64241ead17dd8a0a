"""Says what kind of answer a question wants; only kinds that change how the answer is composed.

``where``       the place leads
``error``       the code that raises or handles leads
``compare``     one claim for each thing compared
``yes_no``      the evidence leads, without a guessed yes or no
``how``         the summary, then the steps in the order of the source
``why``         reasons and comments before code
``list``        more claims than usual
``definition``  the summary of the thing itself leads
``factoid``     one sentence with a name, date or number
``what``        everything else
"""

import re
from typing import Final, Literal

QuestionKind = Literal["where", "error", "compare", "yes_no", "how", "why", "list", "definition", "factoid", "what"]

_AUXILIARY: Final = (
    r"(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|had|may|must|isn't|aren't|doesn't|don't)"
)

_PATTERNS: Final[tuple[tuple[QuestionKind, str], ...]] = (
    ("compare", r"\b(?:differences?|differ|distinctions?|compared? (?:to|with)|versus|vs\.?)\b|\bbetter than\b"),
    (
        "where",
        r"^(?:in )?(?:where|(?:which|what) (?:file|files|module|modules|class|function|method|place|line)\b)",
    ),
    (
        "why",
        r"^why\b|^(?:for )?what(?: is| are|'s)? the (?:reason|reasons|rationale|motivation|cause)\b|^how come\b",
    ),
    (
        "error",
        r"\b[A-Z]\w*(?:Error|Exception|Warning|Failure)\b.*\b(?:rais\w+|throw\w*|mean\w*|get|fix|when)\b"
        r"|\b(?:when|what|which|why|how)\b.*\b(?:raises?|raised|thrown|throws?)\b|^traceback\b"
        r"|^what happens if\b"
        r"|\bwhat happens (?:when|on)\b.*\b(?:fail\w*|invalid|error\w*|missing|exception\w*|timeout)\b",
    ),
    ("list", r"^(?:list|name|enumerate)\b|^(?:what|which) (?:are|were) the\b|^(?:what|which) (?:all )?\w+s are\b"),
    ("factoid", r"^(?:\w+ )?(?:who|whom|whose|when|how (?:many|much|long|old|far|tall|large|big|often|fast))\b"),
    ("factoid", r"\b(?:what|which) (?:year|date|day|month|century|decade|percent\w*|number|age|time)\b"),
    (
        "how",
        r"^how\b|^(?:what|which) (?:steps?|mechanisms?|process|algorithm|approach|way)\b|\bhow (?:do|does|to|is)\b",
    ),
    (
        "definition",
        r"^(?:what|who)(?: is| are|'s) (?:an? |the )?[\w.`'-]+(?:\(\))?\s*\??$|^define\b|^what does .* mean",
    ),
    ("definition", r"^(?:what|which)(?: is| are|'s) the (?:purpose|role|responsibility|meaning|significance) of\b"),
    ("yes_no", rf"^{_AUXILIARY}\b"),
)
_RULES: Final = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)


def question_kind(question: str) -> QuestionKind:
    """The kind of answer that the wording asks for; English wording only, anything else is ``what``."""
    text = " ".join(question.split())
    return next((kind for kind, rule in _RULES if rule.search(text)), "what")
