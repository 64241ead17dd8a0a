"""Freed memory goes back to the system."""

import platform
import subprocess
import sys

import pytest

# In a process of its own: this one may have so much free memory already that it takes none from the system.
_PROGRAM = """
from whence.monitoring.meters import resident_bytes
from whence.serving.heap import give_back_free_memory

before = resident_bytes()
pieces = [bytes(2_000) for _ in range(40_000)]  # too large for Python's own pools, too small to be mapped alone
kept = pieces[::4_000]
full = resident_bytes()
del pieces
print(full - before, give_back_free_memory(), resident_bytes() - before, len(kept))
"""


def test_what_was_freed_is_handed_back() -> None:
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc keeps free memory and can be told to hand it back")
    told = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True).stdout.split()
    taken, is_done, left, n_kept = int(told[0]), told[1], int(told[2]), int(told[3])
    assert taken > 60_000_000
    assert is_done == "True"
    assert left < 20_000_000
    assert n_kept == 10
