"""Dates as people write them, found in a question. All of them are days in UTC."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from whence.answer.facts.query import Period

_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MONTH: Final = "(?P<month>" + "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "may" else name for name in _MONTHS)
_MONTH_WORD: Final = _MONTH.replace("sep(?:tember)", "sep(?:t|tember)") + ")"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>(?:19|2\d)\d\d)"
_NEAR_YEAR: Final = r"(?P<year>(?:19|20)\d\d)"
"""Of a number that stands alone: what is not of these centuries is more likely to count something."""

_FORMS: Final = tuple(
    re.compile(rf"(?<![\w./#-]){form}(?![\w/-]|\.\d)", re.IGNORECASE)
    for form in (
        rf"{_YEAR}-(?P<number>\d\d)-(?P<day>\d\d)(?:T[\d:]+Z?)?",
        rf"{_YEAR}/(?P<number>\d\d)/(?P<day>\d\d)",
        rf"{_YEAR}-(?P<number>\d\d)",
        rf"{_DAY} (?:of )?{_MONTH_WORD}\.?,? {_YEAR}",
        rf"{_MONTH_WORD}\.? {_DAY},? {_YEAR}",
        rf"{_MONTH_WORD}\.?,? (?:of )?{_YEAR}",
        rf"(?:the year )?{_NEAR_YEAR}",
        rf"(?:(?<=since )|(?<=until )|(?<=in )|(?<=before )|(?<=after )){_YEAR}",
        rf"(?:(?<=since )|(?<=until )|(?<=in )|(?<=during )){_MONTH_WORD}(?! \d)",
        r"(?P<word>today|yesterday)",
        r"(?P<which>this|last|the past|the last|past) (?:(?P<n>\d{1,3}) )?(?P<unit>day|week|month|year)s?",
        r"(?P<n>\d{1,3}|an?|one|two|three) (?P<unit>day|week|month|year)s? ago",
    )
)
_DAYS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}
_WORDS: Final = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}


def find_periods(text: str, today: datetime) -> Iterator[tuple[int, int, Period]]:
    """(start, end, period) of each date in a text, in order; impossible dates are passed over."""
    taken: list[tuple[int, int, Period]] = []
    for form in _FORMS:
        for match in form.finditer(text):
            start, end = match.span()
            if any(start < other_end and other_start < end for other_start, other_end, _ in taken):
                continue
            bounds = _bounds({key: value for key, value in match.groupdict().items() if value}, today)
            if bounds:
                taken.append((start, end, Period(words=match[0], start=bounds[0], end=bounds[1])))
    yield from sorted(taken, key=lambda found: found[0])


def _bounds(parts: dict[str, str], today: datetime) -> tuple[datetime, datetime] | None:
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
    tomorrow = midnight + timedelta(days=1)
    if "word" in parts:
        start = midnight if parts["word"].lower() == "today" else midnight - timedelta(days=1)
        return start, start + timedelta(days=1)
    if "unit" in parts:
        return _relative(parts, midnight, tomorrow)
    month = int(parts.get("number", 0))
    if "month" in parts:
        month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(parts["month"].lower()[:3]))
    year = int(parts.get("year", today.year - (month > today.month)))  # "since June": the last one that has begun
    try:
        if "day" in parts:
            start = datetime(year, month, int(parts["day"]), tzinfo=UTC)
            return start, start + timedelta(days=1)
        if month:
            return datetime(year, month, 1, tzinfo=UTC), _month_after(year, month)
        return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    except ValueError:
        return None


def _relative(parts: dict[str, str], midnight: datetime, tomorrow: datetime) -> tuple[datetime, datetime]:
    unit, which = parts["unit"].lower(), parts.get("which", "").lower()
    if which == "this" or (which == "last" and "n" not in parts):
        return _calendar(unit, midnight, earlier=which == "last")
    word = parts.get("n", "1").lower()
    n_days = _DAYS[unit] * (int(word) if word.isdigit() else _WORDS[word])
    start = midnight - timedelta(days=n_days)
    return (start, tomorrow) if which else (start, start + timedelta(days=1))


def _calendar(unit: str, midnight: datetime, *, earlier: bool) -> tuple[datetime, datetime]:
    """This or the last whole day, week (from Monday), month or year."""
    if unit == "year":
        year = midnight.year - earlier
        return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    if unit == "month":
        first = midnight.replace(day=1)
        if earlier:
            first = (first - timedelta(days=1)).replace(day=1)
        return first, _month_after(first.year, first.month)
    n_days = _DAYS[unit]
    start = midnight - timedelta(days=midnight.weekday() if unit == "week" else 0)
    start -= timedelta(days=n_days if earlier else 0)
    return start, start + timedelta(days=n_days)


def _month_after(year: int, month: int) -> datetime:
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
