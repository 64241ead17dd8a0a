"""Every error of the core has a place in the table of problems."""

import inspect

import pytest

from whence import errors
from whence.serving.problems import TABLE, Problem, not_found, of_error

EVERY = [found for _, found in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("error", EVERY, ids=lambda error: error.__name__)
def test_every_error_stands_in_the_table(error: type[errors.WhenceError]) -> None:
    assert error in TABLE
    assert of_error(error("why"), tell_all=True).kind is TABLE[error]


def test_slugs_tell_kinds_apart() -> None:
    kinds = {(kind.slug, kind.title) for kind in TABLE.values()}
    assert all(kind.slug == kind.slug.lower() and " " not in kind.slug for kind in TABLE.values())
    assert len(kinds) >= len(TABLE) - 1


def test_faults_of_the_service_are_told_to_administrators_only() -> None:
    error = errors.StoreError("The folder /srv/secret cannot be read.")
    assert "/srv/secret" in of_error(error, tell_all=True).detail
    assert "/srv/secret" not in of_error(error, tell_all=False).detail
    assert "/srv" not in of_error(ZeroDivisionError("/srv"), tell_all=False).detail
    assert of_error(error, tell_all=False).headers["Retry-After"]


def test_problems_stay_what_they_are() -> None:
    problem = not_found("No.")
    assert of_error(problem, tell_all=False) is problem
    assert isinstance(problem, Problem)
