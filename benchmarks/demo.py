"""The product in a few minutes: indexes this clone and the source release of requests, and asks both real questions.

Every step is the command a user would type, printed before it runs. Nothing outside the folder .demo is written.
"""

import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / ".demo"
RELEASE = "requests==2.32.5"

ABOUT_REQUESTS = (
    "why is the Authorization header removed on some redirects?",
    "where is the default User-Agent header made?",
    "How does requests choose the encoding of a response?",
    "how does requests talk to Kafka?",
)
ABOUT_WHENCE = (
    "which commit introduced write_lock?",
    "why are full-text indexes built anew after a change?",
    "Who may write to the data folder, and how is that enforced?",
    "where is the redaction of secrets done?",
)


def main() -> int:
    """Exit code 0 when every command did what it should."""
    began = time.perf_counter()
    data = DEMO / "data"
    shutil.rmtree(data, ignore_errors=True)
    DEMO.mkdir(exist_ok=True)
    failed = 0
    release = fetch_release()
    if release is None:
        print("(The package index is not reachable: the demo goes on with this project alone.)\n")
    else:
        failed += whence(data, "index", str(release), "--name", "requests")
        for question in ABOUT_REQUESTS:
            failed += whence(data, "ask", question, "--in", "requests")
    if (ROOT / ".git").exists():
        failed += whence(data, "index", str(ROOT), "--name", "whence")
        for question in ABOUT_WHENCE:
            failed += whence(data, "ask", question, "--in", "whence")
        failed += whence(data, "open", "1")
    failed += whence(data, "status")
    print(f"Done in {time.perf_counter() - began:.0f} s. Ask your own:  .venv/bin/whence ask --data .demo/data")
    return 1 if failed else 0


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
    """Runs one command as a user would; 0 when it ended well (an honest "not found" is well)."""
    shown = " ".join(f'"{argument}"' if " " in argument else argument for argument in arguments)
    print(f"$ whence {shown}", flush=True)
    program = Path(sys.executable).with_name("whence")
    ended = subprocess.run([str(program), *arguments, "--data", str(data)], check=False)
    print(flush=True)
    return 0 if ended.returncode in (0, 3) else 1


if __name__ == "__main__":
    sys.exit(main())
