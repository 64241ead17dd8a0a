"""A question in free words for a reason is answered by the commit that did it: who, when, and what tells why."""

import pytest
from tests.history.repository import Scripted, empty

from whence import Whence


@pytest.fixture(scope="module")
def whence(tmp_path_factory: pytest.TempPathFactory) -> Whence:
    folder = tmp_path_factory.mktemp("reasons")
    made: Scripted = empty(folder / "quay")
    made.write("winch.py", "".join(f"def pull_{n}(rope):\n    return rope * {n}\n\n\n" for n in range(8)))
    made.write("CHANGES.md", "# Changes\n\n## 1.0\n\n- Pull ropes with a steam winch.\n")
    made.commit("Pull with the steam winch")
    made.git("checkout", "--quiet", "-b", "topic")
    made.write("winch.py", "import motor\n\n\ndef pull(rope):\n    return motor.turn(rope)\n")
    made.commit("Replace the steam winch by an electric motor")
    made.git("checkout", "--quiet", "main")
    log = "# Changes\n\n## 2.0\n\n"
    log += "- The motor needs no coal, because it runs on mains power. (#31)\n\n## 1.0\n\n- Steam.\n"
    made.write("CHANGES.md", log)
    made.commit("Write the changes down (#30)")
    made.merge("topic", message="Merge pull request #31 from topic")
    made.write("rope.py", "ROPE = 'hemp'\n\n\ndef before_pull(hook):\n    return hook\n")
    made.commit("Update the rope")
    made.write("rope.py", "ROPE = 'hemp'\n\n\ndef before_pull(hook):\n    # a hook\n    return hook\n")
    made.commit("Say of before_pull that it is a decorator, a hook that runs before each pull, and has no end")
    opened = Whence(folder / "data")
    opened.index(made.path, until="text")
    return opened


def test_the_commit_its_author_and_the_list_of_changes(whence: Whence) -> None:
    answer = whence.ask("why was the steam winch replaced by an electric motor?")
    assert answer.kind == "extractive"
    assert 'Replace the steam winch by an electric motor" was written by Ada Lake on 2020-01-0' in answer.answer
    assert "needs no coal, because it runs on mains power" in answer.answer
    assert answer.confidence < 1
    assert all(answer.answer[claim.start : claim.end].strip() for claim in answer.claims)
    assert all(whence.resolves(citation) for citation in answer.citations)


def test_when_is_told_before_what_was_found(whence: Whence) -> None:
    answer = whence.ask("when was the steam winch replaced by an electric motor?")
    first, _, rest = answer.answer.partition("\n\n")
    assert first.endswith("was written by Ada Lake on 2020-01-03 [1].")
    assert "[2]" in rest
    assert "does not say why" not in answer.answer
    assert answer.citations[0].commit == answer.citations[1].commit
    ends = [answer.answer[claim.start : claim.end] for claim in answer.claims]
    assert ends[0] == first


def test_another_deed_is_not_found(whence: Whence) -> None:
    answer = whence.ask("why was the rope removed?")
    assert answer.abstained
    assert "Update the rope" not in answer.answer.split("Nearest")[0]


def test_other_questions_are_answered_as_ever(whence: Whence) -> None:
    answer = whence.ask("how does pull turn the rope?")
    assert "was written by" not in answer.answer


@pytest.mark.parametrize(
    "question",
    [
        "when was the before_pull hook of the rope added?",
        "who added the before_pull hook with no end?",
        "when did quay get before_pull?",
    ],
)
def test_a_name_is_dated_by_its_first_appearance_not_by_what_touches_it(whence: Whence, question: str) -> None:
    answer = whence.ask(question)
    assert '"Update the rope"' in answer.answer.partition("\n")[0]
    assert answer.kind == "extractive"
    assert 0 < answer.confidence < 1
    assert all(whence.resolves(citation) for citation in answer.citations)


@pytest.mark.parametrize("question", ["who added the after_pull hook of the rope?", "how does after_pull run a hook?"])
def test_a_name_that_nothing_has_is_not_found(whence: Whence, question: str) -> None:
    assert whence.ask(question).abstained
