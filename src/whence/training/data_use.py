"""Which data sets may train weights: as a table, so that what is kept for judging is never trained on by mistake."""

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal

from whence.errors import UsageError

Use = Literal["ship", "own", "judge", "neither"]
"""ship: weights trained on it may be passed on. own: they may be used, not passed on. judge: it measures, and trains
nothing. neither: it holds questions of a set that measures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Files of a published data set, by the name of its folder and a glob of file names."""

    folder: str
    files: str = "*"
    use: Use
    licence: str


DATA_SETS = (
    DataSet(folder="squad", files="*train*", use="ship", licence="CC BY-SA 4.0"),
    DataSet(folder="squad", use="judge", licence="CC BY-SA 4.0"),
    DataSet(folder="conala", use="ship", licence="MIT"),
    DataSet(folder="python_api_docs", use="ship", licence="Apache-2.0"),
    DataSet(folder="pubmed_qa", use="ship", licence="MIT"),
    DataSet(folder="cosqa", files="*pairs*", use="own", licence="terms unclear for weights"),
    DataSet(folder="cosqa", use="judge", licence="terms unclear for weights"),
    DataSet(folder="concode_dev", use="own", licence="research use"),
    DataSet(folder="cmu_qa", use="neither", licence="GFDL / CC BY-SA 3.0"),
    *(
        DataSet(folder=folder, use="judge", licence="")
        for folder in (
            "swe_qa",
            "swe_qa_pro",
            "jhu_rag_case",
            "xquad_en",
            "cranfield",
            "cisi",
            "cacm",
            "npl_vaswani",
            "codesearchnet_annotations",
            "covid_qa",
            "policy_qa",
            "code_assist_bench",
            "stack_eval",
            "repoqabench_issue_files",
        )
    ),
)
"""The first row that fits a file counts."""


def known(path: Path) -> DataSet | None:
    """The data set that a file is of, by its name and that of its folder, or None for one's own data."""
    for row in DATA_SETS:
        if row.folder in path.absolute().parts[:-1] and fnmatch(path.name, row.files):
            return row
    return None


def require_trainable(path: Path) -> DataSet | None:
    """Like ``known``. Raises ``UsageError`` for what is kept for judging."""
    found = known(path)
    if found is not None and found.use in ("judge", "neither"):
        raise UsageError(
            f"{path.name} is of {found.folder}, which is kept for judging models: weights trained on it could not be "
            "judged by it. Leave it out."
        )
    return found


def may_be_passed_on(paths: list[Path], licence: str) -> tuple[bool, str]:
    """Whether weights trained on these files may be passed on, and why in a sentence.

    ``licence`` is what the caller says of the files that are not in the table.
    """
    kept = [row.folder for path in paths if (row := known(path)) is not None and row.use != "ship"]
    unknown = [path.name for path in paths if known(path) is None]
    if kept:
        return False, f"Not to be passed on: {', '.join(dict.fromkeys(kept))} may not train weights for others."
    if unknown and not licence:
        return False, f"Not to be passed on before the licence of {', '.join(unknown)} is known."
    licences = [row.licence for path in paths if (row := known(path)) is not None] + ([licence] if unknown else [])
    named = " and ".join(dict.fromkeys(licences))
    return True, f"May be passed on under the terms of {named} and of the encoder it began from."
