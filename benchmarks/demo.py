"""The product in a few minutes: indexes this clone and the source release of requests, and asks both real questions.

Every step is the command a user would type, printed before it runs. Nothing outside the folder .demo is written. An
honest "not found" is no failure: one question is asked to see it.
"""

import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / ".demo"
RELEASE = "requests==2.32.5"

ABOUT_REQUESTS = (
    "How does requests choose the encoding of a response?",
    "how does Session.request use prepare_request and send?",
    "what is the default value of max_redirects?",
    "which tests cover digest authentication?",
    "how does requests talk to Kafka?",
)
ABOUT_WHENCE = (
    "where is the redaction of secrets done?",
    "Who may write to the data folder, and how is that enforced?",
    "list all exceptions",
)
FROM_THE_HISTORY = (
    ("ask", "which commit introduced write_lock?"),
    ("ask", "why are full-text indexes built anew after a change?"),
    ("why", "asks_for_tests"),
)
ONCE = "where is Chunk defined?"
"""Asked of today and of the middle of the history."""
ANSWERED, NOT_FOUND = 0, 3
"""Exit codes of a question that went well."""


def main() -> int:
    """Exit code 0 when every command did what it should."""
    began = time.perf_counter()
    data = DEMO / "data"
    shutil.rmtree(data, ignore_errors=True)
    DEMO.mkdir(exist_ok=True)
    failed = False
    release = fetch_release()
    if release is None:
        print("(The package index is not reachable: the demo goes on with this project alone.)\n")
    else:
        failed |= whence(data, "index", str(release), "--name", "requests") != ANSWERED
        failed |= asks(data, "requests", [("ask", question) for question in ABOUT_REQUESTS])
    if (ROOT / ".git").exists():
        failed |= whence(data, "index", str(ROOT), "--name", "whence") != ANSWERED
        failed |= asks(data, "whence", [*(("ask", question) for question in ABOUT_WHENCE), *FROM_THE_HISTORY])
        failed |= then_and_now(data)
    failed |= whence(data, "status") != ANSWERED
    print(f"Done in {time.perf_counter() - began:.0f} s. Ask your own:  .venv/bin/whence ask --data .demo/data")
    return 1 if failed else 0


def asks(data: Path, name: str, asked: Sequence[tuple[str, str]]) -> bool:
    """Asks an index, and opens the first citation of its first answer that has one; whether something failed."""
    failed = opened = False
    for command, what in asked:
        code = whence(data, command, what, "--in", name)
        failed |= code not in (ANSWERED, NOT_FOUND)
        if code == ANSWERED and not opened:
            opened = True
            failed |= whence(data, "open", "1") != ANSWERED
    return failed


def then_and_now(data: Path) -> bool:
    """One question of today and of the middle of the history, where there is one; whether something failed."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "rev-list", "--first-parent", "HEAD"], capture_output=True, text=True, check=False
    )
    commits = listed.stdout.split()
    failed = whence(data, "ask", ONCE, "--in", "whence") not in (ANSWERED, NOT_FOUND)
    if len(commits) > 1:
        asked = ("ask", ONCE, "--in", "whence", "--as-of", commits[len(commits) // 2][:10])
        failed |= whence(data, *asked) not in (ANSWERED, NOT_FOUND)
    return failed


def fetch_release() -> Path | None:
    """The unpacked source release, fetched once; None without a network."""
    unpacked = DEMO / RELEASE.replace("==", "-")
    if unpacked.is_dir():
        return unpacked
    print(f"$ pip download {RELEASE}   (its source release, to have something well known to ask about)")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download", "--no-deps"]
    fetched = subprocess.run(
        [*command, "--no-binary", ":all:", "--dest", str(DEMO), RELEASE], capture_output=True, text=True, check=False
    )
    archive = next(iter(DEMO.glob("requests-*.tar.gz")), None)
    if fetched.returncode != 0 or archive is None:
        return None
    with tarfile.open(archive) as files:
        # Python 3.11.0 to 3.11.3 know no filters; later ones warn where none is given.
        files.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        files.extractall(DEMO)
    return unpacked if unpacked.is_dir() else None


def whence(data: Path, *arguments: str) -> int:
    """Runs one command as a user would, and gives its exit code."""
    shown = " ".join(f'"{argument}"' if " " in argument else argument for argument in arguments)
    print(f"$ whence {shown}", flush=True)
    program = Path(sys.executable).with_name("whence")
    ended = subprocess.run([str(program), *arguments, "--data", str(data)], check=False)
    print(flush=True)
    return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
