"""Replies as bytes, made in the working threads so that the event loop never writes JSON."""

import json

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError
from starlette.responses import Response


def to_bytes(record: BaseModel) -> bytes:
    """The record as JSON; halves of characters, which file names and odd decoders bring, are escaped."""
    try:
        return record.model_dump_json().encode()
    except (PydanticSerializationError, UnicodeEncodeError):
        return json.dumps(record.model_dump(mode="json")).encode()


def json_reply(body: bytes, status: int = 200) -> Response:
    """A reply of JSON that is written already."""
    return Response(body, status, media_type="application/json")


def event(name: str, data: bytes) -> bytes:
    """One server-sent event; JSON has no line ends, so nothing within it can end the event."""
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"
