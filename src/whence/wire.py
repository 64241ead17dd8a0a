"""Records to JSON and back, through pydantic: the form of every ``--json``, of stored snapshots and of the service.

Pydantic is loaded with the first record: a fact needs none.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Record = TypeVar("Record")


@cache
def _adapter(record_type: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(record_type)


def to_json(record: Any) -> Any:
    """Plain dictionaries, lists, strings and numbers; times in ISO 8601."""
    return _adapter(cast(Hashable, type(record))).dump_python(record, mode="json")


def from_json(record_type: type[Record], data: Any) -> Record:
    """The record that ``to_json`` was given. Raises ``pydantic.ValidationError``."""
    record: Record = _adapter(cast(Hashable, record_type)).validate_python(data)
    return record
