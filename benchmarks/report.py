"""What every benchmark says of itself: on which machine it ran, with which versions, and its results as a table."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"

LIBRARIES = ("numpy", "lancedb", "onnxruntime", "tokenizers", "bm25s", "tantivy", "PyStemmer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where and when a figure was measured. ``commit`` is the project's, with "+" after it for uncommitted changes."""

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str
    libraries: Mapping[str, str]
    commit: str
    date: str


def machine() -> Machine:
    """This machine, as far as the system tells."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        libraries=versions,
        commit=project_commit(),
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
    )


def project_commit() -> str:
    """The abbreviated commit of this project, "+" appended when sources differ from it, or "unknown"."""
    root = Path(__file__).resolve().parent.parent
    try:
        commit = _git(root, "rev-parse", "--short=10", "HEAD")
        changed = _git(root, "status", "--porcelain", "--", "src")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+" if changed else "")


def write_result(
    name: str, settings: Mapping[str, object], results: object, tables: Mapping[str, str] | None = None
) -> Path:
    """Write ``results/NAME.json`` with machine, command line and settings beside the results; returns its path.

    ``tables`` are what was printed, by title; ``benchmarks.document`` puts them into the page of results.
    Paths given on the command line are cut to their last part: they say nothing to others.
    """
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {
        "benchmark": name,
        "command": [
            "python",
            "-m",
            _program(),
            *(_last_part(word) for word in sys.argv[1:]),
        ],
        "machine": asdict(machine()),
        "settings": settings,
        "tables": {title: text.splitlines() for title, text in (tables or {}).items()},
        "results": results,
    }
    path.write_text(_json(content) + "\n", encoding="utf-8")
    return path


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table with aligned columns: first column to the left, the others to the right. Floats get 3 places."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(text) for text in column) for column in zip(headings, *cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [list(headings), rule, *cells]
    return "\n".join("| " + " | ".join(_aligned(line, widths)) + " |" for line in lines)


def data_folder() -> Path:
    """The folder of ``WHENCE_TEST_DATA``; ends the program with a sentence when it is not set or not there."""
    folder = os.environ.get("WHENCE_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        sys.exit("WHENCE_TEST_DATA does not name a folder; set it to the folder that holds the data sets.")
    return Path(folder)


def _json(value: object, depth: int = 0) -> str:
    """JSON with one question a line: spread out above, compact below."""
    if isinstance(value, Mapping) and value and not all(isinstance(item, int | float) for item in value.values()):
        pad = " " * (depth + 1)
        inside = (f"{pad}{json.dumps(str(key))}: {_json(item, depth + 1)}" for key, item in value.items())
        return "{\n" + ",\n".join(inside) + "\n" + " " * depth + "}"
    if isinstance(value, list) and depth < 4 and any(isinstance(item, str) and len(item) > 40 for item in value):
        pad = " " * (depth + 1)
        return "[\n" + ",\n".join(pad + _json(item, depth + 1) for item in value) + "\n" + " " * depth + "]"
    return json.dumps(_rounded(value), ensure_ascii=False, default=str)


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return {str(key): _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [line[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True))]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _program() -> str:
    """The module that runs, as ``python -m`` takes it."""
    spec = sys.modules["__main__"].__spec__
    return spec.name if spec else f"benchmarks.{Path(sys.argv[0]).stem}"


def _last_part(word: str) -> str:
    option, equals, value = word.partition("=")
    if equals and option.startswith("-"):
        return f"{option}={Path(value).name if '/' in value else value}"
    return Path(word).name if "/" in word else word


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = set(found.get("flags", "").split())
    known = [name for name in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if name in flags]
    return f"{found.get('model name', platform.machine())} ({', '.join(known) or 'no vector extensions known'})"
