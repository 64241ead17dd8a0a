"""Lines of a file as a citation counts them."""

from whence.errors import UsageError


def cited_lines(text: str, path: str, first: int, last: int) -> tuple[int, int, str]:
    """(last line, first character, quote) of some lines of a text; ``last`` 0 means its last line.

    Raises ``UsageError`` where the file has no such lines.
    """
    lines = text.removesuffix("\n").split("\n")  # no other line separators
    last = last or len(lines)
    if last < first <= len(lines):
        raise UsageError(f"Lines {first}-{last} of {path} end before they begin: write the smaller number first.")
    if not 1 <= first <= last <= len(lines):
        wanted = str(first) if first == last else f"{first}-{last}"
        raise UsageError(f"{path} has lines 1 to {len(lines)}: {wanted} is not among them.")
    return last, sum(len(line) + 1 for line in lines[: first - 1]), "\n".join(lines[first - 1 : last])
