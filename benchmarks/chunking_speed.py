"""How many megabytes of Python source the code chunker cuts in a second, on one core.

    python benchmarks/chunking_speed.py DIRECTORY [SUFFIX LANGUAGE]

Files are read first; only the cutting is timed, three times over, in processor seconds; the best run counts.
"""

import sys
import time
from pathlib import Path

from whence.chunking.code import CodeChunker
from whence.types import Document


def main() -> None:
    if len(sys.argv) not in {2, 4}:
        sys.exit("usage: chunking_speed.py DIRECTORY [SUFFIX LANGUAGE]")
    root = Path(sys.argv[1])
    suffix, language = sys.argv[2:] if len(sys.argv) == 4 else (".py", "python")
    documents = [
        Document(
            id=str(path),
            source_id="speed",
            revision="",
            kind="code",
            path=str(path),
            text=path.read_text(encoding="utf-8", errors="replace"),
            digest="",
            language=language,
        )
        for path in sorted(root.rglob(f"*{suffix}"))
    ]
    if not documents:
        sys.exit(f"no files ending in {suffix} under {root}")
    n_bytes = sum(len(document.text.encode()) for document in documents)
    chunker = CodeChunker()
    seconds, n_chunks = [], 0
    for _ in range(3):
        begin = time.process_time()
        n_chunks = sum(len(chunker.split(document)) for document in documents)
        seconds.append(time.process_time() - begin)
    best = min(seconds)
    rate = n_bytes / 1e6 / best
    size = f"{len(documents)} files, {n_bytes / 1e6:.1f} MB, {n_chunks} chunks"
    print(f"{size}: {best:.2f} s of processor time, {rate:.1f} MB/s")


if __name__ == "__main__":
    main()
