"""Turns: never more than there are, searches before answers, each in the order of arrival, one kept for searches."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from whence.serving.turns import Turn, Turns


def waiting(turns: Turns) -> int:
    return len(turns._searching) + len(turns._reading)


def test_searches_go_before_answers_in_the_order_of_arrival() -> None:
    turns = Turns(1)
    turns.take(search=True)
    had: list[str] = []

    def take(name: str) -> None:
        search = name.startswith("search")
        turns.take(search=search)
        had.append(name)
        turns.give_back(search=search)

    threads = []
    for n, name in enumerate(["read 1", "search 1", "read 2", "search 2"]):
        threads.append(threading.Thread(target=take, args=(name,)))
        threads[-1].start()
        while waiting(turns) <= n:
            time.sleep(0.001)
    turns.give_back(search=True)
    for thread in threads:
        thread.join(30)
    assert had == ["search 1", "search 2", "read 1", "read 2"]


def test_there_are_never_more_than_given_and_none_is_lost() -> None:
    turns, lock = Turns(3), threading.Lock()
    now, most = {"search": 0, "read": 0}, {"all": 0, "read": 0}

    def work(_: int) -> None:
        turn = Turn(turns)
        for kind in ("search", "read"):
            turn.change(kind)
            with lock:
                now[kind] += 1
                most["all"] = max(most["all"], sum(now.values()))
                most["read"] = max(most["read"], now["read"])
            time.sleep(0.001)
            with lock:
                now[kind] -= 1
        turn.change("")
        turn.change("")

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(100)))
    assert most["all"] <= 3
    assert most["read"] <= 2
    assert (turns._free, turns._free_to_read, waiting(turns)) == (3, 2, 0)


def test_a_search_finds_a_turn_while_answers_are_written() -> None:
    turns = Turns(2)
    reader, searcher = Turn(turns), Turn(turns)
    reader.change("read")
    searcher.change("search")
    searcher.change("")
    reader.change("")
