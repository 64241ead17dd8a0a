"""Replies as bytes, made in the working threads so that the event loop never writes JSON."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, TypeAdapter
from pydantic_core import PydanticSerializationError
from starlette.responses import Response

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def to_bytes(record: "BaseModel | DataclassInstance") -> bytes:
    """The record as JSON; halves of characters, which file names and odd decoders bring, are escaped."""
    adapter = _adapter(type(record))
    try:
        return adapter.dump_json(record)
    except (PydanticSerializationError, UnicodeEncodeError):
        return json.dumps(adapter.dump_python(record, mode="json")).encode()


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def json_reply(body: bytes, status: int = 200) -> Response:
    """A reply of JSON that is written already."""
    return Response(body, status, media_type="application/json")


def event(name: str, data: bytes) -> bytes:
    """One server-sent event; JSON has no line ends, so nothing within it can end the event."""
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
