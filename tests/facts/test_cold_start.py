"""What a new process loads for a fact: nothing that only searching and writing need."""

import subprocess
import sys
from pathlib import Path

from tests.history.repository import harbour

from whence import Whence

ASKED = """
import sys
from whence.cli.main import main
try:
    main(["ask", "how many commits are there?", "--data", sys.argv[1]])
except SystemExit as done:
    assert not done.code, done.code
heavy = {"numpy", "pyarrow", "lancedb", "onnxruntime", "tokenizers", "tree_sitter", "pydantic", "filelock"}
print(*sorted(heavy & set(sys.modules)))
"""


def test_a_fact_needs_no_heavy_library(tmp_path: Path) -> None:
    with Whence(tmp_path / "data") as whence:
        whence.index(harbour(tmp_path / "harbour").path, until="text")
    command = [sys.executable, "-c", ASKED, str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    *answer, loaded = done.stdout.splitlines()
    assert "git rev-list --count" in "\n".join(answer)
    assert loaded == ""
