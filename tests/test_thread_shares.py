"""Threads are divided among who computes, and all are there again when they are done."""

import pytest

from whence.thread_shares import ThreadShares


def test_callers_share_and_each_has_one_at_least() -> None:
    shares = ThreadShares()
    with shares.share(4) as first, shares.share(4) as second, shares.share(4) as third, shares.share(2) as fourth:
        assert (first, second, third, fourth) == (4, 2, 1, 1)
    with shares.share(4) as alone:
        assert alone == 4


def test_an_error_gives_the_share_back() -> None:
    shares = ThreadShares()
    with pytest.raises(ValueError, match="of the work"), shares.share(2):
        raise ValueError("of the work")
    with shares.share(2) as alone:
        assert alone == 2
