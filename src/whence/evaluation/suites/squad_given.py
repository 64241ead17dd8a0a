"""SQuAD with the passage given: reading alone, since the search is narrowed to one paragraph.

Half as many unanswerable questions: of the next paragraph of the same article, where no answer of theirs stands.
"""

import itertools
from collections.abc import Iterator

from whence.evaluation.corpora import written
from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.measures import answered, cites_answer, first_cites_answer, marked, right, worded
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure
from whence.evaluation.suites.squad import DEV, WHOLE, dev_rows, paragraphs
from whence.metrics.answer_match import holds_answer


def _questions(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
    return list(_asked(inputs))


def _asked(inputs: Inputs) -> Iterator[EvalQuestion]:
    rows = dev_rows(data(inputs, DEV))
    files = paragraphs(rows)
    names = list(files)
    following = dict(itertools.pairwise(names))
    for number, row in enumerate(rows):
        name = row["paragraph_id"]
        path, text = files[name]
        yield EvalQuestion(
            id=row["id"],
            suite="squad-given",
            question=row["question"].strip(),
            answers=tuple(dict.fromkeys(row["answers"])),
            golds=(Gold(path=path, text=text),),
            paths=(path,),
            slices={"category": row["title"]},
        )
        other = following.get(name, "")
        if (
            number % 2
            and other.split("#")[0] == name.split("#")[0]
            and not holds_answer(files[other][1], row["answers"])
        ):
            yield EvalQuestion(
                id=f"{row['id']}-next",
                suite="squad-given",
                question=row["question"].strip(),
                is_answerable=False,
                paths=(files[other][0],),
                slices={"category": row["title"]},
            )


def _corpora(inputs: Inputs) -> list[Corpus]:
    return [written(WHOLE, dict(paragraphs(dev_rows(data(inputs, DEV))).values()))]


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    return [
        *right(cites_answer, "a citation holds a gold answer"),
        *first_cites_answer(),
        *answered(),
        *worded(),
        *marked(),
    ]


SUITE = DataSuite(
    name="squad-given",
    about="SQuAD v1.1 questions, each over the one paragraph it was written for, or over the next one",
    dataset="SQuAD v1.1, dev, 24 of 48 articles",
    files=(DEV,),
    load=_questions,
    corpora_of=_corpora,
    measures_of=_measures,
    depth=5,
)
