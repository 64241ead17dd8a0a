"""A default is told by the lines that set it, which are looked up by the name that is set."""

from tests.answer.material import make_chunk, make_hits

from whence.answer.compose import compose
from whence.answer.defaults import constants_behind, names_set, with_set
from whence.answer.extractive import ExtractiveReader
from whence.types import Chunk

QUESTION = "what is the default value of most_sockets?"
MENTION = make_chunk("You may want to change `most_sockets`, whose default is seldom right for a pool.")


def _code(text: str, symbol: str, path: str = "src/pool.py", line: int = 1) -> Chunk:
    return make_chunk(text, kind="code", path=path, symbol=symbol, start=100 * line, start_line=line)


SIGNATURE = _code("def __init__(\n    self,\n    most_sockets: int = MOST,\n):\n", "Pool.__init__")
CONSTANT = _code("MOST = 12\n", "", line=9)
OTHER = _code(
    "class PoolOptions:\n    most_sockets: int = field(\n        default=3,\n        help='how many',\n    )\n"
    "    name: str = ''\n",
    "PoolOptions",
    "src/options.py",
)
USE = _code("pool = Pool(\n    most_sockets=99,\n)\n", "main", "examples/main.py")
KEY = _code('names = {\n    "most_sockets": "most_sockets",\n}\n', "names", "src/names.py")


def test_only_questions_for_defaults_look_names_up() -> None:
    assert names_set("what is the default of `Pool.most_sockets` in Pool?") == ("most_sockets",)
    assert names_set("where is most_sockets set?") == ()


def test_the_lines_that_set_a_name_are_added_and_the_best_of_them_lead() -> None:
    reading = ExtractiveReader().read(QUESTION, make_hits([MENTION]))
    found = with_set(reading, names_set(QUESTION), [USE, KEY, OTHER, SIGNATURE])
    assert found.confidence == reading.confidence
    assert constants_behind(QUESTION, found.evidence) == ("MOST",)
    found = with_set(found, ("MOST",), [CONSTANT])
    assert constants_behind(QUESTION, found.evidence) == ()
    text = compose(QUESTION, found, 4).text
    assert text.index("most_sockets: int = MOST") < text.index("MOST = 12")
    assert "99" not in text
    assert '"most_sockets"' not in text


def test_a_value_over_several_lines_is_quoted_whole() -> None:
    reading = ExtractiveReader().read(QUESTION, make_hits([MENTION, OTHER]))
    text = compose(QUESTION, reading, 4).text
    assert "default=3,\n" in text
    assert text.rstrip().endswith(")")
    assert "name: str" not in text


def test_the_type_that_is_named_is_meant() -> None:
    asked = "what is the default of most_sockets in PoolOptions?"
    reading = ExtractiveReader().read(asked, make_hits([MENTION, SIGNATURE, OTHER]))
    text = compose(asked, reading, 4).text
    assert "default=3" in text
    assert "MOST" not in text
