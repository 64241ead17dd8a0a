"""Questions made from a project's own history and text, each with the place it came from, which is then hidden.

What a commit says leads to the files it changed, asked of the state before it; a docstring to its function and a
heading to its section, asked of copies in which just those words are blank. Whatever asks for a thing that could be
read off the question's own source is worth nothing, so no source stays where the search can see it.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from whence.evaluation.shingles import without_near_duplicates
from whence.protocols import History
from whence.types import Commit, CommitQuery, Document

_N_COMMITS = 6000
_TEST_SHARE = 0.2
N_STATES = 4
NEVER = datetime.min.replace(tzinfo=UTC)
_ROUTINE = re.compile(
    r"^(?i:merge|bump|release|revert|update (?:change|dependenc)|prepare|version|v?\d|\[?pre-commit)"
    r"|(?i:\b(?:typos?|lint\w*|flake8|mypy|isort|black|pyupgrade|whitespace|badges?|spelling|grammar|cosmetic|copyright)\b)"
    r"|^(?i:\W*(?:clean ?up|tidy|format|reformat|minor|small|misc)\b)"
)
_ROLE = re.compile(r":[\w:]+:`[~.!]*(?P<text>[^`<]+?)(?:\s*<[^`]*>)?`")
_TESTS = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")
# A list of changes repeats the message, so finding it finds the source of the question.
_CHANGELOG = re.compile(
    r"(?i)(^|/)((change|history|news|release|whatsnew|authors)[^/.]*(\.(md|rst|txt|asc))?$"
    r"|(changelog|changes|news(fragments)?|whatsnew|release[-_]?notes)/)"
)
_NUMBER = re.compile(r"\s*\(?(?:GH-|#)\d+\)?\s*")
_HEADING = re.compile(r"^#{1,4}[ \t]+(?P<text>[^\n#`]{12,80}?)[ \t]*#*$", re.M)
_UNDERLINED = re.compile(r"^(?P<text>\w[^\n`]{11,80})\n(?P<line>=+|-+|~+|\^+)$", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnQuestion:
    """``path`` and lines (0: whole files) of the evidence; ``hidden`` are lines (path, first, last) to blank.

    ``as_of`` is a commit older than the one, of ``committed_at``, that it was made from. ``is_test`` marks the newest
    fifth of the commits and a fifth of the files: what trains must leave those alone.
    """

    id: str
    question: str
    origin: str
    paths: tuple[str, ...]
    start_line: int = 0
    end_line: int = 0
    as_of: str = ""
    committed_at: datetime = NEVER
    hidden: tuple[tuple[str, int, int], ...] = ()
    is_test: bool = True


def from_commits(history: History, present: Iterable[str]) -> list[OwnQuestion]:
    """Newest first: messages of commits that changed one to five files that are still there, no near duplicates.

    Lists of changes do not count among the files.
    """
    files = frozenset(present)
    commits = history.log(CommitQuery(statuses="M", merges=False, n_max=_N_COMMITS))
    made = ((found.question, found) for commit in commits if (found := _from_commit(commit, files, history.source_id)))
    kept = list(without_near_duplicates(made))
    n_test = max(int(len(kept) * _TEST_SHARE), min(len(kept), 50))
    return [*_as_of_states(history, kept[:n_test]), *(replace(one, is_test=False) for one in kept[n_test:])]


def _as_of_states(history: History, newest: Sequence[OwnQuestion]) -> Iterator[OwnQuestion]:
    """Each with a state that is older than the commit it was made from, and that has its files.

    A state of its own for each commit would have to be indexed for each; a few serve all.
    """
    line = history.log(CommitQuery(first_parent=True))
    size = -(-len(newest) // N_STATES) or 1
    for start in range(0, len(newest), size):
        block = newest[start : start + size]
        oldest = min(one.committed_at for one in block)
        state = next((commit.sha for commit in line if commit.committed_at < oldest), "")
        if state:
            later = {change.path for change in history.changes(state, history.revision) if change.status != "M"}
            yield from (replace(one, as_of=state) for one in block if later.isdisjoint(one.paths))


def _from_commit(commit: Commit, files: frozenset[str], source_id: str) -> OwnQuestion | None:
    subject = _NUMBER.sub(" ", commit.subject).strip()
    paths = [change.path for change in commit.changes if not _CHANGELOG.search(change.path)]
    if not commit.parents or not 1 <= len(paths) <= 5 or not files.issuperset(paths):
        return None
    if not 4 <= len(subject.split()) <= 25 or _ROUTINE.match(subject):
        return None
    names = {path.rsplit("/", 1)[-1].lower() for path in paths}
    if any(name in subject.lower() or name.partition(".")[0] in subject.lower().split() for name in names):
        return None
    return OwnQuestion(
        id=f"commit-{source_id}-{commit.sha[:12]}",
        question=subject,
        origin="commit message",
        paths=tuple(paths),
        committed_at=commit.committed_at,
    )


def from_text(documents: Sequence[Document]) -> list[OwnQuestion]:
    """First sentences of Python docstrings, headings of Markdown and reStructuredText; no near duplicates."""
    made = [one for document in documents for one in _from_document(document)]
    return list(without_near_duplicates((one.question, one) for one in made))


def _from_document(document: Document) -> Iterator[OwnQuestion]:
    is_test = int(hashlib.sha256(document.path.encode()).hexdigest(), 16) % 5 == 0
    if document.language == "python" and not _TESTS.search(document.path):  # tests tell what they check, if anything
        yield from (replace(one, is_test=is_test) for one in _docstrings(document))
    elif document.language in {"markdown", "rst"}:
        yield from (replace(one, is_test=is_test) for one in _headings(document))


def _docstrings(document: Document) -> Iterator[OwnQuestion]:
    try:
        tree = ast.parse(document.text)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        first = _ROLE.sub(r"\g<text>", (ast.get_docstring(node) or "").split("\n\n")[0]).replace("`", "")
        sentence = " ".join(first.split()).split(". ")[0].rstrip(".")
        code = [one for one in node.body if not _is_docstring(one)]
        if not 5 <= len(sentence.split()) <= 25 or "://" in sentence or ":param" in sentence or len(code) < 2:
            continue
        words = {part for part in re.split(r"[_\W]+", node.name.lower()) if len(part) > 3}
        if words and words <= set(re.split(r"\W+", sentence.lower())):
            continue  # the sentence says the name
        doc = node.body[0]
        yield OwnQuestion(
            id=f"docstring-{document.path}-{node.lineno}",
            question=f"Which function does this: {sentence[0].lower()}{sentence[1:]}?",
            origin="docstring",
            paths=(document.path,),
            start_line=node.lineno,
            end_line=node.end_lineno or node.lineno,
            hidden=((document.path, doc.lineno, doc.end_lineno or doc.lineno),),
        )


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _headings(document: Document) -> Iterator[OwnQuestion]:
    pattern = _HEADING if document.language == "markdown" else _UNDERLINED
    found = [match for match in pattern.finditer(document.text) if len(match["text"].split()) >= 3]
    for number, match in enumerate(found):
        line = document.text.count("\n", 0, match.start()) + 1
        stop = found[number + 1].start() if number + 1 < len(found) else len(document.text.rstrip("\n"))
        end = document.text.count("\n", 0, stop) + (number + 1 == len(found))
        last = line + match.group().count("\n")
        if end - last >= 3:
            yield OwnQuestion(
                id=f"heading-{document.path}-{line}",
                question=match["text"].strip(),
                origin="heading",
                paths=(document.path,),
                start_line=last + 1,
                end_line=end,
                hidden=((document.path, line, last),),
            )


def hidden_text(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    """The text with those lines (from 1, both inside) blank, so that all others keep their numbers.

    The first of several blanked lines of code keeps its indentation and says "..." for the code to stay whole.
    """
    lines = text.split("\n")
    for first, last in ranges:
        indent = len(lines[first - 1]) - len(lines[first - 1].lstrip())
        is_code = lines[first - 1].lstrip()[:1] in {'"', "'", "r", "R"}
        lines[first - 1 : last] = [" " * indent + "..." if is_code else "", *[""] * (last - first)]
    return "\n".join(lines)


def absent_names(documents: Sequence[Document], n: int) -> list[str]:
    """Names in the project's style that stand nowhere in it: the first part of one joined to the last of another."""
    known = {name for one in documents for name in re.findall(r"\b[a-z]{3,}(?:_[a-z]{3,})+\b", one.text)}
    ordered = sorted(known, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    made: list[str] = []
    for one, other in zip(ordered, reversed(ordered), strict=True):
        name = f"{one.split('_')[0]}_{other.split('_')[-1]}"
        if len(made) < n and name not in made and not any(name in existing for existing in known):
            made.append(name)
    return made
