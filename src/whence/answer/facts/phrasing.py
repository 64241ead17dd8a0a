"""Takes off a question what is only manners, and writes ranges out, so that its words alone are read."""

import re
from functools import cache
from typing import Final

_ASKED: Final = r"(?:you|someone|somebody|anyone|anybody)"
_TELLS: Final = (
    r"(?:tell(?:ing)? (?:me|us)|let(?:ting)? (?:me|us) know|say(?:ing)?|find(?:ing)? out|check(?:ing)?"
    r"|figur(?:e|ing) out"
    r"|look(?:ing)? up|help(?:ing)? (?:me|us)(?: to)?(?: find out| find| see| understand)?|remind(?:ing)? (?:me|us)"
    r"|explain(?:ing)?(?: to me)?|see|know)"
)
_BEFORE: Final = (
    r"(?:"
    r"(?:hey|hi|hello|ok|okay|so|well|um|hm+|sorry|please|pls|kindly|quick question|question|just curious"
    r"|out of curiosity|just wondering)[\s,:.!-]+(?:there[\s,!]+|all[\s,!]+|everyone[\s,!]+)?"
    rf"|would you mind {_TELLS} "
    rf"|(?:can|could|would|will) you (?:please |kindly |quickly |maybe |perhaps |possibly |also |just )*(?:{_TELLS} )?"
    rf"|(?:can|could|would|will|may) (?:{_ASKED}|we|i) (?:please |kindly |quickly |just )*{_TELLS} "
    rf"|(?:do|does|did) {_ASKED} (?:happen to )?(?:know|remember|recall) "
    r"|i (?:was|am|have been) (?:just )?wondering |i'm (?:just )?(?:wondering|curious) |i wonder "
    rf"|i(?:'d| would) (?:really )?(?:like|love) to {_TELLS} |i(?:'m| am) trying to {_TELLS} "
    rf"|i (?:want|need|have) to {_TELLS} |trying to {_TELLS} |(?:any|have you (?:any|an)|got any) idea "
    r"|is it known |is there (?:a|any) way to (?:see|know|tell|find(?: out)?) "
    r"|it would be (?:nice|good|great) to know |(?:please )?find out (?=\w)|(?:please )?tell (?:me|us) (?!about )"
    r")"
)
_BEGINNINGS: Final = (
    "hey hi hello ok okay so well um hm sorry please pls kindly quick question just out would can could will may do "
    "does did i i'm i'd trying any have got is it find tell"
)
_FIRST_WORDS: Final = frozenset(_BEGINNINGS.split())
"""What ``_BEFORE`` begins with: a question that begins otherwise need not wait for so large a pattern."""

_INDIRECT: Final = re.compile(r"^(?:if|whether) (?=\w)", re.IGNORECASE)
_AFTER: Final = re.compile(
    r"[\s,;.!?-]*\b(?:please|pls|thanks(?: a lot| in advance)?|thank you|thx|cheers|do you know|if you know"
    r"|by any chance|if possible|btw|by the way)[\s.!?]*$",
    re.IGNORECASE,
)
_END: Final = (
    r"(?:(?:[A-Za-z]\w*[-_/])?v?\d+(?:\.\d+)+(?:[.-]?(?:rc|alpha|beta|a|b|dev|post)\.?\d*)*|v\d+|[0-9a-f]{7,40}"
    r"|(?:19|20)\d\d-\d\d-\d\d)"
)
_MAY_BE_RANGE: Final = re.compile(r"\.\.|(?i:\b(?:between|from)\b)|compared|relative|against|\bvs|versus")
_NOW: Final = r"(?:HEAD|now|(?:the )?(?:main|master|current|present|latest commit|tip)(?: branch| state| version)?)"
_CHANGED: Final = r"(?:changed?s?|differs?|different|bring|brought|adds?|added|removed?s?)"


@cache
def _before() -> re.Pattern[str]:
    return re.compile(_BEFORE, re.IGNORECASE)


@cache
def _ranges() -> tuple[tuple[re.Pattern[str], str], ...]:
    return (
        (re.compile(rf"(?:\b(?:between|from) )?(?<![\w.])({_END})(?:\.\.\.?HEAD\b|\.\.(?=[\s?!,]|$))"), r"since \1"),
        (re.compile(rf"(?:\b(?:between|from) )?(?<![\w.])({_END})\.\.\.?({_END})(?![\w])"), r"between \1 and \2"),
        (re.compile(rf"\bbetween ({_END}) and {_NOW}(?=[\s?!,.]|$)", re.IGNORECASE), r"since \1"),
        (re.compile(rf"\bfrom ({_END}) (?:to|until|till|up to) {_NOW}(?=[\s?!,.]|$)", re.IGNORECASE), r"since \1"),
        (
            re.compile(rf"({_END})( {_CHANGED})? (?:compared (?:to|with)|relative to|against|vs\.?|versus) ({_END})"),
            r"between \3 and \1\2",
        ),
    )


_OF_A_PLACE: Final = "folder|directory|dir|file|module|package"
_OF_CODE: Final = "defined|declared|implemented|subclassed|instantiated|takes?|accepts?|inherits?|extends?"
"""What follows a name that is no project's but that of a thing in it: many a project has a type of its own name."""
_AFTER_CODE: Final = "".join(
    f"(?<!{word} )"
    for word in ("signature", "subclasses", "methods", "definition", "callers", "parameters", "arguments", "attributes")
)


def plain(question: str, project: str = "") -> str:
    """The question without greetings, requests to be told and thanks, and with ranges like "A..B" in words.

    Where the project is meant by its name, that is said. What stands in quotes is left as it is.
    """
    text = question.strip()
    before = None
    while before != text:
        before = text
        match = _before().match(text) if _first_word(text) in _FIRST_WORDS else None
        if match and match.end() < len(text):
            text = _INDIRECT.sub("", text[match.end() :].lstrip(" ,:"))
        text = _AFTER.sub("", text) or text
    if re.search(r"[`\"]", text):
        return text
    for pattern, replacement in _ranges() if _MAY_BE_RANGE.search(text) else ():
        text = pattern.sub(replacement, text)
    return _without_name(text, project) if len(project) > 1 else text


def _first_word(text: str) -> str:
    """The letters that a text begins with, an apostrophe among them, in lower case; "hm" for any length of it."""
    found = re.match(r"[a-z']*", text.lower())
    word = found[0] if found else ""
    return "hm" if word.strip("m") == "h" else word


def _without_name(text: str, project: str) -> str:
    """The text with "the project" for its name, after words that a place or owner follows, and as an owner itself."""
    name = rf"(?:the )?{re.escape(project)}(?![\w./:-]*\w)(?! (?:{_OF_A_PLACE}|{_OF_CODE})\b)"
    text = re.sub(rf"(?<![\w.-]){name} (?=v?\d+\.\d)", "", text, flags=re.I)  # "requests 2.0" is a release
    text = re.sub(
        rf"{_AFTER_CODE}\b(to|in|of|for|does|did|has|on|from|within|about|is|was|behind) {name}",
        r"\1 the project",
        text,
        flags=re.I,
    )
    when = r"(?:,? and (?:when|in (?:what|which) year)(?: was the first commit| did (?:it|that) (?:start|begin))?)?"
    started = rf"^who (?:created|started|founded) {name}{when}(?=[\s?!.]*$)"  # that answer has the day, too
    text = re.sub(started, "who started the project", text, flags=re.I)
    text = re.sub(r"^how old is the project(?=[\s?!.]*$)", "when was the first commit", text, flags=re.I)
    return re.sub(rf"^{name}['’]s? ", "the project ", text, flags=re.I)
