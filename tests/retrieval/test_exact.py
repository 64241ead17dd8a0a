import pytest
from tests.retrieval.corpus import ANALYZER, CHUNKS, EVERYTHING, chunk, index

from whence.retrieval.exact import FILE_NAME, FILE_STEM, LIKELY, SAME, SAME_LETTERS, ExactOptions, choose, lookup
from whence.retrieval.mentions import Mention, mentions
from whence.types import FILE_KINDS, Chunk

OPTIONS = ExactOptions()


def found(question: str, scores: dict[str, float] | None = None) -> list[Chunk]:
    """Exact hits over the small project, best first."""
    held = index(vectors=False)
    named = mentions(question)
    ids = lookup(held, named, ANALYZER, EVERYTHING, kinds=FILE_KINDS, options=OPTIONS)
    loaded = held.chunks(ids)
    hits = choose(named, loaded, scores or {}, OPTIONS)
    return held.chunks([hit.chunk_id for hit in hits])


def symbols(question: str) -> list[str]:
    return [f"{hit.path}:{hit.symbol}" for hit in found(question)]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("what does `Session.send` do", "src/tiny/sessions.py:Session.send"),
        ("what does session.SEND() do", "src/tiny/sessions.py:Session.send"),
        ("what does tiny.Session do", "src/tiny/sessions.py:Session"),
        ("what does tiny.models.Response.iter_content do", "src/tiny/models.py:Response.iter_content"),
        ("how does the Response class read", "src/tiny/models.py:Response"),
        ("should_strip_auth", "src/tiny/sessions.py:Session.should_strip_auth"),
        ("is `Session` thread-safe", "src/tiny/sessions.py:Session"),
        ("what is in setup.cfg", "setup.cfg:"),
        ("what is in docs/redirects.md", "docs/redirects.md:"),
        ("what is in tiny/adapters.py", "src/tiny/adapters.py:HTTPAdapter"),
        ('who says "No route to  the host given"', "src/tiny/adapters.py:HTTPAdapter.send"),
        ("ConnectionError: no route to the host given", "src/tiny/adapters.py:HTTPAdapter.send"),
    ],
)
def test_the_first_exact_hit(question: str, first: str) -> None:
    held = symbols(question)
    if question.endswith("adapters.py"):
        assert {name.partition(":")[0] for name in held} == {"src/tiny/adapters.py"}
    else:
        assert held[0] == first


def test_code_comes_before_its_tests() -> None:
    assert symbols("is `Session` thread-safe") == ["src/tiny/sessions.py:Session", "tests/test_models.py:Session"]


@pytest.mark.parametrize(
    "question",
    [
        "why are cookies kept",
        "`NoSuchName` and no_such_name",
        'who says "the host no route"',
        "os.path.send",
        "is it fast?",
        "the response method",
    ],
)
def test_what_is_not_there_is_not_found(question: str) -> None:
    assert symbols(question) == []


def test_every_mention_gets_its_turn_and_the_number_is_bounded() -> None:
    names = symbols("`close` or `send` of HTTPAdapter, should_strip_auth, sessions.py")
    assert len(names) == OPTIONS.hits
    assert {name.rpartition(".")[2].rpartition(":")[2] for name in names} >= {"close", "send", "HTTPAdapter"}


def test_of_a_named_file_the_likeliest_chunk_comes_first() -> None:
    wanted = next(item for item in CHUNKS if item.symbol == "Session.close")
    assert found("what does sessions.py close", {wanted.id: 0.9})[0] == wanted


def test_a_definition_in_pieces_is_one_hit_its_first() -> None:
    pieces = [chunk("a.py", f"part {n}", "Big.method", start=n * 100) for n in range(4)]
    mention = Mention(text="Big.method", form="name")
    hits = choose([mention], list(reversed(pieces)), {pieces[3].id: 1.0}, OPTIONS)
    assert [hit.chunk_id for hit in hits] == [pieces[0].id]


@pytest.mark.parametrize(
    ("name", "item", "grade"),
    [
        ("Session.send", chunk("a.py", "x", "Session.send"), SAME),
        ("send", chunk("a.py", "x", "Session.send"), SAME),
        ("Session::send", chunk("a.py", "x", "net::Session::send"), SAME),
        ("session.send", chunk("a.py", "x", "Session.send"), SAME_LETTERS),
        ("a.py", chunk("lib/a.py", "x", ""), FILE_NAME),
        ("lib.Session", chunk("lib/a.py", "x", "Session"), LIKELY),
        ("sessions", chunk("lib/sessions.py", "x", "other"), FILE_STEM),
    ],
)
def test_grades(name: str, item: Chunk, grade: float) -> None:
    assert [hit.score for hit in choose([Mention(text=name, form="name")], [item], {}, OPTIONS)] == [grade]


def test_an_unsure_mention_needs_the_same_letters() -> None:
    item = chunk("a.py", "x", "Response")
    assert choose([Mention(text="response", form="name", sure=False)], [item], {}, OPTIONS) == []
    assert len(choose([Mention(text="Response", form="name", sure=False)], [item], {}, OPTIONS)) == 1


def test_no_mention_asks_nothing() -> None:
    held = index(vectors=False)
    assert lookup(held, [], ANALYZER, EVERYTHING, kinds=FILE_KINDS, options=OPTIONS) == []
    assert not held.calls


def test_a_hyphened_word_is_found_whole() -> None:
    held = [
        chunk("a.md", "The option max-jobs says how many run.", kind="doc"),
        chunk("b.md", "Say --max-jobs 4.", kind="doc"),
        chunk("c.md", "The option substitution-max-jobs is another.", kind="doc"),
        chunk("d.md", "At most max jobs.", kind="doc"),
    ]
    hits = choose([Mention(text="max-jobs", form="quote", sure=False)], held, {}, OPTIONS)
    assert {hit.chunk_id for hit in hits} == {held[0].id, held[1].id}
