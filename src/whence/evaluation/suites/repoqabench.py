"""RepoQABench: the text of an issue, and the files of the pull request that fixed it.

Asked of the repositories that are given; of an issue those files count that stand at their HEAD, and issues of which
none does are left out. The fix itself is in there, too: the set does not name the commit before it.
"""

from collections.abc import Mapping

from whence.evaluation.data_suite import DataSuite, data
from whence.evaluation.measures import answered, cited, cites_gold, ranking, right
from whence.evaluation.protocols import Inputs
from whence.evaluation.records import Corpus, EvalQuestion, Gold, Measure, RepositoryCorpus
from whence.evaluation.repositories import git_lines, repositories_missing
from whence.evaluation.rows import Row, json_rows

_FILE = "repoqabench_issue_files/issues_open.jsonl"
_MAX_CHARS = 1500


def _rows(inputs: Inputs) -> list[Row]:
    return [row for _, row in json_rows(data(inputs, _FILE))]


def _given(inputs: Inputs) -> list[str]:
    return sorted({row["repo"] for row in _rows(inputs)} & set(inputs.repositories))


def _missing(inputs: Inputs) -> str:
    given = _given(inputs)
    if not given:
        names = sorted({row["repo"] for row in _rows(inputs)})
        return f"The suite repoqabench needs one of {', '.join(names)}: clone it, give it with --repo NAME=PATH."
    return repositories_missing("repoqabench", dict.fromkeys(given, ""), inputs.repositories)


def _questions(inputs: Inputs, seed: int) -> list[EvalQuestion]:  # noqa: ARG001
    present: Mapping[str, set[str]] = {
        name: set(git_lines(inputs.repositories[name], "ls-tree", "-r", "--name-only", "HEAD"))
        for name in _given(inputs)
    }
    asked: list[EvalQuestion] = []
    for row in _rows(inputs):
        files = [path for path in row["pr_files"] if path in present.get(row["repo"], ())]
        text = " ".join(row["issue_text"].split())[:_MAX_CHARS]
        if files and text:
            asked.append(
                EvalQuestion(
                    id=row["id"],
                    suite="repoqabench",
                    question=text,
                    golds=tuple(Gold(path=path) for path in files),
                    corpus=row["repo"],
                    slices={"category": row["repo"]},
                )
            )
    return [*asked, *_elsewhere(asked)]


def _elsewhere(asked: list[EvalQuestion]) -> list[EvalQuestion]:
    names = sorted({one.corpus for one in asked})
    return [
        EvalQuestion(
            id=f"{one.id}-elsewhere",
            suite="repoqabench",
            question=one.question,
            is_answerable=False,
            corpus=names[(names.index(one.corpus) + 1) % len(names)],
            slices={**one.slices, "why unanswerable": "another project"},
        )
        for one in asked[::3]
        if len(names) > 1
    ]


def _corpora(inputs: Inputs) -> list[Corpus]:
    return [RepositoryCorpus(name=name, location=inputs.repositories[name]) for name in _given(inputs)]


def _measures(inputs: Inputs) -> list[Measure]:  # noqa: ARG001
    return [*ranking("file"), *right(cites_gold, "a citation is of a changed file"), *answered(), *cited()]


SUITE = DataSuite(
    name="repoqabench",
    about="issues, and the files that the pull requests which fixed them changed",
    dataset="RepoQABench, 84 of 168 issues, those of the repositories given",
    files=(_FILE,),
    needs=_missing,
    load=_questions,
    corpora_of=_corpora,
    measures_of=_measures,
)
