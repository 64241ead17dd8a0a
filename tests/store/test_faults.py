import errno

import pytest
from sqlalchemy.exc import OperationalError

from whence.errors import DiskFullError, StoreError
from whence.store.faults import is_disk_full, storage_faults


def raised(error: Exception) -> StoreError:
    with pytest.raises(StoreError) as caught, storage_faults("/data"):
        raise error
    assert caught.value.__cause__ is error
    assert "\n" not in str(caught.value)
    assert "/data" in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OperationalError("INSERT", {}, Exception("database or disk is full")),
        RuntimeError("lance error: LanceError(IO): No space left on device (os error 28), /x/y.rs:1"),
    ],
)
def test_no_room(error: Exception) -> None:
    assert isinstance(raised(error), DiskFullError)


def test_no_room_as_the_cause_of_something_else() -> None:
    error = ValueError("could not write")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert is_disk_full(error)
    assert not is_disk_full(ValueError("could not write"))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OperationalError("x", {}, Exception("database is locked")), "busy for too long"),
        (OperationalError("x", {}, Exception("attempt to write a readonly database")), "make it writable"),
        (OSError(errno.EROFS, "Read-only file system"), "make it writable"),
        (PermissionError(errno.EACCES, "Permission denied"), "make it writable"),
        (OperationalError("x", {}, Exception("database disk image is malformed")), "is damaged"),
        (OperationalError("x", {}, Exception("something else\nmore")), "refused"),
        (RuntimeError("lance error: Not found: x/data/y.lance, /rust/z.rs"), "whence doctor --rebuild"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
    ],
)
def test_what_it_is_and_what_to_do(error: Exception, sentence: str) -> None:
    assert sentence in str(raised(error))


def test_mistakes_of_the_program_stay_what_they_are() -> None:
    with pytest.raises(ValueError, match="mistake"), storage_faults("/data"):
        raise ValueError("a mistake")
