"""A bare copy of a repository that belongs to whence, kept up to date from a folder or an address.

Objects are never pruned from it, so every revision that was ever cited stays readable. It reads the user's
repository only; it never writes there.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from whence.errors import NotARepositoryError, RevisionError, SourceError, UnreadableError
from whence.sources.addresses import Remote, check_host
from whence.sources.git_process import LOCAL, NETWORK, GitResult, run_git
from whence.sources.options import SourceOptions

_REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_PRESENT = "refs/whence/head"
_DAMAGED = "whence-damaged"
_BORROWED = "whence-borrowed"
_COMPLETED = "whence-completed"

UNFINISHED = ".clone-"
"""How the names of copies begin that are still being made, or whose process died over it."""


def mark_damaged(folder: Path) -> None:
    """Has the copy in this folder made anew at the next update; nothing happens where there is none, or no right to."""
    if (folder / "HEAD").is_file():
        with suppress(OSError):
            (folder / _DAMAGED).touch()


def lock_file(folder: Path) -> Path:
    """The lock beside a mirror, held while it is updated."""
    return folder.with_name(f"{folder.name}.lock")


def is_borrowed(folder: Path) -> bool:
    """Whether a mirror has no objects of its own, but reads those of a partial clone."""
    return (folder / _BORROWED).exists()


def completed_file(folder: Path) -> Path:
    """There where a mirror with objects of its own took the place of one that read those of a partial clone."""
    return folder / _COMPLETED


@dataclass(frozen=True, slots=True)
class Checkout:
    """A repository on this machine: where it is, what it is, and where its remote is.

    ``git_folder`` is the common one of all worktrees; ``worktree`` is None for bare ones.
    """

    location: Path
    git_folder: Path
    worktree: Path | None
    origin: str
    is_partial: bool


@dataclass(frozen=True, slots=True)
class Head:
    """A commit and the branch it was found on; both "" in a repository without commits."""

    revision: str
    branch: str


def find_checkout(location: Path) -> Checkout:
    """The repository that a folder is in. Raises ``NotARepositoryError``, ``UnreadableError``."""
    folder = location if location.is_dir() else location.parent
    if not folder.is_dir():
        raise NotARepositoryError(f"{location} does not exist; name a repository, a folder of documents or an address.")
    result = run_git(folder, "rev-parse", "--path-format=absolute", "--git-common-dir", "--is-bare-repository")
    if result.status != 0:
        if "dubious ownership" in result.complaint:
            raise UnreadableError(
                f"{location} belongs to another user and git does not trust it; "
                f"run `git config --global --add safe.directory {folder.resolve()}` to trust it."
            )
        if "not a git repository" in result.complaint:
            raise NotARepositoryError(f"{location} is not in a git repository; name one, or a folder of documents.")
        raise UnreadableError(f"The repository at {location} cannot be read ({result.complaint}); run git fsck there.")
    git_folder, bare = result.output.rstrip(b"\n").rsplit(b"\n", 1)
    worktree = None
    if bare == b"false":
        top = run_git(folder, "rev-parse", "--path-format=absolute", "--show-toplevel")
        worktree = Path(os.fsdecode(top.output.rstrip(b"\n"))) if top.status == 0 and top.output.strip() else None
    origin = run_git(folder, "config", "--get", "remote.origin.url").text
    promisor = run_git(folder, "config", "--get-regexp", r"^(remote\..*\.promisor|extensions\.partialclone)$")
    return Checkout(
        location=worktree or folder,
        git_folder=Path(os.fsdecode(git_folder)),
        worktree=worktree,
        origin=origin,
        is_partial=bool(promisor.text),
    )


def count_uncommitted(checkout: Checkout) -> int:
    """Changed and untracked files of the working tree; 0 for bare repositories and where git cannot tell."""
    if checkout.worktree is None:
        return 0
    filters = run_git(checkout.worktree, "config", "--local", "--name-only", "--get-regexp", r"^filter\.")
    unfiltered = dict.fromkeys(filters.text.split("\n"), "") if filters.text else {}
    settings = {name: "false" if name.lower().endswith(".required") else "" for name in unfiltered}
    result = run_git(checkout.worktree, "status", "--porcelain", "-z", "--ignore-submodules=all", settings=settings)
    if result.status != 0:
        return 0
    count, fields = 0, iter(result.output.split(b"\0"))
    for field in fields:
        if field:
            count += 1
            if field[:1] in b"RC":
                next(fields, None)
    return count


class Mirror:
    """The bare copy at ``folder``, made at the first update. ``place`` names the original in messages."""

    def __init__(self, folder: Path, place: str, options: SourceOptions) -> None:
        self.folder = folder
        self._place = place
        self._options = options

    def exists(self) -> bool:
        """Whether an update has completed before."""
        return (self.folder / "HEAD").is_file()

    def update_from_checkout(self, checkout: Checkout) -> Head:
        """Bring in all branches and tags of a local repository; returns the commit asked for."""
        head = self._head_of(checkout)
        with self._locked():
            self._discard_damaged()
            if checkout.is_partial:
                if not (head.revision and self._is_whole() and self._holds(head.revision)):
                    self._share(checkout)
                    self._name_alike(checkout)
            elif not self._is_whole():
                self._clone(checkout)
            if head.revision and not checkout.is_partial and not self._in_step(checkout, head):
                self._fetch(str(checkout.location), (head.revision,), LOCAL, {})
            if head.revision and not self._holds(head.revision):
                lack = "a partial clone without trees" if checkout.is_partial else "did not arrive"
                raise self._damaged(f"commit {head.revision[:12]}: {lack}")
        return head

    def update_from_remote(self, remote: Remote) -> Head:
        """Bring in all branches and tags from an address; returns the commit asked for.

        Raises ``RefusedError`` for private addresses, ``UnreadableError`` where the remote cannot be reached.
        """
        pinned = check_host(remote, allow_private=self._options.allow_private_addresses)
        settings: dict[str, str] = {}
        if remote.secret_address:
            settings[f"url.{remote.secret_address}.insteadOf"] = remote.address
        if pinned and remote.scheme in {"http", "https"}:
            settings["http.curloptResolve"] = f"{remote.host}:{remote.port}:{pinned}"
        protocols = LOCAL if remote.scheme == "file" else NETWORK
        with self._locked():
            self._discard_damaged()
            fresh = not self.exists()
            if fresh:
                self._create()
            try:
                return self._update(remote, protocols, settings)
            except SourceError:
                if fresh:
                    shutil.rmtree(self.folder, ignore_errors=True)
                raise

    def _update(self, remote: Remote, protocols: str, settings: dict[str, str]) -> Head:
        listing = run_git(
            self.folder,
            "ls-remote",
            "--symref",
            "--end-of-options",
            remote.address,
            "HEAD",
            protocols=protocols,
            settings=settings,
            timeout_s=self._options.timeout_s,
        )
        self._check(listing)
        branch, revision = "", ""
        for line in listing.text.split("\n"):
            value, _, name = line.partition("\t")
            if value.startswith("ref: "):
                branch = value.removeprefix("ref: ").removeprefix("refs/heads/")
            elif name == "HEAD":
                revision = value
        extra = (f"+HEAD:{_PRESENT}",) if revision else ()
        self._fetch(remote.address, extra, protocols, settings)
        if self._options.revision:
            return self.resolve(self._options.revision)
        return Head(revision, branch)

    def resolve(self, revision: str) -> Head:
        """A revision given by the user, as the mirror knows it. Raises ``RevisionError``."""
        return _resolve(self.folder, revision, self._place)

    def damaged(self, what: str) -> UnreadableError:
        """The error for damage found while reading; the mirror is made anew at the next update."""
        mark_damaged(self.folder)
        return self._damaged(what)

    def _damaged(self, what: str) -> UnreadableError:
        return UnreadableError(
            f"The repository {self._place} is damaged or incomplete ({what}); "
            "run git fsck --full in it, repair it or clone it again, then index it again."
        )

    def _head_of(self, checkout: Checkout) -> Head:
        if self._options.revision:
            return _resolve(checkout.location, self._options.revision, self._place)
        branch = run_git(checkout.location, "symbolic-ref", "--quiet", "--short", "HEAD").text
        result = run_git(checkout.location, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        if result.status == 0:
            return Head(result.text, branch)
        loose = run_git(checkout.location, "rev-parse", "--verify", "--quiet", "HEAD")
        if loose.status == 0 and loose.text:
            raise self._damaged(f"commit {loose.text[:12]} cannot be read")
        return Head("", branch)

    def _in_step(self, checkout: Checkout, head: Head) -> bool:
        """Whether all branches and tags already agree, which spares a fetch."""
        arguments = ("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/tags")
        theirs, ours = run_git(checkout.location, *arguments), run_git(self.folder, *arguments)
        return theirs.status == 0 and theirs.output == ours.output and self._holds(head.revision)

    def _holds(self, revision: str) -> bool:
        return run_git(self.folder, "cat-file", "-e", f"{revision}^{{tree}}").status == 0

    def _is_whole(self) -> bool:
        """Whether the mirror has its own objects; one that borrows a partial clone's cannot fetch the rest."""
        return self.exists() and not is_borrowed(self.folder)

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._check(run_git(self.folder, "init", "--quiet", "--bare", "--template=", "."))

    def _clone(self, checkout: Checkout) -> None:
        """Copy a local repository, by hard links where the file system allows; complete or not at all."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder.parent, prefix=UNFINISHED) as workspace:
            target = Path(workspace, "mirror")
            result = run_git(
                Path(workspace),
                *("clone", "--quiet", "--bare", "--no-tags", "--template=", "--"),
                str(checkout.git_folder),
                str(target),
                protocols=LOCAL,
                timeout_s=self._options.timeout_s,
            )
            self._check(result)
            run_git(target, "config", "--remove-section", "remote.origin")
            if is_borrowed(self.folder):
                completed_file(target).touch()
            shutil.rmtree(self.folder, ignore_errors=True)
            target.rename(self.folder)

    def _share(self, checkout: Checkout) -> None:
        """Read a partial clone's objects where they are: fetching from it would ask its own remote for the rest."""
        if not self.exists():
            self._create()
        objects = os.fsencode(checkout.git_folder / "objects")
        alternates = self.folder / "objects" / "info" / "alternates"
        alternates.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / _BORROWED).touch()
        alternates.write_bytes(objects + b"\n")
        shallow = checkout.git_folder / "shallow"
        if shallow.is_file():
            shutil.copyfile(shallow, self.folder / "shallow")

    def _name_alike(self, checkout: Checkout) -> None:
        """Gives the mirror the branches and tags of a partial clone whose objects it reads."""
        arguments = ("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags")
        theirs, ours = (
            dict(line.split(" ") for line in run_git(place, *arguments).text.split("\n") if line)
            for place in (checkout.git_folder, self.folder)
        )
        orders = [f"delete {name}\n" for name in ours if name not in theirs]
        orders += [f"update {name} {sha}\n" for name, sha in theirs.items() if ours.get(name) != sha]
        if orders:
            self._check(run_git(self.folder, "update-ref", "--stdin", given="".join(orders).encode()))

    def _fetch(self, address: str, extra: tuple[str, ...], protocols: str, settings: dict[str, str]) -> None:
        result = run_git(
            self.folder,
            *("fetch", "--quiet", "--prune", "--no-tags", "--update-shallow", "--no-write-fetch-head"),
            *("--no-auto-maintenance", "--end-of-options", address, *_REFS, *extra),
            protocols=protocols,
            settings=settings,
            timeout_s=self._options.timeout_s,
        )
        self._check(result)

    def _check(self, result: GitResult) -> None:
        if result.status != 0:
            raise UnreadableError(
                f"Git could not read {self._place}: {result.complaint or 'no reason given'}; "
                "check that the place, your access to it and its state (git fsck) are in order."
            )

    def _discard_damaged(self) -> None:
        if (self.folder / _DAMAGED).exists():
            shutil.rmtree(self.folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        self.folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(lock_file(self.folder), timeout=self._options.timeout_s):
                yield
        except Timeout as error:
            message = f"Another process is still updating the copy of {self._place}; wait for it or end it."
            raise UnreadableError(message) from error


def _resolve(folder: Path, revision: str, place: str) -> Head:
    if revision.startswith("-") or any(ord(character) < 32 for character in revision):
        raise RevisionError(f"{revision!r} cannot be a revision of {place}; name a branch, a tag or a commit.")
    commit = f"{revision}^{{commit}}"
    result = run_git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", commit)
    if result.status != 0 or not result.text:
        raise RevisionError(f"{place} has no revision {revision}; name a branch, a tag or a commit that it has.")
    named = run_git(folder, "rev-parse", "--abbrev-ref", "--end-of-options", revision)
    full = run_git(folder, "rev-parse", "--symbolic-full-name", "--end-of-options", revision).text.split("\n")[-1]
    branch = named.text.split("\n")[-1] if full.startswith("refs/heads/") else ""
    return Head(result.text.split("\n")[-1], branch)
