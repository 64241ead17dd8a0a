"""Whole answers, to be read: each case is a question, its chunks in the order of their rank, and the answer.

Set WHENCE_UPDATE_GOLDEN=1 to write the answers anew; read the difference before keeping it.
"""

import os
import re
from pathlib import Path

import pytest
from tests.answer.material import make_chunk, make_hits

from whence.answer.compose import compose
from whence.answer.extractive import ExtractiveReader
from whence.types import Chunk

GOLDEN = Path(__file__).parent / "golden" / "answers.txt"
CASES = re.findall(
    r"^\? (.+)\n((?:@ .*\n(?:(?![@?=] ).*\n)*)+)= ?((?:.*\n)(?:(?!\? ).*\n?)*)", GOLDEN.read_text("utf-8"), re.M
)


def _answer(question: str, material: str) -> str:
    chunks: list[Chunk] = []
    for head, text in re.findall(r"^@ (.+)\n((?:(?!@ ).*\n)*)", material, re.M):
        kind, path, symbol, language, line = head.split()
        chunks.append(
            make_chunk(
                text.rstrip("\n"),
                kind=kind,
                path=path,
                symbol="" if symbol == "-" else symbol,
                language=language,
                start=1000 * int(line),
                start_line=int(line),
            )
        )
    reading = ExtractiveReader().read(question, make_hits(chunks))
    return f"{reading.question_kind}\n{compose(question, reading, 4).text}\n\n"


def test_the_file_holds_a_dozen_cases() -> None:
    assert len(CASES) == 12


@pytest.mark.parametrize(("question", "material", "expected"), CASES, ids=[case[0] for case in CASES])
def test_answer(question: str, material: str, expected: str) -> None:
    answer = _answer(question, material)
    if os.environ.get("WHENCE_UPDATE_GOLDEN"):
        text = GOLDEN.read_text("utf-8")
        head = f"? {question}\n{material}="
        start = text.index(head) + len(head)
        following = text.find("\n? ", start)
        rest = text[following + 1 :] if following >= 0 else ""
        GOLDEN.write_text(f"{text[:start]} {answer}{rest}".rstrip("\n") + "\n", "utf-8")
        return
    assert answer.strip() == expected.strip()
