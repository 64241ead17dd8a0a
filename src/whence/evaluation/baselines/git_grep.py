"""The floor without any index: ``git grep`` for the words of the question, as a person at a terminal has it."""

import os
import subprocess
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path, PurePosixPath

from whence.errors import SourceError
from whence.evaluation.baselines import Material
from whence.evaluation.baselines.passages import PassageSystem, Ranked, allowed, content_words
from whence.evaluation.protocols import System
from whence.evaluation.records import EvalQuestion

_TIMEOUT_S = 60
_SHORTEST = 2


def build(material: Material) -> System:
    """The floor over a material; its files are written into the scratch folder when a corpus is first asked."""

    @cache
    def folder(corpus: str) -> Path:
        root = material.scratch / f"grep-{len(list(material.scratch.iterdir()))}"
        root.mkdir(parents=True)
        for path, text in material.files(corpus):
            if _is_safe(path):
                file = root / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", errors="replace")
        return root

    @cache
    def positions(corpus: str) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for position, chunk in enumerate(material.chunks(corpus)):
            found[chunk.path].append(position)
        return found

    def rank(question: EvalQuestion, n: int) -> Ranked:
        """Files by distinct words, then matches, then path; a file stands for its chunk with most of the words."""
        words = [word for word in content_words(question.question) if len(word) >= _SHORTEST]
        passes = allowed(question, material.chunks(question.corpus))
        held = positions(question.corpus)
        ranked: list[tuple[int, float]] = []
        for path, (n_words, _) in _matched_files(folder(question.corpus), words):
            own = [position for position in held.get(path, ()) if passes(position)]
            if own:
                texts = (material.chunks(question.corpus)[position].text.lower() for position in own)
                shares = [sum(word in text for word in words) for text in texts]
                ranked.append((own[shares.index(max(shares))], float(n_words)))
            if len(ranked) == n:
                break
        return ranked

    return PassageSystem("git-grep", material.chunks, rank)


def _matched_files(folder: Path, words: list[str]) -> list[tuple[str, tuple[int, int]]]:
    """(path, (distinct words, matches)), best first; words match as substrings, without regard to case."""
    if not words:
        return []
    terms: dict[str, set[str]] = defaultdict(set)
    counts: Counter[str] = Counter()
    patterns = [part for word in words for part in ("-e", word)]
    command = ["git", "grep", "--no-index", "-I", "-i", "-F", "-o", "-z", "--no-color", *patterns, "--", "."]
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, check=False, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"git grep did not answer: {error}.") from error
    if done.returncode not in (0, 1):
        raise SourceError(f"git grep failed: {done.stderr.decode('utf-8', 'replace').strip()[:200]}")
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        path, _, match = line.partition("\0")
        match = match.lower()
        terms[path] |= {word for word in words if word in match}
        counts[path] += 1
    return sorted(
        ((path, (len(found), counts[path])) for path, found in terms.items()),
        key=lambda item: (-item[1][0], -item[1][1], item[0]),
    )


def _is_safe(path: str) -> bool:
    """Paths of documents come from elsewhere: none may lead out of the folder."""
    return not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts and "\0" not in path
