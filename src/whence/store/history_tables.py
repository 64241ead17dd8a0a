"""The SQL schema of histories. Derived from the mirror: it can always be loaded again.

Made at the first loading, so that data folders from before there were histories keep their format. ``HISTORY_FORMAT``
is kept in ``properties``: tables of another form are dropped at the next loading and loaded again.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, UniqueConstraint, text

from whence.store.tables import Words, metadata

HISTORY_FORMAT = 3

histories = Table(
    "histories",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("index_name", Words, nullable=False),
    Column("source_id", Words, nullable=False),
    Column("revision", Words, nullable=False, default=""),
    Column("wanted", Words, nullable=False, default=""),
    Column("n_commits", Integer, nullable=False, default=0),
    Column("n_wanted", Integer, nullable=False, default=0),
    Column("is_cut", Boolean, nullable=False, default=False),
    Column("problem", Words, nullable=False, default=""),
    UniqueConstraint("index_name", "source_id"),
)
"""``revision`` is the commit that the rows are complete for, ``wanted`` the one being loaded."""

people = Table(
    "history_people",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("history_id", Integer, nullable=False),
    Column("raw_name", Words, nullable=False),
    Column("raw_email", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("email", Words, nullable=False),
    UniqueConstraint("history_id", "raw_name", "raw_email"),
)
"""People as they wrote themselves, and as the mailmap of the complete revision calls them."""

paths = Table(
    "history_paths",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("history_id", Integer, nullable=False),
    Column("path", Words, nullable=False),
    UniqueConstraint("history_id", "path"),
)

commits = Table(
    "history_commits",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("history_id", Integer, nullable=False),
    Column("sha", Words, nullable=False),
    Column("place", Integer),
    Column("first_parent", Integer),
    Column("landed", Integer),
    Column("has_words", Boolean, nullable=False, default=False),
    Column("parents", Words, nullable=False),
    Column("author_id", Integer, nullable=False),
    Column("committer_id", Integer, nullable=False),
    Column("authored_s", BigInteger, nullable=False),
    Column("committed_s", BigInteger, nullable=False),
    Column("subject", Words, nullable=False),
    Column("body", Words, nullable=False),
    Column("trailers", Words, nullable=False),
    UniqueConstraint("history_id", "sha"),
    Index("history_commits_by_place", "history_id", "place"),
    Index("history_commits_by_position", "history_id", "first_parent"),
    Index("history_commits_by_words", "history_id", "has_words"),
    Index("history_commits_by_landing", "history_id", "landed", "author_id", "committed_s", "place"),
)
"""``place`` counts from the oldest in the order of ``git log``, and is null for what the complete revision does not
reach; ``first_parent`` counts along first parents from the root. ``landed`` is the first-parent position at which a
commit became reachable. ``has_words`` says that the words of its patch are in ``words``."""

changes = Table(
    "history_changes",
    metadata,
    Column("commit_id", Integer, primary_key=True),
    Column("path_id", Integer, primary_key=True),
    Column("status", Words, nullable=False),
    Column("old_path_id", Integer),
    Column("added", Integer),
    Column("removed", Integer),
    Index("history_changes_by_path", "path_id"),
    Index(
        "history_changes_by_old_path",
        "old_path_id",
        sqlite_where=text("old_path_id IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

links = Table(
    "history_links",
    metadata,
    Column("commit_id", Integer, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("target", Words, primary_key=True),
    Index("history_links_by_target", "target", "kind"),
    sqlite_with_rowid=False,
)

tags = Table(
    "history_tags",
    metadata,
    Column("history_id", Integer, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("sha", Words, nullable=False),
    Column("tagged_s", BigInteger, nullable=False),
    Column("is_annotated", Boolean, nullable=False),
    Column("subject", Words, nullable=False),
)

words = Table(
    "history_words",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("history_id", Integer, nullable=False),
    Column("n_commits", Integer, nullable=False),
    *(
        Column(name, LargeBinary, nullable=False)
        for name in ("doubtful", "binary", "commits", "words", "starts", "uses")
    ),
    Index("history_words_by_history", "history_id"),
    sqlite_autoincrement=True,
)
"""Segments of an inverted file, see ``store/word_segments.py``. The small columns come first."""

definition_states = Table(
    "history_definition_states",
    metadata,
    Column("history_id", Integer, primary_key=True, autoincrement=False),
    Column("revision", Words, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("unread", Words, nullable=False),
)
"""For which revision ``definitions`` are complete ("" while they change), which parsers made them, and which files none
of them has read (JSON)."""

definition_files = Table(
    "history_definition_files",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("history_id", Integer, nullable=False),
    Column("path", Words, nullable=False),
    Column("blob", Words, nullable=False),
    Column("is_parsed", Boolean, nullable=False),
    UniqueConstraint("history_id", "path"),
)

definitions = Table(
    "history_definitions",
    metadata,
    Column("history_id", Integer, primary_key=True),
    Column("role", Integer, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("file_id", Integer, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("told", Words, nullable=False),
    Index("history_definitions_by_file", "file_id"),
    sqlite_with_rowid=False,
)
"""Each definition under its own name (``role`` 0) and under the names that it extends (1); ``told`` is the rest of it,
redacted, as JSON."""

DEFINITION_TABLES = (definition_states, definition_files, definitions)
"""Made where they are missing, so that histories from before there were any need not be loaded again."""

HISTORY_TABLES = (histories, people, paths, commits, changes, links, tags, words, *DEFINITION_TABLES)
