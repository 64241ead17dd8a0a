"""Bytes of a file to text whose lines are the file's lines.

Lines are what ``\\n`` ends, as git counts them. ``\\r\\n`` becomes ``\\n``; a carriage return elsewhere, form feeds
and other separators stay as they are and end no line. A byte order mark is dropped.
"""

import codecs

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 20_000
_CONTROL = frozenset(range(32)) - {7, 8, 9, 10, 11, 12, 13, 26, 27}


def decode(data: bytes) -> str | None:
    """The text, or None for binary data. Never raises: what fits no encoding is read as Windows-1252."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return _unix_lines(data[len(mark) :].decode(encoding))
            except UnicodeDecodeError:
                return None
    if b"\0" in data or _mostly_control(data):
        return None
    try:
        return _unix_lines(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _unix_lines(_guess(data))


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n") if "\r" in text else text


def _mostly_control(data: bytes) -> bool:
    head = data[:1024]
    return sum(byte in _CONTROL for byte in head) > max(1, len(head) // 20)


def _guess(data: bytes) -> str:
    """Text of bytes that are not UTF-8; one stray byte in an otherwise valid file does not change the encoding."""
    lenient = data.decode("utf-8", errors="replace")
    wide = sum(character > "\x7f" and character != "\ufffd" for character in lenient[:100_000])
    if wide > 10 * lenient.count("\ufffd", 0, 100_000):
        return lenient
    for encoding in _candidates(_telling_sample(data)):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("latin-1")


def _candidates(sample: bytes) -> list[str]:
    """Encodings to try, likeliest first. Western Europe wins a tie, as short texts fit many code pages alike."""
    from charset_normalizer import from_bytes

    matches = from_bytes(sample)
    best = matches.best()
    if best is None:
        return ["cp1252"]
    tied = any("cp1252" in match.could_be_from_charset and match.chaos <= best.chaos for match in matches)
    return ["cp1252", best.encoding] if tied else [best.encoding]


def _telling_sample(data: bytes) -> bytes:
    """The lines that hold bytes beyond ASCII, at most 20,000 bytes of them: guessing costs with length."""
    if len(data) <= _SAMPLE_BYTES:
        return data
    lines = [line for line in data.split(b"\n") if not line.isascii()]
    return b"\n".join(lines)[:_SAMPLE_BYTES]
