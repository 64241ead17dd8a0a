import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retrieval.corpus import chunk

from whence.retrieval.priors import PriorOptions, Wish, is_changes, is_test, prior, weighed, wish

OPTIONS = PriorOptions(test=0.3, changes=0.2, data=0.1, doc=0.05)
NOTHING = Wish(test=False, changes=False, doc=False)


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_api.py",
        "test/api.py",
        "pkg/testing/data.json",
        "src/api_test.go",
        "src/App.test.tsx",
        "src/ApiTest.java",
        "spec/models/user_spec.rb",
        "conftest.py",
    ],
)
def test_places_of_tests(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize("path", ["src/attest.py", "src/latest.py", "src/contest/api.py", "src/testament.py", "a.py"])
def test_other_places(path: str) -> None:
    assert not is_test(path)


@pytest.mark.parametrize("path", ["CHANGES.rst", "HISTORY.md", "docs/changelog.md", "NEWS", "AUTHORS.rst"])
def test_places_of_changes(path: str) -> None:
    assert is_changes(path)
    assert not is_changes("src/history_view.py")


def test_what_a_place_costs() -> None:
    assert prior(chunk("src/a.py", "x"), NOTHING, OPTIONS) == 0.0
    assert prior(chunk("tests/a.py", "x"), NOTHING, OPTIONS) == -0.3
    assert prior(chunk("docs/a.md", "x", kind="doc"), NOTHING, OPTIONS) == -0.05
    assert prior(chunk("HISTORY.md", "x", kind="doc"), NOTHING, OPTIONS) == -0.2
    assert prior(chunk("a.toml", "x", kind="data"), NOTHING, OPTIONS) == -0.1
    assert prior(chunk("tests/a.json", "x", kind="data"), NOTHING, OPTIONS) == -0.3


def test_a_wish_takes_the_cost_away() -> None:
    wanted = Wish(test=True, changes=True, doc=True)
    for place, kind in (("tests/a.py", "code"), ("docs/a.md", "doc"), ("HISTORY.md", "doc")):
        assert prior(chunk(place, "x", kind="doc" if kind == "doc" else "code"), wanted, OPTIONS) == 0.0


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("which tests cover redirects", Wish(test=True, changes=False, doc=False)),
        ("what does TestRedirects check", Wish(test=True, changes=False, doc=False)),
        ("what does test_redirects check", Wish(test=True, changes=False, doc=False)),
        ("since which version are headers stripped", Wish(test=False, changes=True, doc=False)),
        ("How do I stream a body?", Wish(test=False, changes=False, doc=True)),
        ("is it in the documentation", Wish(test=False, changes=False, doc=True)),
        ("how does the latest attestation work", NOTHING),
    ],
)
def test_what_a_question_wishes(question: str, expected: Wish) -> None:
    assert wish(question) == expected


def test_a_place_costs_as_far_as_a_better_one_matches() -> None:
    options = PriorOptions(poorer=0.5, comparable=1.0)
    costs = {"code": 0.0, "near": -0.2, "far": -0.2, "test": -0.1}
    matches = {"code": 0.6, "near": 0.5, "far": 1.2, "test": 0.8}
    assert weighed(costs, matches, options) == pytest.approx(
        {"code": 0.0, "near": -0.2, "far": -0.0667, "test": -0.05}, abs=1e-3
    )
    assert weighed(costs, {**matches, "code": 0.0, "test": 0.0}, options)["near"] == 0.0


def test_what_matches_nothing_pays_in_full() -> None:
    assert weighed({"a": 0.0, "b": -0.2}, {"a": 0.0, "b": 0.0}, PriorOptions()) == {"a": 0.0, "b": -0.2}


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=3),
        st.tuples(st.sampled_from([0.0, -0.1, -0.2]), st.floats(0, 2, allow_nan=False)),
    )
)
def test_a_prior_is_never_more_than_its_place_costs(rows: dict[str, tuple[float, float]]) -> None:
    costs, matches = {key: row[0] for key, row in rows.items()}, {key: row[1] for key, row in rows.items()}
    result = weighed(costs, matches, PriorOptions())
    assert result.keys() == costs.keys()
    assert all(costs[key] <= value <= 0.0 for key, value in result.items())
    if len(set(costs.values())) < 2:
        assert result == costs
