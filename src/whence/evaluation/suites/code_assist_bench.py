"""CodeAssistBench: what people asked in issues, and what the maintainers replied.

A closed corpus: the replies of each issue are one document, without the issue's own title and text; the question is
title and text, and the right document is that of its own replies. A fifth of the documents is left out: their issues
have no answer.
"""

from whence.evaluation.corpora import written
from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.measures import answered, cited, cites_gold, ranking, right
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure
from whence.evaluation.rows import Row, json_rows

_FILE = "code_assist_bench/cab_open.jsonl"
_MAX_CHARS = 1500
_ONE_IN = 5


def _rows(inputs: Inputs) -> list[Row]:
    return [row for _, row in json_rows(data(inputs, _FILE)) if any(one["body"].strip() for one in row["comments"])]


def _path(number: int) -> str:
    return f"{number:03d}.md"


def _questions(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
    asked = []
    for number, row in enumerate(_rows(inputs)):
        is_answerable = number % _ONE_IN != 2
        why = {} if is_answerable else {"why unanswerable": "its replies left out"}
        asked.append(
            EvalQuestion(
                id=row["id"],
                suite="code-assist-bench",
                question=" ".join(f"{row['title']} {row['body']}".split())[:_MAX_CHARS],
                golds=(Gold(path=_path(number)),) if is_answerable else (),
                is_answerable=is_answerable,
                slices={"category": row["language"], **why},
            )
        )
    return asked


def _corpora(inputs: Inputs) -> list[Corpus]:
    texts = {
        _path(number): "\n\n".join(one["body"].strip() for one in row["comments"] if one["body"].strip())
        for number, row in enumerate(_rows(inputs))
        if number % _ONE_IN != 2
    }
    return [written("replies", texts)]


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    return [*ranking("file"), *right(cites_gold, "a citation is of the issue's own replies"), *answered(), *cited()]


SUITE = DataSuite(
    name="code-assist-bench",
    about="issues of 100 projects, and the replies to them; a fifth of the replies left out",
    dataset="CodeAssistBench, 158 of 306 issues",
    files=(_FILE,),
    load=_questions,
    corpora_of=_corpora,
    measures_of=_measures,
)
