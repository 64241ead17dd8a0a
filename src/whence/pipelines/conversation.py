"""Follow-up questions: made whole with what was asked before, by rules alone, no model.

Only words of the conversation are put in, and where nothing points back the question stays as it is. What a question
was made into is always shown to whoever asked.
"""

import re
from collections.abc import Sequence

from whence.answer.terms import STOP_WORDS
from whence.retrieval.mentions import mentions
from whence.types import Answer

MAX_TERMS = 8

_POLITE = r"but|so|ok(?:ay)?|then|also|now|well|thanks?|thank you|(?:great|good|cool)(?=[,.!])"
_LEAD = re.compile(rf"^(?:(?:and|{_POLITE})\b[\s,.!]*)+", re.IGNORECASE)
_LEAD_WORDS = re.compile(rf"^(?:(?:{_POLITE})\b[\s,.!]*)+", re.IGNORECASE)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|he|him|his|she|her|which (?:one|of)|do(?:es)? the same"
    r"|(?<!is )(?<!are )(?<!was )(?<!were )there(?! (?:is|are|was|were)))\b|^how many (?:is|are|was|were)\b(?! there)",
    re.IGNORECASE,
)
_STANDS_FOR = re.compile(
    r"\b(?:(?:this|that|these|those|the same|the) (?:file|function|method|class|module|commit|parameter|option|setting"
    r"|line|name)|it|they|them|this(?! \w)|that(?= (?:was|is|were|are|did|does|happen|change|come|work))"
    r"|that(?=\W*$))\b",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"\b(?:its|their)\b", re.IGNORECASE)
_OWN_ANTECEDENT = re.compile(
    r"^(?P<before>.+?)\b(?:and|or|but|because|when|if|while|before|after)\b"
    r".*?\b(?:its?|they|them|their)\b",
    re.IGNORECASE,
)
"""A second clause whose pronoun stands for something that the first clause of the same question names."""

_INSTEAD = re.compile(
    r"^(?:(?:and )?(?:what|how) about|and|or|same (?:for|with)|likewise for)"
    r"\s+(?:in |for |of )?(?P<what>[^?]+?)\s*\??$",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"^(?:why|how|how so|when|where|who|since when|by whom|for what|really|in which commit)\W*$", re.IGNORECASE
)
_VERSION = re.compile(r"\bv?\d+(?:\.\d+)+\w*\b|\bv\d+\b|\b(?:19|20)\d\d\b")
"""A version or a year."""
_CIRCUMSTANCE = re.compile(r"(?:with|without|between|from|by|on|at|as|to|before|after|during|under)\b", re.IGNORECASE)
_RELATIVE = re.compile(r"\b(?:an?|the|any|some|every|each|no|all)\s+(?:[\w-]+\s+){1,2}that\b", re.IGNORECASE)
"""A noun with a clause of its own: its pronoun stands for the noun."""
_WORD = re.compile(r"[^\W\d_][\w'-]*")
_COMMON = re.compile(
    r"(?:add|chang|remov|introduc|ma[dk]e|do|work|us|mean|happen|last|first|commit|file|function|method|class|many|much"
    r"|wh|how|since|tell|explain|show|give|find|please)(?:e?d|es|s|ing|e|at|o|en|ere|ich|y)?$",
    re.IGNORECASE,
)


def follow_up(question: str, asked: str, answer: Answer | None = None) -> str:
    """The question made whole with ``asked``, the one before it (itself made whole), and what was answered.

    The question itself where it does not point back.
    """
    plain = _LEAD.sub("", question.strip()).strip()
    if not plain or not asked.strip():
        return question
    before = _focus(asked, answer)
    if _BARE.match(plain):
        return f"{asked.rstrip(' ?!.')} - {plain.rstrip(' ?!.').lower()}?"
    instead = _INSTEAD.match(_LEAD_WORDS.sub("", question.strip()))
    if (
        instead
        and len(instead["what"].split()) <= 6
        and not _is_question(instead["what"])
        and not _POINTS_BACK.search(plain)
    ):
        return _replaced(asked, before, instead["what"])
    own, pointing = _OWN_ANTECEDENT.match(plain), _RELATIVE.sub("", plain)
    if (mentions_of(plain) and not _POINTS_BACK.search(plain)) or (
        own and len(" ".join(_terms(own["before"])).split()) >= 2
    ):
        return question
    if before and _STANDS_FOR.search(plain):
        return _capital(_STANDS_FOR.sub(lambda _: before[0], plain, count=1), question)
    if before and _POSSESSIVE.search(plain):
        return _capital(_POSSESSIVE.sub(lambda _: f"{before[0]}'s", plain, count=1), question)
    points = _POINTS_BACK.search(pointing) or plain != question.strip()
    terms = before[:MAX_TERMS] or _terms(asked)
    if points and terms:
        return f"{plain.rstrip(' ?!.')} ({', '.join(terms)})?"
    return question


def mentions_of(text: str) -> list[str]:
    """What a text names outright, as it stands there, in order of appearance."""
    found = [mention.text for mention in mentions(text) if mention.sure]
    return sorted(dict.fromkeys(found), key=text.find)


def _focus(asked: str, answer: Answer | None) -> list[str]:
    """What the conversation is about: names in the question, else the place that the answer cites first."""
    named = [name for name in mentions_of(asked) if not any(name in other != name for other in mentions_of(asked))]
    if named:
        return named
    if answer is not None and answer.kind == "fact" and answer.citations:
        first = answer.citations[0]
        place = first.symbol or first.path
        return [place] if place else []
    return []


def _replaced(asked: str, before: Sequence[str], what: str) -> str:
    """The question before with something else in the place that it takes: a version, a circumstance, a name."""
    version, other = _VERSION.search(asked), _VERSION.fullmatch(what)
    if version and other:
        return f"{asked[: version.start()]}{what}{asked[version.end() :]}"
    if circumstance := _CIRCUMSTANCE.match(what):
        same = re.search(rf"\b{circumstance.group()}\b", asked, re.IGNORECASE)
        return f"{asked[: same.start()]}{what}?" if same else f"{asked.rstrip(' ?!.')} ({what})?"
    if before:
        quoted = re.compile(rf"`?{re.escape(before[0])}`?")
        return quoted.sub(lambda _: what, asked, count=1)
    return f"{asked.rstrip(' ?!.')} ({what})?"


def _is_question(text: str) -> bool:
    return bool(re.match(r"(?:who|what|when|where|why|how|which|is|was|does|did|do|are|can)\b", text, re.IGNORECASE))


def _terms(asked: str) -> list[str]:
    """What a question is about, at most ``MAX_TERMS`` words; those that stand side by side stay together."""
    terms: list[str] = []
    end, n_words = -1, 0
    for found in _WORD.finditer(asked):
        word = found.group()
        if word.lower() in STOP_WORDS or _COMMON.match(word):
            continue
        if n_words == MAX_TERMS:
            break
        n_words += 1
        if terms and not asked[end : found.start()].strip(" "):
            terms[-1] += f" {word}"
        else:
            terms.append(word)
        end = found.end()
    return list(dict.fromkeys(terms))


def _capital(text: str, question: str) -> str:
    return text[0].upper() + text[1:] if question[:1].isupper() else text
