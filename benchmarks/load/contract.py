"""Whether the service keeps the contract of its own OpenAPI document, whatever is sent: Schemathesis against a process.

python -m benchmarks.load.contract DATA --examples 100

Prints what Schemathesis reports; ends with 1 where a reply broke the contract or was a 5xx. DATA is copied first, as
documents are put and deleted.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.load.run import free_port

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "unsupported_method,ignored_auth"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        data = Path(shutil.copytree(given.data, Path(place) / "data"))
        program = [sys.executable, "-c", "from whence.cli.main import main; main()"]
        words = [*program, "keys", "add", "contract", "--role", "admin", "--rate", "1000000", "--data", str(data)]
        key = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
        url = f"http://127.0.0.1:{(port := free_port())}"
        with Path(place, "log").open("wb") as log:
            words = [*program, "serve", "--require-keys", "--data", str(data), "--port", str(port)]
            service = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            _wait(url)
            schemathesis = str(Path(sys.executable).with_name("schemathesis"))
            words = [schemathesis, "run", f"{url}/openapi.json", "--checks", CHECKS]
            words += ["--header", f"Authorization: Bearer {key}", "--max-examples", str(given.examples)]
            words += ["--seed", str(given.seed), "--phases", "examples,coverage,fuzzing", "--request-timeout", "30"]
            words += ["--suppress-health-check", "too_slow"]  # a busy machine makes examples slowly, too
            code = subprocess.run(words, check=False, cwd=place).returncode
        finally:
            service.terminate()
            service.wait(60)
    sys.exit(code)


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the service was not ready within a minute")


if __name__ == "__main__":
    main()
