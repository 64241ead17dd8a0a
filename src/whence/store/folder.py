"""The data folder: what lies where, and the lock that makes one process at a time the writer.

Readers never lock. The lock is the operating system's, so a killed writer leaves no stale lock behind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from whence.errors import BusyError, StoreError

FORMAT = 2
"""Number of the layout of everything in the folder; a reader of another number refuses with a sentence."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths inside one data folder. ``sql_url`` overrides where the ledger lives (PostgreSQL)."""

    root: Path
    sql_url: str = field(default="", repr=False)

    @property
    def ledger_id(self) -> Path:
        """Says which ledger this folder belongs to, where that lies elsewhere."""
        return self.root / "ledger.id"

    @property
    def history(self) -> Path:
        """Questions typed at the prompt."""
        return self.root / "history"

    @property
    def lance(self) -> Path:
        """Folder of the Lance tables."""
        return self.root / "lance"

    @property
    def mirrors(self) -> Path:
        """Folder of the bare git mirrors."""
        return self.root / "mirrors"

    @property
    def models(self) -> Path:
        """Folder of models made here of published ones, and of records how models run best on this machine."""
        return self.root / "models"

    @property
    def last_answer(self) -> Path:
        """The newest answer, kept so that its citations can be opened."""
        return self.root / "last-answer.json"

    def exists(self) -> bool:
        """Whether anything was ever stored here. Raises ``StoreError`` where that may not be looked at."""
        try:
            return bool(self.sql_url) or (self.root / "whence.db").exists()
        except OSError as error:
            raise StoreError(
                f"The data folder {self.root} cannot be read: {error.strerror}. Choose another with --data."
            ) from error

    def create(self) -> None:
        """Makes the folders, readable by the owner alone. Raises ``StoreError``."""
        try:
            for folder in (self.root, self.lance, self.mirrors):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(
                f"Cannot make the data folder {self.root}: {error.strerror}. Choose another with --data."
            ) from error

    def is_locked(self) -> bool:
        """Whether some process is writing at this moment."""
        try:
            with self.write_lock(wait_s=0):
                return False
        except BusyError:
            return True

    @contextmanager
    def write_lock(self, wait_s: float) -> Iterator[None]:
        """Holds the one writer's lock. Raises ``BusyError`` when another process keeps it longer than ``wait_s``."""
        from filelock import FileLock, Timeout  # brings asyncio, and readers never lock

        lock = FileLock(self.root / "write.lock", timeout=wait_s)
        try:
            lock.acquire()
        except Timeout as error:
            raise BusyError(
                f"Another process is writing to {self.root}: wait for it, or use another --data."
            ) from error
        except OSError as error:
            raise StoreError(f"Cannot lock the data folder {self.root}: {error.strerror}.") from error
        try:
            yield
        finally:
            lock.release()
