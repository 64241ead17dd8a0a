"""The user's own questions: a CSV or JSON Lines file, asked of an index of the user's.

Columns (or keys): ``question``; ``answer``, several separated by "|" (in JSON also a list); ``evidence``, a path with
or without lines ("src/app.py:10-20"), several separated by ";" (in JSON also a list); ``category``; ``id``;
``answerable`` (yes or no). Without that column a question with neither answer nor evidence counts as unanswerable.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from whence.errors import UsageError
from whence.evaluation.data_suite import DataSuite
from whence.evaluation.judging.same_answer import transformer_match
from whence.evaluation.judging.support import judged
from whence.evaluation.measures import (
    answer_in_hits,
    answered,
    cited,
    cites_answer,
    first_cites_answer,
    meets_gold,
    ranking,
    right,
    worded,
)
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, IndexCorpus, Measure
from whence.evaluation.rows import Row, csv_rows, json_rows
from whence.types import Answer

_KNOWN = ("id", "question", "answer", "evidence", "category", "answerable", "as_of", "context")
_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<start>\d{1,7})(?:-(?P<end>\d{1,7}))?)?")
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


def read_questions(path: Path) -> list[EvalQuestion]:
    """The questions of a file, in its order. Raises ``UsageError`` that names the first wrong line and why."""
    if path.suffix.lower() not in {".csv", ".jsonl", ".ndjson"}:
        raise UsageError(f"{path.name} must be a .csv or .jsonl file of questions.")
    rows = csv_rows(path) if path.suffix.lower() == ".csv" else json_rows(path)
    if not rows:
        raise UsageError(f"{path.name} holds no questions: give at least a column 'question' and one row.")
    made: list[EvalQuestion] = []
    seen: dict[str, int] = {}
    for number, row in rows:
        place = f"{path.name}:{number}"
        one = _question(row, place, f"{path.stem}-{len(made) + 1:04d}")
        if one.id in seen:
            raise UsageError(f"{place} has the id {one.id!r} of line {seen[one.id]}: give each question its own.")
        seen[one.id] = number
        made.append(one)
    return made


def _question(row: Row, place: str, name: str) -> EvalQuestion:
    if "question" not in row:
        raise UsageError(f"{place} has no 'question'; known columns are {', '.join(_KNOWN)}, not {', '.join(row)}.")
    question = row["question"]
    if not isinstance(question, str) or not question.strip():
        raise UsageError(f"{place} has an empty question.")
    answers = _parts(row, "answer", "|", place)
    golds = tuple(_gold(part, place) for part in _parts(row, "evidence", ";", place))
    for key in ("id", "category", "as_of", "context"):
        if not isinstance(row.get(key) or "", str | int):
            raise UsageError(f"{place}: {key!r} must be a text.")
    category = str(row.get("category") or "")
    return EvalQuestion(
        id=str(row.get("id") or name),
        suite="custom",
        question=question.strip(),
        answers=tuple(answers),
        golds=golds,
        is_answerable=_answerable(row, place, bool(answers or golds)),
        context=str(row.get("context") or ""),
        as_of=str(row.get("as_of") or ""),
        slices={"category": category} if category else {},
    )


def _parts(row: Row, key: str, separator: str, place: str) -> list[str]:
    value = row.get(key)
    listed = value if isinstance(value, list) else str("" if value is None else value).split(separator)
    if isinstance(value, dict) or not all(isinstance(part, str | int | float) for part in listed):
        raise UsageError(f"{place}: {key!r} must be a text or a list of texts.")
    return [str(part).strip() for part in listed if str(part).strip()]


def _gold(part: str, place: str) -> Gold:
    found = _PLACE.fullmatch(part)
    if found is None or not found["start"]:
        return Gold(path=part)
    start, end = int(found["start"]), int(found["end"] or found["start"])
    if not 1 <= start <= end:
        raise UsageError(f"{place}: the evidence {part!r} is no range of lines; write path:first-last, from 1.")
    return Gold(path=found["path"], start_line=start, end_line=end)


def _answerable(row: Row, place: str, default: bool) -> bool:
    said = str("" if row.get("answerable") is None else row["answerable"]).strip().lower()
    if said and said not in _YES | _NO:
        raise UsageError(f"{place}: 'answerable' is yes or no, not {said!r}.")
    if said in _YES and not default:
        raise UsageError(f"{place} is answerable but has neither answer nor evidence to compare with.")
    return said in _YES if said else default


def _missing(inputs: Inputs) -> str:
    if inputs.file is None:
        return "The suite custom needs a file of questions: whence eval FILE.csv (or .jsonl) --in INDEX."
    return "" if inputs.index else "The suite custom asks an index of yours: name it with --in INDEX."


def _load(inputs: Inputs, seed: int) -> Sequence[EvalQuestion]:  # noqa: ARG001
    return read_questions(inputs.file or Path())


def _corpora(inputs: Inputs) -> list[Corpus]:
    return [IndexCorpus(name=inputs.index)]


def _is_right(question: EvalQuestion, answer: Answer) -> bool:
    if question.golds:
        return any(meets_gold(question.golds, one) for one in answer.citations)
    return cites_answer(question, answer)


def _measures(inputs: Inputs) -> list[Measure]:
    matched = [transformer_match(inputs.embedder())] if inputs.embedder else []
    return [
        *right(_is_right, "a citation meets the evidence, or holds the answer where no evidence is given"),
        *matched,
        *first_cites_answer(),
        *answered(),
        *ranking("file"),
        *answer_in_hits(),
        *cited(),
        *worded(),
        *judged(inputs),
    ]


SUITE = DataSuite(
    name="custom",
    about="your own questions from a CSV or JSON Lines file, asked of an index of yours",
    dataset="the user's own",
    needs=_missing,
    load=_load,
    corpora_of=_corpora,
    measures_of=_measures,
)
