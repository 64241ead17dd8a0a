"""Every error that whence raises on purpose.

    WhenceError                 something the user can read and act on, exit code 1
    |-- UsageError              the request itself is wrong, exit code 2
    |   |-- QuestionError       an empty, oversized or unreadable question
    |   |-- AsOfError           no such state in the indexed history
    |   `-- UnknownIndexError   no such index, or several and none chosen
    |-- SourceError             a source cannot be read
    |   |-- NotARepositoryError, RevisionError, UnreadableError (corrupt, truncated)
    |   |   `-- PartialCloneError   contents of files that a clone has left out
    |   |-- HistoryNotLoadedError   commits are still being read
    |   `-- RefusedError        outside the root, another scheme, a private address
    |-- StoreError              the data folder cannot be read or written
    |   |-- VersionError        written by another whence, or with another model
    |   |-- DiskFullError       no room; what was acknowledged is kept
    |   `-- BusyError           another process is writing
    |-- JudgeError          a judging model cannot be reached, or gives no verdict
    |-- GenerationError      a generating model cannot be reached, stalls, or speaks another protocol
    |   `-- TruncatedError        it stopped before its end
    |-- MissingExtraError       an optional library is absent; names the extra
    `-- ModelError              model files absent, damaged or not what their card says

The text of an error is one sentence for the user: what, which, what to do. Foreign exceptions become
one of these at the seam where they appear (``raise ... from``). Abstaining is a value, not an error.
"""


class WhenceError(Exception):
    """Something the user can read and act on."""

    exit_code = 1


class UsageError(WhenceError):
    """The request itself is wrong."""

    exit_code = 2


class QuestionError(UsageError):
    """An empty, oversized or unreadable question."""


class AsOfError(UsageError):
    """The indexed history has no such tag, commit or date, or more than one that may be meant."""


class UnknownIndexError(UsageError):
    """No such index, or several and none chosen."""


class SourceError(WhenceError):
    """A source cannot be read."""


class NotARepositoryError(SourceError):
    """The path or URL holds no git repository and no document."""


class RevisionError(SourceError):
    """The repository has no such revision."""


class UnreadableError(SourceError):
    """The data is corrupt, truncated or in a form that cannot be decoded."""


class PartialCloneError(UnreadableError):
    """The clone was made without the contents of files (``git clone --filter``), and these are wanted."""


class HistoryNotLoadedError(SourceError):
    """What was asked needs the whole history, which is not loaded up to the indexed revision."""


class RefusedError(SourceError):
    """Reading it is not allowed: outside the root, another scheme, a private address."""


class StoreError(WhenceError):
    """The data folder cannot be read or written."""


class VersionError(StoreError):
    """The data folder was written by another version of whence, or with another model."""


class DiskFullError(StoreError):
    """No room on the disk; what was acknowledged before is kept."""


class BusyError(StoreError):
    """Another process is writing to the data folder."""


class JudgeError(WhenceError):
    """A judging model cannot be reached in time, refuses, or answers with something that is no verdict."""


class GenerationError(WhenceError):
    """A generating model cannot be reached in time, refuses, or does not speak the protocol."""


class TruncatedError(GenerationError):
    """A generated text stops before its end; what came before is there."""


class MissingExtraError(WhenceError):
    """An optional library is absent; the message names the extra that brings it."""


class ModelError(WhenceError):
    """Model files are absent, damaged, or not what their card says."""
