"""What a question says was done: hits that tell of another deed, or of another thing, are left out."""

import pytest

from whence.answer.deeds import SAID, SHOWN, SUBJECT, TOUCHED, certainty, deed_asked, speaking_of
from whence.types import Chunk, Hit, Kind

LONG = "as the keeper told the meeting in the old town hall last winter, when all of the harbour had come to hear it, "


def hit(text: str, *, title: str = "", kind: Kind = "commit", commit: str = "c1") -> Hit:
    subject = title or text.partition("\n")[0]
    chunk = Chunk(
        id=f"{commit}{kind}{text}",
        document_id=f"git:harbour:commit/{commit}" if kind in {"commit", "hunk"} else "git:harbour:a.py",
        source_id="git:harbour",
        revision=commit,
        kind=kind,
        path="" if kind == "commit" else "src/crane.py",
        language="",
        symbol="",
        title=f"commit {commit} {subject}" if kind in {"commit", "hunk"} else subject,
        start=0,
        end=len(text),
        start_line=1,
        end_line=1,
        text=text,
        text_hash="",
    )
    return Hit(chunk=chunk, score=1.0, rank=1, legs={})


def kept(question: str, *hits: Hit) -> list[str]:
    deed = deed_asked(question, "harbour")
    assert deed is not None
    return [found.chunk.text for found in speaking_of(deed, hits)]


@pytest.mark.parametrize(
    ("question", "text", "is_kept"),
    [
        ("why was support for Python 2 dropped?", "Drop support for Python 2", True),
        ("why was support for Python 2 dropped?", "Drop support for Python 2.7", True),
        ("why was support for Python 2 dropped?", "Remove the py2 shims", True),
        ("why was support for Python 2 dropped?", "Drop support for CPython 2", True),
        ("why was the winch bumped to 8?", "Bump the winch to a new version", True),
        ("why was support for Python 2 dropped?", "Drop support for Python 3.8", False),
        ("why was support for Python 2 dropped?", "Drop support for Python 20", False),
        ("why was support for Python 2 dropped?", "Add support for Python 2", False),
        ("why did they stop vendoring the winch?", "update vendored winch", False),
        ("why did they stop vendoring the winch?", "Remove the vendored winch", True),
        ("why was the lamp colour reverted?", 'Revert "Change the lamp\'s colour"', True),
        ("why was the lamp colour reverted?", "Change the lamp's colour", False),
        ("what happened to the Lamp class?", "Kill the Lamp class", True),
        ("what happened to the Lamp class?", "Paint the Lamp class", False),
        ("why did they switch from tar to pitch?", "Use pitch instead of tar", True),
        ("why was the anchor chain length changed?", "Make the chain of the anchor a new length", True),
        ("why was the anchor chain length changed?", "Paint the chain", False),
        ("when was the horn turned off at night?", "Don't sound the horn at night", True),
        (
            "why was the horn deprecated?",
            f"Remove a thing that nobody uses. {LONG}It was deprecated to use the horn.",
            True,
        ),
        ("why was the horn deprecated?", f"The pump is deprecated {LONG}and the horn sounds.", False),
    ],
)
def test_commits(question: str, text: str, is_kept: bool) -> None:
    assert kept(question, hit(text)) == ([text] if is_kept else [])


def test_a_commit_and_its_hunks_count_together() -> None:
    said, patch = hit("Remove what is old"), hit("-old_winch = 1\n-drum = 2", title="Remove what is old", kind="hunk")
    assert kept("why was the old winch drum removed?", said, patch) == [said.chunk.text, patch.chunk.text]
    assert kept("why was the old winch drum removed?", said) == []


def test_a_subject_that_tells_all_comes_alone() -> None:
    wanted = "why was the brass lamp removed?"
    whole = hit("Remove the brass lamp\n\nIt rusted.", commit="c1")
    beside = hit("Remove a rope\n\nThe lamp of brass was in its way and is removed.", commit="c2")
    page = hit("* Remove the brass lamp.", kind="doc")
    assert kept(wanted, beside, whole, page) == [whole.chunk.text, page.chunk.text]
    assert kept(wanted, beside) == [beside.chunk.text]


def test_a_subject_names_code_as_it_is_written() -> None:
    use = hit("Use a lib that is prefixed", commit="c1")
    rename = hit("Rename get_prefixed_lib() to get_lib()", commit="c2")
    assert kept("why was get_prefixed_lib renamed?", use, rename) == [rename.chunk.text]


@pytest.mark.parametrize(
    ("question", "text", "is_kept"),
    [
        ("when was the before_lift decorator added?", "Add a decorator for every lift", False),
        ("when was the before_lift decorator added?", "Add the before_lift decorator", True),
        ("why was `Crane.hoist_all` removed?", "Remove all that hoist", False),
        ("why was `Crane.hoist_all` removed?", "Remove hoist_all", True),
        ("why was LampStack removed?", "Remove the lamp stacks", True),
        ("why was LampStack removed?", "Remove the stack of lamps", False),
        ("why was harbour.toml dropped?", "Drop the toml reader of the harbour", False),
        ("why was harbour.toml dropped?", "Drop harbour.toml", True),
    ],
)
def test_a_name_of_code_must_be_there(question: str, text: str, is_kept: bool) -> None:
    assert kept(question, hit(text)) == ([text] if is_kept else [])


def test_of_several_subjects_the_one_that_says_least_beside() -> None:
    part = hit("Remove brass.polish from the harbour (#7)", commit="c1")
    whole = hit("Remove brass (#9)", commit="c2")
    assert kept("why was brass removed?", part, whole) == [whole.chunk.text]


@pytest.mark.parametrize(
    ("question", "text", "sure"),
    [
        ("when was the brass lamp added?", "Add a brass lamp", SUBJECT),
        ("when was the brass lamp added?", "New lights\n\nA lamp is new. It is of brass.", SAID),
        ("why was the brass lamp added?", "Paint the quay\n\nAlso the lamp of brass.", TOUCHED),
        ("since when is there a brass lamp?", "Add a brass lamp", SUBJECT),
        ("which commit fixed the brass lamp?", "The brass lamp is bright\n\nIt is broken no more.", TOUCHED),
        ("when did the quay get a brass lamp?", "Add a brass lamp to the quay", SUBJECT),
    ],
)
def test_certainty_by_what_tells_the_deed(question: str, text: str, sure: float) -> None:
    deed, found = deed_asked(question, "harbour"), hit(text)
    assert deed is not None
    assert certainty(deed, found.chunk.document_id, [found]) == sure
    assert certainty(deed, "git:harbour:a.py", [found]) == 1.0


def test_a_subject_that_tells_more_is_less_sure() -> None:
    deed = deed_asked("why was the lamp removed?", "harbour")
    assert deed is not None
    told = [
        hit(text)
        for text in ("Remove the lamp", "Remove the lamp polish", "Remove the lamp polish of last winter from storage")
    ]
    sure = [certainty(deed, one.chunk.document_id, [one]) for one in told]
    assert sure[0] == SUBJECT
    assert sure == sorted(sure, reverse=True)
    assert len(set(sure)) == 3
    long = hit(f"Remove the lamp {LONG * 2}", commit="c9")
    assert certainty(deed, long.chunk.document_id, [long]) == SAID


def test_a_commit_that_only_writes_about_it_is_less_sure() -> None:
    text = "Remove the lamp\n\nM docs/lamp.rst +1 -1"
    written, made = hit(text, commit="c1"), hit(text + "\nM src/lamp.py +1 -9", commit="c2")
    long = hit(f"Remove the lamp\n\n{LONG * 3}\n\nM docs/lamp.rst +1 -1", commit="c3")  # whose list may go on
    said = hit("DOC: Remove the lamp", commit="c4")
    for question, least in (("when was the lamp removed?", SAID), ("when was the lamp removed from the docs?", 1.1)):
        deed = deed_asked(question, "harbour")
        assert deed is not None
        assert certainty(deed, made.chunk.document_id, [made]) >= SAID * 0.9
        assert certainty(deed, written.chunk.document_id, [written]) < least
        assert certainty(deed, said.chunk.document_id, [said]) < least
        assert certainty(deed, long.chunk.document_id, [long]) >= SAID


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("The horn was added for the fog.", False),
        (".. versionadded:: 2.1 The horn was added.", True),
        ("The horn was added in 2019.", True),
    ],
)
def test_a_page_tells_when_only_with_a_date_or_a_version(text: str, is_kept: bool) -> None:
    assert kept("when was the horn added?", hit(text, kind="doc")) == ([text] if is_kept else [])
    assert kept("why was the horn added?", hit(text, kind="doc")) == [text]


def test_a_deed_done_to_another_thing_at_the_same_place() -> None:
    text = "Renamed the polish and moved it to harbour.storage\n\n" + LONG + "A lamp shines."
    assert kept("when was the lamp moved to harbour.storage?", hit(text)) == []


def test_a_trailing_underscore_is_part_of_a_name() -> None:
    other = hit("Remove the float alias", commit="c1")
    same = hit("Remove the alias float_", commit="c2")
    assert kept("why was the float_ alias removed?", other, same) == [same.chunk.text]


def test_a_patch_tells_what_its_message_does_not() -> None:
    deed = deed_asked("when was `lift_all` added?", "harbour")
    assert deed is not None
    title = "Tidy the quay"
    new = hit("+def lift_all():\n+    pass", title=title, kind="hunk", commit="c1")
    moved = hit(" def lift_all():\n-    pass\n+    return lift_all()", title=title, kind="hunk", commit="c2")
    assert certainty(deed, new.chunk.document_id, [new]) == SHOWN
    assert certainty(deed, moved.chunk.document_id, [moved]) == TOUCHED
    assert speaking_of(deed, [moved]) == []  # a date is not told of what only touches the thing
    assert speaking_of(deed, [moved, new]) == [new]


def test_files_need_an_entry_that_tells_the_deed() -> None:
    log = "# Changes\n\n- Remove the bell.\n- Paint the winch."
    assert kept("why was the bell removed?", hit(log, kind="doc")) == [log]
    assert kept("why was the winch removed?", hit(log, kind="doc")) == []
    assert kept("why was the winch painted?", hit(log, kind="doc")) == [log]


@pytest.mark.parametrize(
    "question",
    [
        "how does the crane lift?",
        "why is the header removed on redirects?",
        "where is the lamp?",
        "why was it changed?",
        "what does remove do?",
    ],
)
def test_other_questions_ask_for_no_deed(question: str) -> None:
    assert deed_asked(question, "harbour") is None


def test_documents_without_a_history_tell_who_and_when() -> None:
    said = hit("The boat builder Orla Finch was the first to sail around the cape.", kind="doc")
    question = "who was the first to sail around the cape?"
    assert kept(question, said) == [said.chunk.text]
    told = hit("Sail around the cape", commit="c2")
    assert said.chunk.text not in kept(question, said, told), "where there is a history, it is what tells"
    assert kept(question, hit("def sail():\n    return cape\n", kind="code")) == [], "a definition says nothing of who"
