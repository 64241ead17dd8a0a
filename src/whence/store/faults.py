"""Foreign storage errors become ours here, so that every caller shows one sentence and keeps what was acknowledged."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from whence.errors import DiskFullError, StoreError

_FULL_WORDS = ("no space left on device", "disk is full", "disk full", "disk quota exceeded", "not enough space")
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
_LOCKED_WORDS = ("database is locked",)
_READ_ONLY_WORDS = ("readonly database", "unable to open database", "read-only file system")
_DAMAGE_WORDS = ("malformed", "not a database", "corrupt", "no such table", "no such column")
_LANCE_WORDS = ("lance error", "lanceerror", "lance::", "object at location", "was not found", "not found:")


def is_disk_full(error: BaseException) -> bool:
    """Whether the error, or one that caused it, says that there is no room left."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if any(words in str(seen).lower() for words in _FULL_WORDS):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


@contextmanager
def storage_faults(folder: Path | str) -> Iterator[None]:
    """Turns errors of SQLAlchemy, Lance and the file system into ``StoreError`` and its kinds."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, OSError, RuntimeError, ValueError) as error:
        if is_disk_full(error):
            raise DiskFullError(
                f"No room left on the disk that holds {folder}: free some space and run the same command again; "
                "what was stored before is kept."
            ) from error
        words = str(error).lower()
        if any(word in words for word in _LOCKED_WORDS):
            raise StoreError(f"The data folder {folder} is busy for too long: try again in a moment.") from error
        if any(word in words for word in _READ_ONLY_WORDS) or getattr(error, "errno", None) in _READ_ONLY:
            raise StoreError(
                f"The data folder {folder} cannot be written: make it writable, or choose another with --data."
            ) from error
        if any(word in words for word in _DAMAGE_WORDS):
            raise StoreError(
                f"The data in {folder} is damaged ({_first_line(error)}): restore a copy of it, or index again with "
                "another --data folder."
            ) from error
        if isinstance(error, OSError):
            raise StoreError(f"Cannot use the data folder {folder}: {error.strerror or _first_line(error)}.") from error
        if isinstance(error, SQLAlchemyError):
            raise StoreError(f"The database in {folder} refused: {_first_line(error)}.") from error
        if any(word in words for word in _LANCE_WORDS):
            raise StoreError(
                f"The index data in {folder} cannot be used ({_first_line(error)}): run `whence doctor --rebuild`."
            ) from error
        raise


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
