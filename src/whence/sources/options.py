"""What a user can set about reading a source."""

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """Limits and permissions of every source.

    ``revision`` is a branch, tag or commit ("" means the HEAD of the location; documents have none). The byte limits
    are on the stored file, before decoding; that of PDF is also that of Word files. ``allow_private_addresses`` lets
    URLs lead to loopback, link-local and private networks. ``timeout_s`` bounds one git command that talks to a remote.
    """

    revision: str = ""
    max_text_bytes: int = 2 * MEGABYTE
    max_pdf_bytes: int = 50 * MEGABYTE
    allow_private_addresses: bool = False
    timeout_s: float = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOptions:
    """What of a history is made searchable.

    Without ``commits`` nothing, without ``hunks`` messages and lists of files only. Of a commit that changes more than
    ``max_patch_lines`` lines the hunks are left out and counted.
    """

    commits: bool = True
    hunks: bool = True
    max_patch_lines: int = 5_000
