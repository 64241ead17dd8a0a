"""Settings: one TOML file and a few environment variables, read into the options that each stage declares.

Order, later wins: the defaults of the dataclasses, ``whence.toml`` (named by WHENCE_CONFIG, else in the working
folder, else in the data folder), the environment, the caller's arguments.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from whence.answer.options import GenerationOptions, ReadingOptions
from whence.chunking.options import ChunkingOptions
from whence.embedding.options import EmbeddingOptions
from whence.errors import UsageError
from whence.pipelines.options import AskingOptions, AsOfOptions, IndexingOptions
from whence.reading.options import PassageReadingOptions
from whence.retrieval.analyzer import AnalyzerOptions
from whence.retrieval.options import RetrievalOptions
from whence.serving.options import ServingOptions
from whence.sources.options import HistoryOptions, SourceOptions

Options = TypeVar("Options")
FILE_NAME = "whence.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """``sql_url`` puts the ledger into another database than the data folder's SQLite file."""

    sql_url: str = field(default="", repr=False)  # it may hold a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All options of all stages. ``data`` is the data folder; each other field is a table of the TOML file."""

    data: Path
    store: StoreOptions = field(default_factory=StoreOptions)
    sources: SourceOptions = field(default_factory=SourceOptions)
    history: HistoryOptions = field(default_factory=HistoryOptions)
    chunking: ChunkingOptions = field(default_factory=ChunkingOptions)
    embedding: EmbeddingOptions = field(default_factory=EmbeddingOptions)
    analyzer: AnalyzerOptions = field(default_factory=AnalyzerOptions)
    retrieval: RetrievalOptions = field(default_factory=RetrievalOptions)
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    reader: PassageReadingOptions = field(default_factory=PassageReadingOptions)
    indexing: IndexingOptions = field(default_factory=IndexingOptions)
    generation: GenerationOptions = field(default_factory=GenerationOptions)
    asking: AskingOptions = field(default_factory=AskingOptions)
    as_of: AsOfOptions = field(default_factory=AsOfOptions)
    serving: ServingOptions = field(default_factory=ServingOptions)


def data_folder(data: str | Path | None = None) -> Path:
    """The data folder: the argument, else WHENCE_DATA, else the user's own data folder."""
    chosen = data or os.environ.get("WHENCE_DATA")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("whence", appauthor=False)


def load_settings(data: str | Path | None = None, config: str | Path | None = None) -> Settings:
    """The settings in force. Raises ``UsageError`` naming the file and the entry that is wrong."""
    folder = data_folder(data)
    path = _config_path(folder, config)
    settings = Settings(data=folder)
    if path is None:
        return settings
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"The settings file {path} cannot be read: {reason}.") from error
    known = [item.name for item in fields(Settings) if item.name != "data"]
    filled: dict[str, Any] = {}
    for name, table in tables.items():
        if name not in known or not isinstance(table, dict):
            raise UsageError(f"{path}: there is no table [{name}]; choose from {', '.join(known)}.")
        filled[name] = fill(getattr(settings, name), table, f"{path}, [{name}]")
    return replace(settings, **filled)


def fill(options: Options, table: Mapping[str, Any], place: str) -> Options:
    """The options with the entries of a table in place of their own; a table within it fills the options it names.

    ``place`` says where the table stands, as in "whence.toml, [indexing]". Raises ``UsageError``.
    """
    hints = get_type_hints(type(options))
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in hints:
            raise UsageError(f"{place}: there is no entry {name!r}; choose from {', '.join(hints)}.")
        present = getattr(options, name)
        if is_dataclass(present) and isinstance(value, dict):
            values[name] = fill(present, value, f"{place.removesuffix(']')}.{name}]")
        else:
            values[name] = _fitting(hints[name], value, f"{place}: {name}")
    return replace(options, **values)  # type: ignore[type-var]


def _fitting(hint: Any, value: Any, place: str) -> Any:
    """The value as the type wants it: lists become tuples, but no number is read from a text or a truth value."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(hint).validate_json(json.dumps(value), strict=True)
    except (ValidationError, TypeError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "not a value that settings have"
        raise UsageError(f"{place} = {value!r} does not fit: {reason}.") from error


def _config_path(folder: Path, config: str | Path | None) -> Path | None:
    named = config or os.environ.get("WHENCE_CONFIG")
    if named:
        return Path(named).expanduser()
    return next((path for path in (Path(FILE_NAME), folder / FILE_NAME) if _is_file(path)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # below a folder that may not be entered: what uses the data folder says so
        return False
