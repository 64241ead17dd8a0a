"""How often a follow-up question is made whole rightly, on pairs of questions that people might ask.

python -m benchmarks.conversation.rewriting

Each pair says which words of the conversation the whole question needs and which it must not have, or that the second
question stands for itself. Outcomes: right; left (needed something and was left as it is, so it is searched alone);
wrong (has something that it must not have, lost what it needs, or was changed without need).
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from whence.pipelines.conversation import follow_up


def outcome(pair: dict[str, Any], whole: str) -> str:
    """ "right", "left" or "wrong"."""
    if pair.get("same"):
        return "right" if whole == pair["then"] else "wrong"
    said = whole.lower()
    lacking = any(word.lower() not in said for word in pair["needs"])
    if not lacking and not any(word.lower() in said for word in pair["lacks"]):
        return "right"
    return "left" if whole == pair["then"] else "wrong"


def main() -> None:
    files = sorted(Path(__file__).parent.glob("pairs*.jsonl"))
    for file in files:
        judge(file)


def judge(file: Path) -> None:
    """Prints every pair of a file with its outcome, and how many there are of each."""
    pairs = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    counted: Counter[str] = Counter()
    for pair in pairs:
        whole = follow_up(pair["then"], pair["first"])
        counted[said := outcome(pair, whole)] += 1
        mark = " " if said == "right" else "!"
        print(f"{mark} {said:6} {pair['id']}  {pair['then']}  ->  {whole}")
    print(
        f"{file.name}: {len(pairs)} pairs: "
        + ", ".join(f"{counted[name]} {name}" for name in ("right", "left", "wrong"))
    )


if __name__ == "__main__":
    main()
