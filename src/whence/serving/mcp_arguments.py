"""What the tools of the MCP door take: one model each, from which clients learn names, bounds and meanings."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]

MAX_TOKENS = Field(2_000, ge=300, le=20_000, description="Budget of the reply; the rest is paged.")
CURSOR = Field("", max_length=200, description="next_cursor of the same call.")
AS_OF = Field("", max_length=200, description="Earlier state: tag, date or commit.")


class Arguments(BaseModel):
    """What every tool takes."""

    model_config = ConfigDict(extra="forbid")

    index: Words = Field("", description="See status; optional where there is one.")
    max_tokens: int = MAX_TOKENS
    cursor: str = CURSOR


class AskArguments(Arguments):
    """A question."""

    question: Text = Field(min_length=1, description="One question in plain words; name files and symbols exactly.")
    as_of: Words = AS_OF


class SearchArguments(Arguments):
    """What to find."""

    query: Text = Field(min_length=1, description="Words, names, an error message, or a question.")
    kinds: list[Literal["code", "doc", "data", "commit", "hunk"]] = Field(
        default_factory=list, description="Only these. hunk: parts of patches. Default: all."
    )
    paths: list[Words] = Field(default_factory=list, description="Globs over the whole path, such as src/*.")
    languages: list[Words] = Field(default_factory=list, description="python, markdown, ...")
    as_of: Words = AS_OF
    detail: Literal["snippet", "full"] = Field("snippet", description="snippet: a few lines; full: whole passages.")
    k: int = Field(10, ge=1, le=50, description="How many passages a page may have.")


class ReadArguments(Arguments):
    """Which lines."""

    path: Words = Field("", description="A file, as search shows its path.")
    commit: Words = Field("", description="Instead of a path: a commit (id, tag, HEAD), with message, files and patch.")
    start_line: int = Field(1, ge=1)
    end_line: int = Field(0, ge=0, description="0: to the end.")
    as_of: Words = AS_OF


class WhyArguments(Arguments):
    """What is to be explained."""

    target: Words = Field(
        min_length=1, description="FILE:LINE, FILE:FIRST-LAST, FILE, a symbol, FILE::SYMBOL, a commit, or #NUMBER."
    )
    as_of: Words = AS_OF


class HistoryArguments(Arguments):
    """Which commits."""

    path: Words = Field("", description="Only commits that changed this file (through renames) or folder.")
    text: Words = Field("", description="Only commits that changed how often this exact text occurs (git log -S).")
    author: Words = Field("", description="Name, part of one, or address.")
    since: Words = Field("", description="2020, 2020-01-31, '3 months ago'.")
    until: Words = Field("", description="The same.")
    as_of: Words = AS_OF
    n: int = Field(20, ge=1, le=200, description="How many commits a page may have.")


class WhoArguments(Arguments):
    """Whose work."""

    path: Words = Field("", description="Who knows and wrote this file or folder.")
    line: int = Field(0, ge=0, description="With path: who wrote this line last.")
    commit: Words = Field("", description="Who wrote, merged and reviewed this commit.")
    person: Words = Field("", description="What this person worked on.")
    as_of: Words = AS_OF


class ChangesArguments(Arguments):
    """Two states."""

    old: Words = Field(min_length=1, description="Tag, date or commit.")
    new: Words = Field("", description="Tag, date or commit. Default: the indexed state.")
    path: Words = Field("", description="Only this file or folder.")
    n: int = Field(30, ge=1, le=200, description="How many commits a page may have.")


class SymbolArguments(Arguments):
    """A name."""

    name: Words = Field(min_length=1, description="A name, or Class.method; letter case counts.")
    also: Literal["", "uses", "subclasses"] = Field("", description="List its call sites, or the types that extend it.")
    as_of: Words = AS_OF


class StatusArguments(Arguments):
    """Nothing but the index."""


class SyncArguments(Arguments):
    """Which index."""

    until: Literal["text", "vectors"] = Field(
        "vectors", description="text: return when words can be searched, seconds; vectors: when all is done, minutes."
    )


def schema_of(model: type[Arguments]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments, without what tells a model nothing: every word is paid for."""
    schema = model.model_json_schema()
    schema.pop("description", None)
    schema.pop("title", None)
    for part in schema.get("properties", {}).values():
        for word in ("title", "maxLength", *(("default",) if part.get("default") in ("", []) else ())):
            part.pop(word, None)
        if isinstance(part.get("items"), dict):
            part["items"].pop("maxLength", None)
    return schema
