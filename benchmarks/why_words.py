"""Whether a question in free words for a reason is answered by the commit that gives it.

    python -m benchmarks.why_words REPOSITORY... [--data DATA]

The questions are in words of their own; each has the commits, by the beginning of their ids, that did what is asked and
say why. Right: the commit that leads the answer is one of them; beside: one is cited, but another leads; wrong: none is
cited; nothing: the answer is that nothing was found.
"""

import argparse
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.report import table, write_result
from benchmarks.why import cpu_s
from whence import Whence
from whence.types import Answer

VERDICTS = ("right", "beside", "wrong", "nothing")

QUESTIONS = {
    "flask": (
        ("why was HTTP Public Key Pinning removed from the docs?", ("2ae36c8d",)),
        ("why was the unidecode dependency removed?", ("bf023e7d",)),
        ("why were the install and contribute sections removed?", ("346d1aba",)),
        ("why were shortcuts for routing by HTTP method added?", ("705e5268",)),
        ("why was assertEquals replaced by assert_equal?", ("8e9f0bde",)),
        ("why was a lib2to3 fixer added?", ("0b2556f3",)),
        ("why was the row factory of sqlite3 introduced in flaskr?", ("82b29c09",)),
    ),
    "peft": (
        ("why was the bitsandbytes CI removed?", ("a1056cf0",)),
        ("why was Conv1d support added to DoRA?", ("8af29c64",)),
        ("why was evaluation_strategy renamed to eval_strategy?", ("18f3efe5",)),
        ("why was the backlog section removed from the README?", ("fd1c0f66",)),
        ("why was loralib dropped from the requirements of the examples?", ("563acf08",)),
        ("why was the custom helper for file existence replaced?", ("f1ecfa6a",)),
        ("why were the unittest assertions replaced by plain asserts?", ("5f208469",)),
    ),
    "accelerate": (
        ("why was ipex removed?", ("4826b66d",)),
        ("why was use_xpu removed?", ("67a768be",)),
        ("why was the device index workaround for xpu removed?", ("806f661c",)),
        ("why was logging.warn replaced?", ("e4e5611e",)),
        ("why was a decorator against running out of memory added?", ("b028a198",)),
        ("why was the optimizer state renamed?", ("21f2c5bc",)),
    ),
    "pip": (
        ("why was _fix_abiflags removed?", ("7c9a6b10",)),
        ("why was log_streams removed from FreezeCommand?", ("1c00ca39",)),
        ("why was the link to the distutils-sig mailing list removed?", ("21e024ac",)),
        ("why was get_prefixed_libs renamed?", ("f8beb61f",)),
        ("why were the isort and flake8 settings dropped?", ("9692d488",)),
        ("why was locale.getpreferredencoding replaced?", ("e7a8e68a",)),
        ("why was support for old versions of virtualenv removed from the tests?", ("e2ec73a6",)),
        ("why were custom progress bar styles deprecated?", ("f1c36f4e",)),
        ("why was time.monotonic replaced in the retry decorator?", ("3228d767",)),
        ("why was PurePath.as_uri replaced?", ("dc3feaa9",)),
    ),
}
"""Questions about public projects, with the commits that answer them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", help="[NAME=]REPOSITORY, or the NAME of an index of DATA")
    parser.add_argument("--data", help="a data folder that has the indexes already")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder, Whence(options.data or folder) as whence:
        for word in options.repositories:
            name, _, place = word.partition("=")
            if name not in whence.ledger.index_names():
                whence.index(Path(place or name), name=name, until="text")
            for question, wanted in QUESTIONS[name]:
                began = cpu_s()
                answer = whence.ask(question, name=name)
                row = {"repository": name, "question": question, "verdict": verdict(answer, wanted)}
                rows.append({**row, "led_by": leading(answer)[:8], "cpu_ms": round((cpu_s() - began) * 1000)})
                print(f"{row['verdict']:8} {name}: {question} {rows[-1]['led_by']}", flush=True)
    names = list(dict.fromkeys(str(row["repository"]) for row in rows))
    counts = {name: Counter(str(row["verdict"]) for row in rows if row["repository"] == name) for name in names}
    counts["all"] = sum(counts.values(), Counter())
    shown = table(
        ("repository", "asked", *VERDICTS),
        [[name, sum(told.values()), *(told[one] for one in VERDICTS)] for name, told in counts.items()],
    )
    print(f"\n{shown}")
    write_result("why_words", {}, {"questions": rows}, {"verdicts": shown})


def leading(answer: Answer) -> str:
    """The commit that leads an answer, "" without one."""
    return next((citation.commit for citation in answer.citations if citation.commit), "") or ""


def verdict(answer: Answer, wanted: tuple[str, ...]) -> str:
    """How an answer does by the commits it should be led by."""
    if answer.abstained:
        return "nothing"
    if leading(answer).startswith(wanted):
        return "right"
    cited = [citation.commit or "" for citation in answer.citations]
    return "beside" if any(commit.startswith(wanted) for commit in cited) else "wrong"


if __name__ == "__main__":
    main()
