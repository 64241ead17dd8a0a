"""The floor without any index: ``git grep`` for the words of the question."""

import re
import subprocess
from collections import Counter
from collections.abc import Collection
from pathlib import Path

_WORD = re.compile(r"\w+")


def grep_files(repository: Path, commit: str, question: str, files: Collection[str]) -> list[str]:
    """Files of the commit by the number of distinct words of the question they hold, then by matching lines, then path.

    Words match as substrings, without regard to case; English stop words and words of one letter are left out, as a
    person who greps would.
    """
    terms: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for word in sorted(set(_WORD.findall(question.lower())) - _stop_words()):
        if len(word) < 2:
            continue
        for path, n_lines in _matching_lines(repository, commit, word).items():
            if path in files:
                terms[path] += 1
                counts[path] += n_lines
    return sorted(terms, key=lambda path: (-terms[path], -counts[path], path))


def _matching_lines(repository: Path, commit: str, word: str) -> dict[str, int]:
    command = ["git", "-C", str(repository), "grep", "-I", "-i", "-F", "-c", "-z", "-e", word, commit, "--"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"git grep failed in {repository}: {done.stderr.strip()}")
    found = (line.rsplit("\0", 1) for line in done.stdout.splitlines())
    return {path.removeprefix(f"{commit}:"): int(count) for path, count in found}


def _stop_words() -> frozenset[str]:
    from bm25s.stopwords import STOPWORDS_EN_PLUS

    return frozenset(STOPWORDS_EN_PLUS)
