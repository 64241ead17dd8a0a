"""Turns: never more than there are, in the order of arrival, and a request has one at most."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from whence.serving.turns import Turn, Turns


def test_who_came_first_goes_first() -> None:
    turns = Turns(1)
    turns.take()
    had: list[int] = []

    def take(number: int) -> None:
        turns.take()
        had.append(number)
        turns.give_back()

    threads = []
    for n in range(4):
        threads.append(threading.Thread(target=take, args=(n,)))
        threads[-1].start()
        while len(turns._line) <= n:
            time.sleep(0.001)
    turns.give_back()
    for thread in threads:
        thread.join(30)
    assert had == [0, 1, 2, 3]


def test_there_are_never_more_than_given_and_none_is_lost() -> None:
    kinds, lock = [Turns(3), Turns(2)], threading.Lock()
    now, most = [0, 0], [0, 0]

    def work(_: int) -> None:
        turn = Turn()
        for kind in (0, 1):
            turn.change(kinds[kind])
            with lock:
                now[kind] += 1
                most[kind] = max(most[kind], now[kind])
            time.sleep(0.001)
            with lock:
                now[kind] -= 1
        turn.change(None)
        turn.change(None)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(100)))
    assert most[0] <= 3
    assert most[1] <= 2
    assert [turns._free for turns in kinds] == [3, 2]
    assert not any(turns._line for turns in kinds)


def test_a_search_waits_for_no_reading() -> None:
    searching, reading = Turns(1), Turns(1)
    reader, searcher = Turn(), Turn()
    reader.change(reading)
    searcher.change(searching)
    assert [turns._free for turns in (searching, reading)] == [0, 0]
    searcher.change(None)
    assert [turns._free for turns in (searching, reading)] == [1, 0]
    reader.change(None)
    assert [turns._free for turns in (searching, reading)] == [1, 1]
