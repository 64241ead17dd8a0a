"""What goes over the wire about sources and about cited places."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from whence.serving.records import Name


class SourceEntry(BaseModel):
    """A source of an index. ``location`` is whole for administrators only, else its last part."""

    id: str
    sort: Literal["repository", "folder", "handed in"]
    location: str
    branch: str
    revision: str
    committed_at: datetime | None
    fetched_at: datetime | None
    documents: int = Field(description="Those that are no commits.")
    uncommitted: int = Field(description="Changed files in the working tree that are not part of the revision.")
    skipped: Mapping[str, int] = Field(description="How many files were left out, by reason.")
    redactions: int
    commits: int = Field(description="Those that can be searched.")
    history_commits: int = Field(description="Those that facts are computed from.")
    history_wanted: int = Field(description="More than `history_commits` while the history is being read.")
    problem: str


class IndexSources(BaseModel):
    """An index with its sources. ``indexed`` is the share of its chunks that have all that they should have."""

    name: str
    snapshot: int
    pending: int
    indexed: float
    working: bool = Field(description="Somebody is writing it.")
    failed: str = Field(description="Why the last sync of this process did not end well, else empty.")
    tags: Sequence[str] = Field(description="Newest first, at most 300.")
    sources: Sequence[SourceEntry]


class SourceList(BaseModel):
    """What can be asked, in detail, and what the caller may do."""

    right: Literal["reader", "editor", "admin"]
    indexes: Sequence[IndexSources]


class SyncRequest(BaseModel):
    """Which index to bring up to date."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"index": "requests"}]})

    index: Name


class SyncReply(BaseModel):
    """``started`` is False where it was running already."""

    index: str
    started: bool


class CitedCommit(BaseModel):
    """What a cited commit says of itself."""

    sha: str
    author: str
    authored_at: datetime
    committed_at: datetime
    subject: str
    body: str


class CitedReply(BaseModel):
    """A cited text, whole. ``start_line`` and ``end_line`` mark the cited place, from 1; 0: none is meant.

    Of a commit, ``text`` is its message, the list of its files, and its patch.
    """

    document_id: str
    sort: Literal["file", "commit", "document"]
    path: str
    title: str
    language: str
    revision: str
    url: str
    is_present: bool = Field(description="False where the document has changed since the revision that was cited.")
    start_line: int
    end_line: int
    commit: CitedCommit | None
    text: str
