"""What is asked of a project's own texts: the question is never left in the passage, and chores are not asked for."""

import random
from itertools import pairwise

import pytest

from whence.training.project_examples import ProjectText
from whence.training.project_pairs import (
    asked,
    change_pairs,
    declaration_pairs,
    drawn,
    function_pairs,
    section_pairs,
)

SOURCE = '''
class Pool:
    def open_socket(self, host, port=80):
        """Open a socket to the host unless one is waiting."""
        waiting = self._waiting.get((host, port))
        if waiting:
            return waiting.pop()
        return self._connected(host, port)
'''

HEADER = """
// Copyright 2020 The Authors. All rights reserved by the project.

/// \\brief Open a file for reading, positioned at its start.
/// \\param[in] path where it lies
Result<std::shared_ptr<File>> OpenFile(const std::string& path,
                                       int64_t buffer_size = 4096);

int other;
// a short one
int unrelated_and_long_enough_to_be_taken_for_a_declaration_of_something = 0;

/**
 * Sorts the rows of the table by one column, the smallest first.
 *
 * @param column which
 */
function sortRows(table, column) {
  if (!table.rows.length) {
    return table;
  }
  return table.sorted(column);
}
const after = 1;
"""


def text(content: str, path: str = "src/pool.py") -> ProjectText:
    return ProjectText(project="net", path=path, text=content)


def placed(title: str, symbol: str, content: str) -> str:
    return f"<{title} {symbol}>\n{content}"


def test_a_docstring_asks_for_its_function_without_it() -> None:
    made = list(function_pairs([text(SOURCE)] * 40, 1, placed))
    whole = [pair for pair in made if pair.source == "net/code"]
    assert len(whole) == 40
    for pair in whole:
        assert "unless one is waiting" in pair.question
        assert "unless one is waiting" not in pair.passage
        assert "self._waiting.get" in pair.passage
    shares = [sum(pair.passage.startswith("<src/pool.py Pool.open_socket>\n") for pair in whole) / 40]
    shares.append(
        sum(pair.question.startswith(("how to open", "How do I open", "Where", "Which")) for pair in whole) / 40
    )
    assert all(0.1 < share < 0.95 for share in shares)


def test_a_name_is_asked_for_in_words_and_is_not_shown() -> None:
    named = [pair for pair in function_pairs([text(SOURCE)] * 40, 1, placed) if pair.source == "net/names"]
    assert named
    assert {pair.question for pair in named} == {"pool open socket"}
    assert all("open_socket" not in pair.passage and "def it(self" in pair.passage for pair in named)


@pytest.mark.parametrize(
    ("summary", "kept"),
    [("Return the jar", "return the jar"), ("Closes it", "closes it"), ("Jar of all", "Jar of all")],
)
def test_a_summary_becomes_a_question_only_where_it_begins_with_a_verb(summary: str, kept: str) -> None:
    wordings = {asked(summary, random.Random(n)) for n in range(30)}
    assert all(kept in wording or summary in wording for wording in wordings)
    assert (len(wordings) > 1) == summary.startswith("Return")


def test_a_comment_asks_for_the_whole_declaration_below_it() -> None:
    made = list(declaration_pairs([text(HEADER, "table.h")], placed))
    assert [pair.question for pair in made] == [
        "Open a file for reading, positioned at its start",
        "Sorts the rows of the table by one column, the smallest first",
    ]
    assert made[0].passage.endswith("int64_t buffer_size = 4096);")
    assert made[1].passage.endswith("}")
    assert "after" not in made[1].passage
    assert {pair.source for pair in made} == {"net/declarations"}


def test_a_heading_asks_for_its_section() -> None:
    body = "The pool keeps open sockets for later. " * 5
    made = list(section_pairs([text(f"# How sockets wait\n\n{body}\n\n# Next one\n\n{body}", "docs/pool.md")], placed))
    assert [pair.question for pair in made] == ["How sockets wait", "Next one"]
    assert made[0].passage.startswith("<docs/pool.md >\nThe pool keeps")
    assert made[0].source == "net/sections"


def test_a_commit_asks_for_its_hunk_unless_it_is_a_chore() -> None:
    hunk = "src/pool.py\n" + "-    return None\n+    return waiting.pop() if waiting else None\n" * 3
    subjects = [
        "Keep sockets that are still open (#123)",
        "Bump the version of urllib3",
        "Merge branch a into b",
        "Fix it",
    ]
    made = list(change_pairs([text(hunk, subject) for subject in subjects]))
    assert [pair.question for pair in made] == ["Keep sockets that are still open"]
    assert made[0].source == "net/changes"


def test_as_many_as_wanted_are_drawn_and_the_same_for_a_seed() -> None:
    pairs = list(function_pairs([text(SOURCE)] * 20, 1, placed))
    assert list(drawn(pairs, 5, 3)) == list(drawn(iter(pairs), 5, 3))
    assert [len(drawn(pairs, n, 3)) for n in (0, 5, 1000)] == [0, 5, len(pairs)]
    assert all(a is not b for a, b in pairwise(drawn(pairs, 10, 3)))
