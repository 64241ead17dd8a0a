"""Names of code written as plain language, and headings that say what a question asks."""

from dataclasses import replace

import pytest
from tests.retrieval.corpus import EVERYTHING, chunk
from tests.retrieval.memory_index import MemoryIndex

from whence.retrieval.analyzer import Analyzer
from whence.retrieval.coverage import headed
from whence.retrieval.hybrid import HybridRetriever
from whence.retrieval.plain_names import plain_names
from whence.retrieval.priors import topics


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("how do I register a blueprint?", ["register_blueprint", "RegisterBlueprint"]),
        ("where is the device map?", ["device_map", "DeviceMap"]),
        ("what is it?", []),
        ("how does lexing, parsing, printing differ?", ["printing_differ", "PrintingDiffer"]),
        ("how does `a` use b.c?", []),
        (" ".join(["one two"] * 8), []),
    ],
)
def test_neighbouring_words_may_be_one_name(question: str, names: list[str]) -> None:
    assert plain_names(question) == names


def test_a_definition_named_in_plain_words_is_found_though_others_say_more() -> None:
    crowd = [chunk(f"src/noise_{n}.py", "register a blueprint " * 4, f"noise_{n}") for n in range(9)]
    target = chunk("src/app.py", "def f(self): ...", "App.register_blueprint")
    hits = HybridRetriever(MemoryIndex([*crowd, target])).search("what does register a blueprint do", 10, EVERYTHING)
    assert target.id in {hit.chunk.id for hit in hits}
    far = HybridRetriever(MemoryIndex([*crowd, target])).search("blueprint, then register", 10, EVERYTHING)
    assert "exact" not in next(hit.legs for hit in far if hit.chunk.id == target.id)


def test_the_heading_that_says_what_is_asked_for_leads() -> None:
    text = "you register a blueprint on a blueprint or the application"
    analyzer = Analyzer()
    headings = ["Blueprints > Nesting Blueprints", "Blueprints > Registering Blueprints", "Blueprints"]
    pages = [replace(chunk(f"docs/{n}.rst", text, kind="doc"), title=title) for n, title in enumerate(headings)]
    tokens = analyzer.tokens("register blueprint")
    assert [round(headed(tokens, page, analyzer), 2) for page in pages] == [0.33, 1.0, 0.5]
    retriever = HybridRetriever(MemoryIndex(pages))
    assert retriever.search("how do I register a blueprint?", 3, EVERYTHING)[0].chunk.title == headings[1]
    assert "headed" not in retriever.search("why register a blueprint?", 3, EVERYTHING)[0].legs


def test_a_heading_that_is_the_thing_asked_about_costs_its_place_nothing() -> None:
    page = replace(chunk("docs/cast.rst", "broadcasting treats shapes", kind="doc"), title="Manual > Broadcasting")
    code = [chunk(f"src/{n}.py", "broadcasting what is broadcast", f"broadcast_{n}") for n in range(3)]
    hits = HybridRetriever(MemoryIndex([page, *code])).search("what is broadcasting?", 4, EVERYTHING)
    assert hits[0].chunk.path == "docs/cast.rst"
    assert topics("what is the difference between a copy and a view?") == ("copy", "view")
    assert topics("does numpad support masked arrays?") == ("masked arrays",)
    assert topics("why is it so?") == ()
