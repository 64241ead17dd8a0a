"""Which program was asked, with which settings, on which machine."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

from whence.evaluating.places import SYSTEM
from whence.evaluation.report import Machine, Origin
from whence.interface import Whence

_ROOT = Path(__file__).parent.parent


def origin_of(whence: Whence, system: str) -> Origin:
    """Who is asked, with what in force."""
    settings = {name: value for name, value in asdict(whence.settings).items() if name not in ("data", "store")}
    return Origin(
        system=system,
        version=version("whence"),
        commit=_commit(),
        build=_build(),
        settings=hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:12],
        models=_models(whence) if system == SYSTEM else {},
    )


def _models(whence: Whence) -> dict[str, str]:
    return {"embedder": whence.embedder.digest} | ({"reader": whence.reader} if whence.reader else {})


@cache
def _build() -> str:
    """A digest of the program's own sources: results of another program are never mixed with those of this one."""
    digest = hashlib.sha256()
    for path in sorted(_ROOT.rglob("*.py")) + sorted(_ROOT.rglob("*.json")):
        digest.update(path.relative_to(_ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _commit() -> str:
    """The program's commit, "+" after it for changes, "" where it is not run from its repository."""
    from whence.sources.git_process import run_git

    tracked = run_git(_ROOT, "ls-files", "--error-unmatch", "evaluating/run.py")
    said = run_git(_ROOT, "rev-parse", "--short=10", "HEAD")
    if tracked.status != 0 or said.status != 0:
        return ""
    return said.text.strip() + ("+" if run_git(_ROOT, "status", "--porcelain", "--", ".").text.strip() else "")


@cache
def this_machine() -> Machine:
    """As far as the system tells."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, OSError, ValueError):
        memory = 0.0
    return Machine(
        cpu=_cpu(),
        cores=cores,
        memory_gib=round(memory, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
