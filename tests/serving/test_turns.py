"""Turns: never more than there are, searches before answers, each in the order of arrival."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from whence.serving.turns import Turns


def waiting(turns: Turns) -> int:
    return len(turns._searching) + len(turns._reading)


def test_searches_go_before_answers_in_the_order_of_arrival() -> None:
    turns = Turns(1)
    turns.take(search=True)
    had: list[str] = []

    def take(name: str) -> None:
        turns.take(search=name.startswith("search"))
        had.append(name)
        turns.give_back()

    names = ["read 1", "search 1", "read 2", "search 2"]
    threads = []
    for n, name in enumerate(names):
        threads.append(threading.Thread(target=take, args=(name,)))
        threads[-1].start()
        while waiting(turns) <= n:
            time.sleep(0.001)
    turns.give_back()
    for thread in threads:
        thread.join(30)
    assert had == ["search 1", "search 2", "read 1", "read 2"]


def test_there_are_never_more_than_given_and_none_is_lost() -> None:
    turns, lock = Turns(3), threading.Lock()
    now = most = 0

    def work(n: int) -> None:
        nonlocal now, most
        turns.take(search=n % 2 == 0)
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.001)
        with lock:
            now -= 1
        turns.give_back()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(200)))
    assert most <= 3
    assert turns._free == 3
    assert waiting(turns) == 0
