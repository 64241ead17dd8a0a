"""Which commit a tag, a date or a commit in a person's words means, and what is said where it means none."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.as_of.facts_at import SOURCE
from tests.history.repository import START_S, Scripted, empty, harbour

from whence.errors import AsOfError, RevisionError
from whence.pipelines.as_of import Named, Past, PastStates, in_question, moments
from whence.store.snapshot import Snapshot, SourceRevision

NOW = datetime(2020, 2, 1, 12, tzinfo=UTC)


def snapshot(made: Scripted, revision: str = "") -> Snapshot:
    source = SourceRevision(revision=revision or made.head, committed_at=NOW)
    return Snapshot(
        index="harbour", tables={}, chunks_table="", analyzer="", chunker="", sources={SOURCE: source}, id=1
    )


def mirrored(made: Scripted, folder: Path) -> Path:
    mirrors = folder / "mirrors"
    mirrors.mkdir()
    made.git("clone", "--quiet", "--bare", "--mirror", str(made.path), str(mirrors / "harbour"))
    return mirrors


class Place:
    def __init__(self, made: Scripted, folder: Path) -> None:
        self.made = made
        self.mirrors = mirrored(made, folder)
        self.states = PastStates(self.mirrors)

    def find(self, wanted: str, now: datetime = NOW) -> Past:
        return self.states.find(snapshot(self.made), [SOURCE], wanted, now)

    def commit(self, wanted: str) -> str:
        return self.find(wanted).states[SOURCE].revision

    def refused(self, wanted: str) -> str:
        with pytest.raises(AsOfError) as error:
            self.find(wanted)
        assert str(error.value).count("\n") == 0
        return str(error.value)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("states")
    return Place(harbour(folder / "harbour"), folder)


def test_tags_commits_and_steps(place: Place) -> None:
    made = place.made
    sha = made.git("rev-parse", "v0.1^{commit}").decode().strip()
    assert {place.commit(name) for name in ("v0.1", "0.1", "V0.1", sha, sha[:7], sha.upper()[:10])} == {sha}
    assert place.commit("v0.2") == made.git("rev-parse", "v0.2^{commit}").decode().strip()
    assert place.commit("HEAD") == place.commit("newest") == made.head
    for steps in ("HEAD~3", "HEAD^", "v0.2~1^2", "v0.2~1^1", f"{sha[:8]}~1"):
        assert place.commit(steps) == made.git("rev-parse", f"{steps}^{{commit}}").decode().strip()


@given(day=st.integers(0, 40), hour=st.integers(0, 23))
def test_a_date_is_the_last_first_parent_commit_until_its_end(place: Place, day: int, hour: int) -> None:
    line = [row.split() for row in place.made.lines("log", "--first-parent", "--format=%H %ct")]
    date = datetime.fromtimestamp(START_S, UTC).replace(hour=0, minute=0, second=0) + timedelta(days=day)
    for words, until in (
        (f"{date:%Y-%m-%d}", date + timedelta(days=1, seconds=-1)),
        (f"{date:%Y-%m-%d}T{hour:02}:00Z", date + timedelta(hours=hour)),
    ):
        wanted = next((sha for sha, committed in line if int(committed) <= until.timestamp()), None)
        if wanted is None:
            assert "begins on 2020-01-02" in place.refused(words)
        else:
            assert place.commit(words) == wanted
            assert place.find(words).states[SOURCE].is_on_line


def test_months_years_and_words(place: Place) -> None:
    assert place.commit("2020") == place.commit("2020-01") == place.commit("today") == place.made.head
    ago = place.find("2 weeks ago")
    assert ago.states[SOURCE].committed_at < NOW - timedelta(days=13)


@pytest.mark.parametrize("wanted", ["2031-05-01", "2131-05-01", "2999-01", "2999"])
def test_the_future_is_the_newest_state_and_said(place: Place, wanted: str) -> None:
    past = place.find(wanted)
    assert past.states[SOURCE].revision == place.made.head
    assert past.notes == (f"{wanted} lies in the future: this is the newest indexed state",)
    assert past.is_newest(snapshot(place.made))
    assert place.find("2020").notes == ()


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("v0.3", "did you mean v0.2, v0.1"),
        ("2019", "begins on 2020-01-02: nothing of it is there as of 2019"),
        ("2020-02-30", "2020-02-30 is no date"),
        ("2020-1-1", "2020-1-1 is no date"),
        ("2020-01-01T25:00", "is no date"),
        ("main", "main is a branch"),
        ("deadbeef", "no tag, date or commit deadbeef"),
        ("HEAD~400", "does not go back so far"),
        ("last 3 weeks", "stretch of time"),
        ("--all", "no state of a project"),
        ("v0.1\x00", "no state of a project"),
        (" ", "no state of a project"),
        ("x" * 500, "no state of a project"),
        ("what is this?", "no tag, date or commit"),
    ],
)
def test_what_there_is_not_is_said_in_one_sentence(place: Place, wanted: str, told: str) -> None:
    assert told in place.refused(wanted)


def test_a_name_that_can_be_several(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.commit("One")
    for tag in ("lamp-v1.0", "crane-v1.0", "boat-2.0.0"):
        made.git("tag", tag)
    place = Place(made, tmp_path)
    assert "crane-v1.0, lamp-v1.0" in place.refused("1.0")
    assert place.commit("2.0") == made.head
    commits = [made.commit(f"Commit {n}") for n in range(150)]
    prefixes = [sha[:4] for sha in commits]
    twice = next((prefix for prefix in prefixes if prefixes.count(prefix) > 1), None)
    assert twice
    (tmp_path / "again").mkdir()
    assert "write more of it" in Place(made, tmp_path / "again").refused(twice)


def test_another_branch_and_what_a_force_push_left(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.commit("One")
    made.git("checkout", "--quiet", "-b", "other")
    other = made.commit("Elsewhere")
    made.git("tag", "v9.0")
    made.git("checkout", "--quiet", "main")
    left = made.commit("To be left behind")
    place = Place(made, tmp_path)
    assert "v9.0 is not in the indexed history" in place.refused("v9.0")
    assert "on another branch" in place.refused(other[:10])
    assert place.commit(left) == left
    made.git("reset", "--quiet", "--hard", "HEAD~1")
    made.commit("Instead")
    made.git("push", "--quiet", "--force", str(place.mirrors / "harbour"), "main")
    assert "a force push left it behind" in PastStatesOf(place).refused(left)


class PastStatesOf(Place):
    """A place as a new process finds it."""

    def __init__(self, place: Place) -> None:
        self.made, self.mirrors, self.states = place.made, place.mirrors, PastStates(place.mirrors)


def test_a_tag_made_after_the_date_does_not_show(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    sha = made.commit("One")
    made.day = 40
    made.git("tag", "-a", "-m", "late", "v1.0", sha)
    place = Place(made, tmp_path)
    state = place.find("2020-01-05").states[SOURCE]
    assert state.until is not None
    assert state.until < datetime(2020, 2, 1, tzinfo=UTC)


def test_a_shallow_history_says_that_it_is_cut(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    for n in range(5):
        made.write("a.txt", str(n))
        made.commit(f"Commit {n}")
    mirrors = tmp_path / "mirrors"
    mirrors.mkdir()
    made.git("clone", "--quiet", "--bare", "--depth", "2", f"file://{made.path}", str(mirrors / "harbour"))
    states = PastStates(mirrors)
    for wanted in ("2020-01-03", "HEAD~3"):
        with pytest.raises(AsOfError, match="shallow"):
            states.find(snapshot(made), [SOURCE], wanted, NOW)


def test_a_mirror_that_is_gone(tmp_path: Path) -> None:
    made = empty(tmp_path / "made")
    made.commit("One")
    with pytest.raises(RevisionError, match="whence sync"):
        PastStates(tmp_path / "nowhere").find(snapshot(made), [SOURCE], "HEAD", NOW)


def test_sources_without_a_history(tmp_path: Path, place: Place) -> None:
    source = SourceRevision(revision="x")
    papers = Snapshot(
        index="papers", tables={}, chunks_table="", analyzer="", chunker="", sources={"documents:papers": source}, id=2
    )
    with pytest.raises(AsOfError, match="only git repositories"):
        place.states.find(papers, ["documents:papers"], "2020", NOW)


NAMED = {
    "As of v2.0, where is `lift` defined?": ("where is `lift` defined?", "v2.0"),
    "as of 2019-05-01, who wrote crane.py?": ("who wrote crane.py?", "2019-05-01"),
    "who maintained crane.py as of 2019?": ("who maintained crane.py?", "2019"),
    "in version 2.0, how are loads lifted?": ("how are loads lifted?", "2.0"),
    "In v1.2.3: what does lift return?": ("what does lift return?", "v1.2.3"),
    "back in 2015, how many files were there?": ("how many files were there?", "2015"),
    "how many files were there back in March 2015?": ("how many files were there?", "March 2015"),
    "how does lift work (as of 1a2b3c4)?": ("how does lift work?", "1a2b3c4"),
    "how does lift work as of release 1.0": ("how does lift work", "1.0"),
    "as of yesterday, what is the limit?": ("what is the limit?", "yesterday"),
    "as of commit 1a2b3c4d: what is the limit?": ("what is the limit?", "1a2b3c4d"),
    "as of 3 months ago, who was the top contributor?": ("who was the top contributor?", "3 months ago"),
}
NOT_NAMED = (
    "what changed in version 2.0?",
    "what's new in 2.0?",
    "in version 2.0, what changed?",
    "in 2.0, which functions were added?",
    "who added lift in 2015?",
    "how many commits were made in 2019?",
    "what changed between v1.0 and v2.0?",
    "what is the default as of now in the code?",
    "why is the field called as_of in 2020?",
    "does it support Python 3.8?",
    "as of Python 3.8, is this needed?",
    "as of",
    "",
)


@pytest.mark.parametrize(("question", "named"), NAMED.items())
def test_a_question_that_names_a_state(question: str, named: tuple[str, str]) -> None:
    assert in_question(question, NOW) == Named(question=named[0], wanted=named[1])


@pytest.mark.parametrize("question", NOT_NAMED)
def test_a_question_that_names_none(question: str) -> None:
    assert in_question(question, NOW) is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    named = in_question(text, NOW)
    assert named is None or (named.wanted and named.wanted in text)
    with contextlib.suppress(AsOfError):
        found = moments(text, NOW)
        assert found is None or found[0] <= found[1]
