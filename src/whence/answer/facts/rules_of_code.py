"""The rules for questions about the code: definitions, signatures, calls, members."""

from typing import Final

from whence.answer.facts.rule import Rule

CODE_RULES: Final = (
    Rule(
        "callers",
        needs="NAME call where|who|which|what|list|methods|files|call",
        allows="where who which what list methods files in from to project classes do by commit function",
        lacks="when how commit SHA NUMBER DATE TAG",
    ),
    Rule("callers", needs="NAME called where", allows="in project from files by function", lacks="when how"),
    Rule("callers", needs="NAME how many times called|call", allows="in project function"),
    Rule("callers", needs="NAME how many call", allows="in project of to from function"),
    Rule("callers", needs="NAME how many methods|files call", allows="in project of to from"),
    Rule(
        "usages",
        needs="NAME use where|who|which|list|files|use",
        allows="where who which list methods files in project classes by function",
        lacks="what when how commit SHA NUMBER DATE TAG first last",
    ),
    Rule("usages", needs="NAME how many times|files use", allows="in project"),
    Rule(
        "members",
        needs="NAME methods|members what|which|list|methods|members|how",
        allows="what which list how many define in and do of land do classes take get function",
        lacks="where who when FILE call use return change add remove",
    ),
    Rule(
        "subclasses",
        needs="NAME inherit|fulfil who|which|what|list|classes|inherit",
        allows="who which what list classes from in project function",
        lacks="where when how SHA FILE",
    ),
    Rule("subclasses", needs="NAME how many classes|inherit inherit|fulfil", allows="from in project"),
    Rule(
        "exceptions",
        needs="exceptions which|list|define|project|in",
        allows="what which list define in and do of land project classes called make by add",
        lacks="who when where how first last change remove",
    ),
    Rule("exceptions", needs="exceptions how many", allows="define in do of land project classes"),
    Rule(
        "file_definitions",
        needs="FILE define|export|methods|classes what|which|list|methods|classes",
        allows="what which list in from and do land files project make called",
        lacks="who when where how LINE NAME change add remove first last",
    ),
    Rule("file_definitions", needs="FILE how many methods|classes", allows="in define land and", lacks="change add"),
    Rule(
        "return_type",
        needs="NAME return annotation",
        allows="what which in by value list function",
        lacks="who when how where FILE SHA",
    ),
    Rule(
        "default_value",
        needs="default NAME",
        allows="what which value of in signature function take by to for list",
        lacks="who when how FILE SHA",
    ),
    Rule(
        "signature",
        needs="NAME signature|take signature|what|which",
        allows="what which list in take function value of by to",
        lacks="who when how where SHA default change write add",
    ),
    Rule("signature", needs="NAME how many signature", allows="take in"),
    Rule(
        "definition",
        needs="NAME where|which|what|line|list define|implement",
        allows="in files line function at project which what where find",
        lacks="who when how FILE SHA NUMBER default signature first last change commit TAG DATE",
    ),
    Rule(
        "definition", needs="NAME files which|what|where land", allows="in project line function", lacks="who when how"
    ),
    Rule(
        "parameter_added",
        needs="NAME add who|when|which|commit to|signature",
        allows="first in by to from commit function signature what change make",
        lacks="TEXT",
    ),
    Rule(
        "parameter_added", needs="NAME get signature who|when|which", allows="first in by commit", function_first=True
    ),
    Rule("parameter_added", needs="NAME take since when", allows="signature", function_first=True),
    Rule("parameter_added", needs="NAME since when signature", function_first=True),
)
"""In order of precedence."""
