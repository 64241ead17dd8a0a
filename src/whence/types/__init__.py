"""The records that stages hand to each other: frozen, without behaviour. Import them from here.

    documents.py  what a source gives, the chunks cut from it, and what a request may see
    reading.py    what is found for a question, and what is read in it
    answers.py    what is replied, with citations
    past.py       what git tells of a project's past
    code.py       what the code itself tells of names

Spans are half-open and count characters (code points) of ``Document.text``; lines count from 1 and both ends are
inside. Times are aware and in UTC. JSON for all of them is in ``wire.py``, Arrow in ``store/arrow.py``, SQL in
``store/tables.py``. Who changes a record writes a decision page.
"""

from whence.types.answers import Answer, AnswerKind, Citation, CitedKind, Claim, Prompt, cited_kind
from whence.types.code import Definition, Use
from whence.types.documents import (
    FILE_KINDS,
    HISTORY_KINDS,
    KINDS,
    OPEN_END,
    Chunk,
    Document,
    Fetched,
    Kind,
    Scope,
    Skipped,
    SourceState,
    Unchanged,
    commit_id,
    is_commit_id,
)
from whence.types.past import Change, Commit, CommitQuery, HistoryState, LineOrigin, Origins, Stretch, Tag
from whence.types.reading import (
    DENSE_OFF,
    NO_EMBEDDER,
    NO_VECTORS,
    WITHOUT_DENSE,
    AnswerSpan,
    Evidence,
    Hit,
    Leg,
    PassageReading,
    Reading,
    ReadPassages,
    Role,
    Scored,
)

__all__ = [
    "DENSE_OFF",
    "FILE_KINDS",
    "HISTORY_KINDS",
    "KINDS",
    "NO_EMBEDDER",
    "NO_VECTORS",
    "OPEN_END",
    "WITHOUT_DENSE",
    "Answer",
    "AnswerKind",
    "AnswerSpan",
    "Change",
    "Chunk",
    "Citation",
    "CitedKind",
    "Claim",
    "Commit",
    "CommitQuery",
    "Definition",
    "Document",
    "Evidence",
    "Fetched",
    "HistoryState",
    "Hit",
    "Kind",
    "Leg",
    "LineOrigin",
    "Origins",
    "PassageReading",
    "Prompt",
    "ReadPassages",
    "Reading",
    "Role",
    "Scope",
    "Scored",
    "Skipped",
    "SourceState",
    "Stretch",
    "Tag",
    "Unchanged",
    "Use",
    "cited_kind",
    "commit_id",
    "is_commit_id",
]
