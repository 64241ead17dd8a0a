"""Blanks credentials before any text is stored or shown. Length and lines stay, so spans and line numbers hold.

detect-secrets decides; this module spares it the lines that cannot hold a secret, adds the bodies of private keys and
a few newer tokens, and passes over values that are plainly placeholders. It looks for the shapes of issued
credentials, not for passwords in general: those cannot be told from ordinary code.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

MASK = "█"

_HINTS: dict[str, tuple[str, ...]] = {
    "AWSKeyDetector": ("akia", "asia", "abia", "acca", "a3t", "aws"),
    "ArtifactoryDetector": ("akc", "ap"),
    "AzureStorageKeyDetector": ("accountkey=",),
    "BasicAuthDetector": ("://",),
    "CloudantDetector": ("cl", "cloudant.com"),
    "DiscordBotTokenDetector": ("m", "n", "o"),
    "GitHubTokenDetector": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    "GitLabTokenDetector": ("gl", "gr1348941"),
    "IbmCloudIamDetector": ("key", "pwd", "pass", "token"),
    "IbmCosHmacDetector": ("key",),
    "JwtTokenDetector": ("eyj",),
    "MailchimpDetector": ("-us",),
    "NpmDetector": ("_authtoken=",),
    "OpenAIDetector": ("t3blbkfj",),
    "PypiTokenDetector": ("pypi-age",),
    "SendGridDetector": ("sg.",),
    "SlackDetector": ("xox", "hooks.slack.com"),
    "SoftlayerDetector": ("sl", "softlayer"),
    "SquareOAuthDetector": ("sq0csp-",),
    "StripeDetector": ("k_live_",),
    "TelegramBotTokenDetector": (":",),
    "TwilioKeyDetector": ("ac", "sk"),
}
"""Detectors in use, each with lower-case strings of which a line that it can match holds at least one."""

_SHAPES: dict[str, str] = {
    "AWSKeyDetector": r"[0-9A-Za-z/+]{20}",
    "ArtifactoryDetector": r"A(?:KC|P[\dA-F])[a-zA-Z0-9]{8}",
    "BasicAuthDetector": r"://[^:/\s]+:[^@/\s]+@",
    "CloudantDetector": r"(?i:[0-9a-f]{64}|[a-z]{24})",
    "DiscordBotTokenDetector": r"\.[\w-]{6}\.[\w-]{27}",
    "GitLabTokenDetector": r"gl[a-z]{2,5}-\w|GR1348941",
    "IbmCloudIamDetector": r"[\w-]{44}",
    "IbmCosHmacDetector": r"(?i:[a-f0-9]{48})",
    "MailchimpDetector": r"[0-9a-z]{32}-us",
    "SoftlayerDetector": r"(?i:[a-z0-9]{64})",
    "TelegramBotTokenDetector": r"\d{8}:[\w-]{35}",
    "TwilioKeyDetector": r"(?:AC|SK)[a-z0-9]{32}",
}
"""A cheap part of the detector's pattern, where the strings alone let many ordinary lines through."""

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
    r"-----BEGIN (?P<label>[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?)-----(?P<body>.*?)(?:-----END (?P=label)-----|\Z)",
    re.DOTALL,
)
_KEY_TEXT = re.compile(r"[A-Za-z0-9+/=]{16,}|(?<=\n)[ \t\"'+>#*/]*[A-Za-z0-9+/=]+(?=[\"'\\ \t]*(?:\\n)?[\"',]*\n)")
_PUTTY_LINES = re.compile(r"(?m)^(?:[A-Za-z0-9+/=]{20,}|Private-MAC: (?P<mac>\S+))\s*$")
_MAX_KEY_CHARS = 20_000
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
    spans += _detected(text, lowered)
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
        pieces += [text[position:first], re.sub(r"[^\n]", MASK, text[first:end])]
        position = end
    return "".join([*pieces, text[position:]]), count


def _private_keys(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    if "private key" in lowered:
        for block in _KEY_BLOCK.finditer(text):
            start, end = block.span("body")
            if not _is_key_body(text[start : start + _MAX_KEY_CHARS]):
                continue
            if end - start > _MAX_KEY_CHARS:  # no end in sight: mask what looks like a key, not the rest of the file
                end = start + _MAX_KEY_CHARS
            yield from _key_body(text, start, end)
    if "putty-user-key-file-" in lowered:
        start = lowered.index("putty-user-key-file-")
        start += 0 if len(lowered) == len(text) else text.find("PuTTY") - start
        for line in _PUTTY_LINES.finditer(text, max(0, start)):
            yield line.span("mac") if line["mac"] else line.span()


def _is_key_body(body: str) -> bool:
    return re.search(r"[A-Za-z0-9+/=]{24,}", body) is not None


def _key_body(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """One span from the first to the last piece of key text, line by line within."""
    pieces = [match.span() for match in _KEY_TEXT.finditer(text, start, end)]
    if pieces:
        yield pieces[0][0], pieces[-1][1]


def _newer_tokens(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    if any(hint in lowered for hint in _NEWER_HINTS):
        for match in _NEWER_TOKENS.finditer(text):
            yield match.span()


def _detected(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    for name, hints in _HINTS.items():
        if not any(hint in lowered for hint in hints):
            continue
        for start, line in _candidates(text, lowered, name):
            for secret in _secrets(name, line):
                yield from _places(line, secret, start, name)


def _candidates(text: str, lowered: str, name: str) -> Iterator[tuple[int, str]]:
    """Offset and text of the lines that this detector has to see."""
    if name in _SHAPES:
        positions: Iterable[int] = (match.start() for match in _shape(name).finditer(text))
    elif len(lowered) == len(text):
        positions = sorted({place for hint in _HINTS[name] for place in _occurrences(lowered, hint)})
    else:
        hinted = re.compile("|".join(map(re.escape, _HINTS[name])), re.IGNORECASE)
        positions = (match.start() for match in hinted.finditer(text))
    done = -1
    for position in positions:
        if position <= done:
            continue
        start = text.rfind("\n", 0, position) + 1
        end = text.find("\n", position)
        done = len(text) if end < 0 else end
        yield start, text[start:done]


def _occurrences(text: str, part: str) -> Iterator[int]:
    position = text.find(part)
    while position >= 0:
        yield position
        position = text.find(part, position + 1)


@cache
def _shape(name: str) -> re.Pattern[str]:
    return re.compile(_SHAPES[name])


def _secrets(name: str, line: str) -> set[str]:
    return {secret for secret in _analyzers()[name](line) if secret and not _is_placeholder(name, secret)}


@cache
def _analyzers() -> dict[str, Callable[[str], Iterable[str]]]:
    """The search function of each detector in use, by class name."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    classes = {found.__name__: found for found in get_mapping_from_secret_type_to_class().values()}
    return {name: classes[name]().analyze_string for name in _HINTS}


def _is_placeholder(name: str, secret: str) -> bool:
    if name == "ArtifactoryDetector":
        return not any(character.isdigit() for character in secret)
    return len(set(secret)) <= 2 or _PLACEHOLDER.match(secret) is not None


def _places(line: str, secret: str, start: int, name: str) -> Iterator[tuple[int, int]]:
    """Where a found value stands in its line; a URL's password only between colon and at sign."""
    wanted = f":{secret}@" if name == "BasicAuthDetector" else secret
    lead = 1 if name == "BasicAuthDetector" else 0
    value = secret.strip("\"'= \t")
    for position in _occurrences(line, wanted):
        inner = position + lead + secret.find(value)
        yield start + inner, start + inner + len(value)
