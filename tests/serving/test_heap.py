"""Freed memory goes back to the system."""

import platform

import pytest

from whence.monitoring.meters import resident_bytes
from whence.serving.heap import give_back_free_memory


def test_what_was_freed_is_handed_back() -> None:
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc keeps free memory and can be told to hand it back")
    before = resident_bytes()
    pieces = [bytes(2_000) for _ in range(40_000)]  # too large for Python's own pools, too small to be mapped alone
    kept = pieces[::4_000]
    assert resident_bytes() > before + 60_000_000
    del pieces
    assert give_back_free_memory()
    assert resident_bytes() < before + 20_000_000
    assert len(kept) == 10
