"""Earlier states of an index: from the words of a person to a commit of each of its sources."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from whence.answer.facts.periods import find_periods
from whence.errors import AsOfError, RevisionError
from whence.sources.as_of import AsOf, Timeline
from whence.sources.stored import mirror_folder
from whence.store.snapshot import Snapshot

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?", re.IGNORECASE)
_DATE_LIKE = re.compile(r"\d{4}[-/]\d{1,2}([-/]\d{1,2}.*)?")
_YEAR = re.compile(r"(?:19|2\d)\d\d")
_STRETCH = re.compile(r"(the )?(last|past) (\d+|two|three) .*|the (last|past) .*", re.IGNORECASE)
_MAX_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One earlier state of an index: ``states`` by source id. ``notes`` say what a person should know of it."""

    wanted: str
    states: Mapping[str, AsOf]
    notes: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The same for the same commits, however they were asked for."""
        commits = "\n".join(f"{source_id} {state.revision}" for source_id, state in sorted(self.states.items()))
        return hashlib.sha256(commits.encode()).hexdigest()[:12]

    @property
    def moment(self) -> datetime:
        """What "yesterday" and the like are counted from: the end of the date asked for, else the newest commit's."""
        return max(state.until or state.committed_at for state in self.states.values())

    def is_newest(self, snapshot: Snapshot) -> bool:
        """Whether this is what a snapshot holds anyway."""
        return {key: state.revision for key, state in self.states.items()} == {
            key: source.revision for key, source in snapshot.sources.items()
        }


class PastStates:
    """Finds earlier states of the indexes whose mirrors lie in one folder. Thread-safe; what was read is kept."""

    def __init__(self, mirrors: Path) -> None:
        self._mirrors = mirrors
        self._kept: dict[str, tuple[int, dict[str, Timeline]]] = {}
        self._lock = threading.Lock()

    def find(self, snapshot: Snapshot, sources: Collection[str], wanted: str, now: datetime | None = None) -> Past:
        """The state that ``wanted`` means, of those ``sources`` that have one. Raises ``AsOfError``, ``SourceError``.

        ``wanted`` is a tag, a date or time in UTC, the beginning of a commit's id, or any of these with ~N behind it.
        """
        wanted = _checked(wanted)
        now = now or datetime.now(UTC)
        states: dict[str, AsOf] = {}
        notes: list[str] = []
        refused: list[AsOfError] = []
        timelines = self._timelines(snapshot)
        for source_id in sorted(snapshot.sources.keys() & set(sources)):
            timeline = timelines.get(source_id)
            if timeline is None:
                notes.append(f"{source_id} has no history and is left out")
                continue
            try:
                states[source_id] = _state(timeline, wanted, now)
            except AsOfError as error:
                refused.append(error)
        if not states:
            if refused:
                raise refused[0]
            raise AsOfError(
                f"{snapshot.index} has no history: only git repositories can be asked as of an earlier state."
            )
        notes += [f"left out: {error}".rstrip(".") for error in refused]
        notes += dict.fromkeys(state.note for state in states.values() if state.note)
        return Past(wanted=wanted, states=states, notes=tuple(notes))

    def tags(self, snapshot: Snapshot) -> list[str]:
        """Names of the tags that the sources of a snapshot reach, newest first."""
        found = [tag for timeline in self._timelines(snapshot).values() for tag in timeline.tags()]
        ordered = sorted(found, key=lambda tag: (tag.tagged_at, tag.name), reverse=True)
        return list(dict.fromkeys(tag.name for tag in ordered))

    def _timelines(self, snapshot: Snapshot) -> dict[str, Timeline]:
        with self._lock:
            kept = self._kept.get(snapshot.index)
            if kept is None or kept[0] != snapshot.id:
                kept = self._kept[snapshot.index] = (snapshot.id, self._opened(snapshot))
            return kept[1]

    def _opened(self, snapshot: Snapshot) -> dict[str, Timeline]:
        found: dict[str, Timeline] = {}
        alone = len(snapshot.sources) == 1
        for source_id, source in snapshot.sources.items():
            mirror = mirror_folder(source_id, self._mirrors)
            if mirror is None or not source.revision:
                continue
            if not (mirror / "HEAD").is_file():
                raise RevisionError(
                    f"The local copy of {snapshot.index} is gone, and its history with it: run `whence sync "
                    f"{snapshot.index}` to fetch it again."
                )
            name = snapshot.index if alone else source_id.partition(":")[2].rpartition("-")[0]
            found[source_id] = Timeline(mirror, source.revision, name)
        return found


def _checked(wanted: str) -> str:
    words = " ".join(wanted.split())
    if not words or len(words) > _MAX_CHARS or words.startswith("-") or not words.isprintable():
        shown = words if len(words) <= 40 else f"{words[:40]}…"
        raise AsOfError(f"{shown!r} is no state of a project: name a tag, a date such as 2020-01-31, or a commit.")
    return words


def _state(timeline: Timeline, wanted: str, now: datetime) -> AsOf:
    bounds = None if timeline.tag(wanted) else moments(wanted, now)
    return timeline.at_moment(wanted, *bounds, now) if bounds else timeline.at_name(wanted)


def moments(wanted: str, now: datetime) -> tuple[datetime, datetime] | None:
    """The first and the last moment of a date or time, UTC where no zone is named; None for what is neither.

    Raises ``AsOfError`` for what looks like a date that no calendar has, and for a stretch of time without an end.
    """
    time = _TIME.fullmatch(wanted)
    if time:
        try:
            zone = (time[3] or "Z").upper().replace("UTC", "Z")
            moment = datetime.fromisoformat(f"{time[1]}T{time[2]}{zone}").astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise AsOfError(_no_date(wanted)) from error
        return moment, moment
    if _STRETCH.fullmatch(wanted):
        raise AsOfError(f'{wanted} is a stretch of time: name its end, for example 2020-01-31 or "3 months ago".')
    if _YEAR.fullmatch(wanted):
        return datetime(int(wanted), 1, 1, tzinfo=UTC), datetime(int(wanted), 12, 31, 23, 59, 59, tzinfo=UTC)
    found = next(iter(find_periods(wanted, now)), None)
    if found and (found[0], found[1]) == (0, len(wanted)):
        return found[2].start, found[2].end - timedelta(seconds=1)
    if _DATE_LIKE.fullmatch(wanted):
        raise AsOfError(_no_date(wanted))
    return None


def _no_date(wanted: str) -> str:
    return f"{wanted} is no date: write one as 2020-01-31, 2020-01 or 2020, with a time as 2020-01-31T12:00Z."


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A question and the earlier state that it named itself, in its words; ``question`` is what else it asks."""

    question: str
    wanted: str


_VERSION = r"v?\d+(?:\.\d+)+[\w.-]*\w|v\d+\w*|v?\d+(?:\.\d+)+"
_COMMIT = r"(?:commit )?(?=[0-9a-f]*\d)[0-9a-f]{7,40}"
_DATE = (
    r"(?:the (?:end|beginning) of )?(?:\d{4}(?:-\d\d(?:-\d\d)?)?|(?:\d{1,2}(?:st|nd|rd|th)? )?[A-Z][a-z]{2,8}\.? "
    r"(?:\d{1,2}(?:st|nd|rd|th)?,? )?\d{4}|yesterday|last (?:week|month|year)|\w{1,5} (?:day|week|month|year)s? ago)"
)
_STATE = rf"(?P<state>{_VERSION}|{_COMMIT}|{_DATE}|HEAD(?:[~^]\d*)+)"
_AS_OF = rf"(?:as (?:of|at|in)|back (?:in|at|on))(?: (?:version|release|tag|commit))? {_STATE}"
_IN_VERSION = rf"(?:in|at|with|for)(?: (?:version|release|tag))? (?P<state>{_VERSION})"
_LEADING = tuple(
    re.compile(rf"\s*{form}\s*[,:]\s*(?P<rest>.+)", re.DOTALL) for form in (f"(?i:{_AS_OF})", f"(?i:{_IN_VERSION})")
)
_TRAILING = re.compile(rf"(?P<rest>.+?),?\s+\(?(?i:{_AS_OF})\)?\s*(?P<end>[?.!]*)\s*", re.DOTALL)
_OF_CHANGE = re.compile(
    r"\b(?:chang|new\b|add|remov|introduc|fix|deprecat|drop|releas|differ|happen|between|since|land|ship)",
    re.IGNORECASE,
)


def in_question(question: str, now: datetime) -> Named | None:
    """The earlier state that a question names beyond doubt: "as of v2.0, ...", "... as of 2019?", "in 2.0, ...".

    "In 2.0" counts only at the beginning, and not where the question asks what a version changed. Nothing is looked up.
    """
    for n, form in enumerate(_LEADING):
        match = form.fullmatch(question)
        if match and not (n == 1 and _OF_CHANGE.search(match["rest"])):
            return _named(match["rest"], match["state"], now)
    match = _TRAILING.fullmatch(question)
    if match and not re.fullmatch(r"(?i:as|what|how)", match["rest"]):
        return _named(match["rest"] + match["end"], match["state"], now)
    return None


def _named(rest: str, state: str, now: datetime) -> Named | None:
    wanted = re.sub(r"(?i)^(?:commit|the (?:end|beginning) of) ", "", " ".join(state.split()))
    try:
        moments(wanted, now)
    except AsOfError:
        return None
    return Named(question=rest.strip(), wanted=wanted)
