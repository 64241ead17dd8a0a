"""The SQL schema of the service: keys, answers given, what people said of them, and who did what.

Made at first use, in data folders of any age: nothing that indexes or answers needs these tables.
"""

from sqlalchemy import Boolean, Column, DateTime, Float, Index, Integer, LargeBinary, MetaData, Table, inspect

from whence.store.database import Database
from whence.store.tables import Words

metadata = MetaData()

keys = Table(
    "service_keys",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("secret_hash", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("grants", Words, nullable=False),
    Column("rate_per_minute", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Index("service_keys_by_name", "name"),
)

answers = Table(
    "service_answers",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", Words, nullable=False, unique=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("index_name", Words, nullable=False),
    Column("caller", Words, nullable=False),
    Column("conversation", Words, nullable=False, default=""),
    Column("question", Words, nullable=False),
    Column("asked", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("abstained", Boolean, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("elapsed_ms", Float, nullable=False),
    Column("snapshot", Integer, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("service_answers_by_index", "index_name", "number"),
    Index("service_answers_by_caller", "caller", "number"),
    Index("service_answers_by_conversation", "conversation", "number"),
    Index("service_answers_by_time", "at"),
    sqlite_autoincrement=True,
)
"""``asked`` is the question as it was searched, after rewriting; ``record`` the rest as compressed JSON."""

feedback = Table(
    "service_feedback",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("answer_id", Words, nullable=False),
    Column("caller", Words, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("is_good", Boolean, nullable=False),
    Column("reason", Words, nullable=False, default=""),
    Column("corrected_answer", Words, nullable=False, default=""),
    Index("service_feedback_once", "answer_id", "caller", unique=True),
    sqlite_autoincrement=True,
)

audit = Table(
    "service_audit",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("caller", Words, nullable=False),
    Column("address", Words, nullable=False, default=""),
    Column("action", Words, nullable=False),
    Column("target", Words, nullable=False, default=""),
    Column("outcome", Words, nullable=False),
    Column("request_id", Words, nullable=False, default=""),
    sqlite_autoincrement=True,
)


def make_serving_tables(database: Database) -> None:
    """Makes the tables where they are missing. Raises ``StoreError``."""
    with database.reading() as connection:
        there = set(inspect(connection).get_table_names())
    if not there.issuperset(metadata.tables):
        with database.writing() as connection:
            metadata.create_all(connection)
