"""What a question names is told from the whole definition, though the search brought a part of it or none."""

from dataclasses import replace

from tests.answer.material import make_chunk, make_hits

from whence.answer.calls import calls, connected
from whence.answer.compose import compose
from whence.answer.extractive import ExtractiveReader
from whence.answer.named import names_to_find, with_named
from whence.answer.terms import asked_names
from whence.types import Chunk

QUESTION = "how does Pool.request use open_socket and send?"


def _code(text: str, symbol: str, line: int, path: str = "src/pool.py") -> Chunk:
    return make_chunk(text, kind="code", path=path, symbol=symbol, start=100 * line, start_line=line)


HEAD = _code('def request(self, what):\n    """Opens a socket and asks it."""\n    check(what)\n', "Pool.request", 1)
TAIL = _code(
    "    socket = open_socket(self.place)\n\n    log(what)\n\n    # Done last.\n    answer = self.send(socket)\n",
    "Pool.request",
    10,
)
OPENS = _code('def open_socket(place):\n    """Opens one at a place."""\n    return Socket(place)\n', "open_socket", 40)
STUB = _code("@overload\ndef open_socket(place: str) -> Socket: ...\n", "open_socket", 30)
NAMESAKE = _code('def request():\n    """Says hello."""\n    hello()\n', "request", 1, "src/api.py")


def test_names_are_looked_for_whole_and_by_their_last_part() -> None:
    assert names_to_find(QUESTION, "how") == ("pool.request", "open_socket", "request")
    assert names_to_find(QUESTION, "where") == ()
    assert names_to_find("how is it done?", "how") == ()


def test_the_steps_that_call_what_is_named_belong_to_the_answer() -> None:
    reading = ExtractiveReader().read(QUESTION, make_hits([HEAD, OPENS]))
    widened = with_named(QUESTION, reading, [NAMESAKE, TAIL, HEAD, STUB, OPENS])
    assert widened.confidence == reading.confidence
    text = compose(QUESTION, widened, 4).text
    assert "open_socket(self.place)" in text
    assert "self.send(socket)" in text
    assert text.index("Opens a socket") < text.index("self.send(socket)")
    assert "@overload" not in text
    assert "hello" not in text


def test_without_the_definition_nothing_is_added() -> None:
    reading = ExtractiveReader().read(QUESTION, make_hits([OPENS]))
    assert with_named("how does Pond.fill work?", reading, [HEAD]) == reading


def test_calls_are_told_from_definitions_and_other_names() -> None:
    assert calls("x = send(1)", "send")
    assert calls("self.send (1)", "send")
    assert not calls("def send(self):", "send")
    assert not calls("resend(1)", "send")
    assert connected(TAIL, OPENS)
    assert connected(OPENS, TAIL)
    assert not connected(OPENS, NAMESAKE)


def test_two_single_words_that_are_told_apart_are_names() -> None:
    assert asked_names("what is the difference between unload and merge_and_unload?") == ("unload", "merge_and_unload")
    assert asked_names("the difference between --url and --extra-url in `Pool`?") == ("url", "extra_url", "Pool")
    assert asked_names("what is the difference between a copy and a view?") == ()
    assert asked_names("how does open_socket work?") == ("open_socket",)


def test_a_definition_that_hardly_describes_itself_is_told_by_what_comes_of_it() -> None:
    brief = _code(
        'def close(self):\n    """Closes it."""\n    self.flush()\n\n    raise Closed(self.place)\n', "Pool.close", 60
    )
    asked = "what does Pool.close do?"
    reading = with_named(asked, ExtractiveReader().read(asked, make_hits([OPENS, brief])), [brief])
    assert "raise Closed(self.place)" in compose(asked, reading, 4).text


def test_two_plain_things_are_each_told_from_their_own_section() -> None:
    asked = "what is the difference between a sling and a hook?"
    code = _code('def lift(sling):\n    """Lifts with a sling or a hook.\n\n    sling : bool\n    """\n', "lift", 1)
    sling = replace(make_chunk("Of two kinds, a sling holds a load from below.", path="a.md"), title="Manual > Slings")
    hook = replace(make_chunk("The hook only grips a load that has a ring.", path="b.md"), title="Manual > Hooks")
    text = compose(asked, ExtractiveReader().read(asked, make_hits([hook, code, sling])), 4).text
    assert 0 <= text.index("from below") < text.index("only grips")
    assert "lift" not in text[: text.index("only grips")]
