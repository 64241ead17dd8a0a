"""Blanks credentials before any text is stored or shown. Length and lines stay, so spans and line numbers hold.

detect-secrets decides; this module spares it the lines that cannot hold a secret, adds the bodies of private keys and
a few newer tokens, and passes over values that are plainly placeholders. It looks for the shapes of issued
credentials, not for passwords in general: those cannot be told from ordinary code.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import log2

MASK = "█"

_MARKED: dict[str, str] = {
    "ArtifactoryDetector": r"A(?:KC|P[\dA-F])[a-zA-Z0-9]{8}",
    "AzureStorageKeyDetector": r"AccountKey=",
    "BasicAuthDetector": r"://[^:/\s]+:[^@/\s]+@",
    "JwtTokenDetector": r"eyJ[A-Za-z0-9]",
    "NpmDetector": r"_authToken=",
    "SlackDetector": r"[xX][oO][xX][abposrABPOSR]-|[hH][oO][oO][kK][sS]\.[sS][lL][aA][cC][kK]\.[cC][oO][mM]",
}
"""Detectors whose secrets may be short, each with a pattern that every line it can match holds."""

_LONG: dict[str, str] = {
    "AWSKeyDetector": r"A3T|A[BCKS][CI]A|(?i:aws)",
    "CloudantDetector": r"(?i:cl)",
    "DiscordBotTokenDetector": r"\.[a-zA-Z\d_-]{6}\.",
    "GitHubTokenDetector": r"gh[pousr]_",
    "GitLabTokenDetector": r"gl[a-z]{2,5}-|GR1348941",
    "IbmCloudIamDetector": r"(?<![a-zA-Z0-9_-])[a-zA-Z0-9_-]{44}(?![a-zA-Z0-9_-])",
    "IbmCosHmacDetector": r"(?<![a-fA-F0-9])[a-fA-F0-9]{48}(?![a-fA-F0-9])",
    "MailchimpDetector": r"-us\d",
    "OpenAIDetector": r"T3BlbkFJ",
    "PypiTokenDetector": r"pypi-AgE",
    "SendGridDetector": r"SG\.",
    "SoftlayerDetector": r"(?i:sl|softlayer)",
    "SquareOAuthDetector": r"sq0csp-",
    "StripeDetector": r"[rs]k_live_",
    "TelegramBotTokenDetector": r"\d{8}:",
    "TwilioKeyDetector": r"AC[a-z0-9]{32}|SK[a-z0-9]{32}",
}
"""Detectors whose secrets hold a run of 20 or more key characters, each with a pattern as above."""

_RUN = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/=_-]{20,}")
_DETECTORS = (*_MARKED, *_LONG)
_WHOLE_MATCH = frozenset({"GitHubTokenDetector", "GitLabTokenDetector"})  # their groups hold only a prefix
_BEFORE_CHARS, _AFTER_CHARS = 500, 4_000  # the detectors' patterns are slow on lines of megabytes
_AROUND = frozenset("\"'=: \t\r")
_NEWER_TOKENS = re.compile(
    r"""(?x) \b(?:
        github_pat_[A-Za-z0-9_]{60,}
      | sk-(?:ant|proj|svcacct|or-v1)-[A-Za-z0-9_-]{32,}
      | AIza[A-Za-z0-9_-]{35}
      | hf_[A-Za-z0-9]{34,}
      | npm_[A-Za-z0-9]{36}
      | dop_v1_[a-f0-9]{64}
      | xapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{32,}
      | ya29\.[A-Za-z0-9_-]{40,}
      | GOCSPX-[A-Za-z0-9_-]{28}
    )(?![A-Za-z0-9_-])"""
)
_NEWER_HINTS = ("github_pat_", "sk-", "aiza", "hf_", "npm_", "dop_v1_", "xapp-", "ya29.", "gocspx-")
_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?P<body>(?:[^-]|-(?!----))*+)(?P<end>-----END )?"
)
_KEY_TEXT = re.compile(r"[A-Za-z0-9+/=]{24,}")
_KEY_RUN = re.compile(r"[A-Za-z0-9+/=]{24,}+(?:(?:\\[nr]|[\s\"'\\,;|>#*])++[A-Za-z0-9+/=]{24,}+)*+")
_KEY_EDGE = " \t\r\n\f\"'\\,;|>#*"
_PUTTY_LINES = re.compile(r"(?m)^(?:[A-Za-z0-9+/=]{20,}|Private-MAC: (?P<mac>\S+))\s*$")
_NAMES_OF_SECRETS = (
    "password passwd passphrase pwd secret token apikey api_key api-key accesskey access_key access-key authkey "
    "auth_key auth-key private_key private-key account_key credential"
)
_ASSIGNED = re.compile(
    r"""(?x) [\w.-]{0,40}+["'\]]{0,2}+ [ \t]*+ (?: :=|=>|=|: ) [ \t]*+
    (?: [bru]?"(?P<double>[^\s"\\]{16,200})" | [bru]?'(?P<single>[^\s'\\]{16,200})'
      | (?P<bare>[A-Za-z0-9+/=_~!@\#%^&*-]{20,200})[ \t]*$ )""",
    re.MULTILINE,
)
_KEY_VALUE = re.compile(r"[A-Za-z0-9+/=_.~!@#%^&*:-]+\Z")
_HEX_VALUE = re.compile(r"[0-9a-f-]{32,}\Z|[0-9A-F-]{32,}\Z")
_PLACEHOLDER = re.compile(
    r"""(?ix) ^(?: .*(?:example|placeholder|redacted|changeme|dummy|sample).*
      | (?:my|the|your|some|a|new|old|test)?[_-]?
        (?:user(?:name)?|pass(?:w(?:or)?d|wort|phrase)?|pwd?|secret|token|key)\d*
      | [<{$%\[].* | .*[>}]$ | [x*.█]+ | foo(?:bar)? | bar | baz | hunter2 | none | null )$"""
)


def redact(text: str, path: str) -> tuple[str, int]:  # noqa: ARG001 - the path is for detectors by file name
    """The text with every credential masked, character by character, and how many there were."""
    lowered = text.lower() if text.isascii() else text.casefold()
    spans = list(_private_keys(text, lowered))
    spans += _newer_tokens(text, lowered)
    spans += _assigned(text, lowered)
    spans += _detected(text)
    if not spans:
        return text, 0
    return _mask(text, spans)


def _mask(text: str, spans: list[tuple[int, int]]) -> tuple[str, int]:
    pieces, position, count = [], 0, 0
    for start, end in sorted(spans):
        if start >= position:
            count += 1
        first = max(start, position)
        if end <= first:
            continue
        pieces += [text[position:first], re.sub(r"\S", MASK, text[first:end])]
        position = end
    return "".join([*pieces, text[position:]]), count


def _private_keys(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    if "private key" in lowered:
        for block in _KEY_BLOCK.finditer(text):
            span = _key_span(block["body"], closed=block["end"] is not None)
            if span:
                yield block.start("body") + span[0], block.start("body") + span[1]
    if "putty-user-key-file-" in lowered:
        for line in _PUTTY_LINES.finditer(text):
            yield line.span("mac") if line["mac"] else line.span()


def _key_span(body: str, *, closed: bool) -> tuple[int, int] | None:
    """Where the key stands in what follows its first line; None where that is code that only speaks of keys.

    Without a last line, the key is the unbroken run of key text.
    """
    if not closed:
        run = _KEY_RUN.search(body, 0, 20_000)
        return run.span() if run else None
    pieces = [piece.span() for piece in _KEY_TEXT.finditer(body)]
    if 2 * sum(end - start for start, end in pieces) < len("".join(body.split())):
        return None
    trimmed = body.rstrip(_KEY_EDGE)
    while trimmed.endswith(("\\n", "\\r")):
        trimmed = trimmed[:-2].rstrip(_KEY_EDGE)
    return (pieces[0][0], len(trimmed)) if pieces else None


def _newer_tokens(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    if any(hint in lowered for hint in _NEWER_HINTS):
        for match in _NEWER_TOKENS.finditer(text):
            yield match.span()


def _assigned(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    """Values that look random, given to a name that says secret."""
    same = len(lowered) == len(text)
    for name in _NAMES_OF_SECRETS.split():
        if name not in lowered:
            continue
        places = (
            _occurrences(lowered, name)
            if same
            else (match.start() for match in re.finditer(re.escape(name), text, re.IGNORECASE))
        )
        for place in places:
            match = _ASSIGNED.match(text, place + len(name))
            if match and match.lastgroup and _is_random(match[match.lastgroup]):
                yield match.span(match.lastgroup)


def _is_random(value: str) -> bool:
    """Whether a value could have been drawn rather than written: letters of both cases and digits, well mixed."""
    if not _KEY_VALUE.match(value) or "://" in value or _PLACEHOLDER.match(value):
        return False
    n_digits = sum(character.isdigit() for character in value)
    if _HEX_VALUE.match(value):
        return n_digits >= 4 and len(set(value)) >= 8
    if n_digits < 2 or value.islower() or value.isupper():
        return False
    entropy = -sum(count / len(value) * log2(count / len(value)) for count in Counter(value).values())
    return entropy >= 3.5


def _detected(text: str) -> Iterator[tuple[int, int]]:
    for name, mark in _MARKED.items():
        for start, line in _lines_at(text, _pattern(mark)):
            yield from _found(name, line, start)
    lines = list(_lines_at(text, _RUN))
    if not lines:
        return
    together = "\n".join(line for _, line in lines)
    for name, mark in _LONG.items():
        if _pattern(mark).search(together):  # once for all lines: one search of each costs more than what it spares
            for start, line in lines:
                if _pattern(mark).search(line):
                    yield from _found(name, line, start)


def _found(name: str, line: str, start: int) -> Iterator[tuple[int, int]]:
    detector = _detectors()[name]
    for pattern in detector.patterns:
        for match in pattern.finditer(line):
            first, last = match.span(1 if pattern.groups and name not in _WHOLE_MATCH else 0)
            while first < last and line[first] in _AROUND:
                first += 1
            while first < last and line[last - 1] in _AROUND - {"="}:
                last -= 1
            secret = line[first:last]
            if secret and detector.confirms(secret) and not _is_placeholder(name, secret):
                yield start + first, start + last


def _lines_at(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Offset and text of the lines in which a pattern matches; of a very long line, the stretch around the match."""
    match = pattern.search(text)
    while match:
        place = match.start()
        start = max(text.rfind("\n", 0, place) + 1, place - _BEFORE_CHARS)
        line_end = text.find("\n", place)
        line_end = len(text) if line_end < 0 else line_end
        end = min(line_end, place + _AFTER_CHARS)
        yield start, text[start:end]
        match = pattern.search(text, line_end if end == line_end else place + _AFTER_CHARS // 2)


@cache
def _pattern(mark: str) -> re.Pattern[str]:
    return re.compile(mark)


def _occurrences(text: str, part: str) -> Iterator[int]:
    position = text.find(part)
    while position >= 0:
        yield position
        position = text.find(part, position + 1)


@dataclass(frozen=True, slots=True)
class _Detector:
    """What is used of a detector: its patterns, and its check of a value that they found."""

    patterns: tuple[re.Pattern[str], ...]
    confirms: Callable[[str], bool]


@cache
def _detectors() -> dict[str, _Detector]:
    """The detectors in use, by class name."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    classes = {found.__name__: found for found in get_mapping_from_secret_type_to_class().values()}
    return {
        name: _Detector(tuple(classes[name].denylist), getattr(classes[name], "is_formally_valid", _always))
        for name in _DETECTORS
    }


def _always(_: str) -> bool:
    return True


def _is_placeholder(name: str, secret: str) -> bool:
    if name == "ArtifactoryDetector":
        return not any(character.isdigit() for character in secret)
    return len(set(secret)) <= 2 or _PLACEHOLDER.match(secret) is not None
