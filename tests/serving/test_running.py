"""The service while things change around it: two workers and a sync, its end, a reload, too many callers."""

import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
from tests.cli.command import git
from tests.serving.server import PROGRAM, events, serving

NAMES = ("Tern", "Heron", "Plover", "Curlew", "Gannet", "Petrel", "Fulmar", "Dunlin", "Avocet", "Whimbrel")
QUESTION = {"question": "how much may a parcel weigh?", "index": "ferry"}


def test_two_workers_and_a_sync_give_no_wrong_answer(data: Path, tmp_path: Path) -> None:
    """What is asked was true before or after the change; never a mixture, never an error."""
    folder = tmp_path / "signals"
    folder.mkdir()
    git(folder, "init", "-q")

    def write(n: int) -> None:
        for name in NAMES:
            (folder / f"{name}.md").write_text(f"# {name}\n\nThe flag of {name} is raised {n} times at noon.\n")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", f"Raise flags {n} times")

    write(1)
    words = [*PROGRAM, "index", str(folder), "--name", "signals", "--data", str(data)]
    assert subprocess.run(words, capture_output=True, timeout=100, check=False).returncode == 0
    wrong: list[Any] = []
    ended = threading.Event()
    with serving(data, "--workers", "2") as running:

        def ask(part: int) -> int:
            asked = 0
            with running.client() as client:
                while not ended.is_set():
                    name = NAMES[(asked + part) % len(NAMES)]
                    body = {"question": f"how often is the flag of {name} raised at noon?", "index": "signals"}
                    reply = client.post("/question", json=body)
                    if reply.status_code != 200:
                        wrong.append(reply.text)
                    else:
                        record = reply.json()
                        said = {citation["quote"].partition("raised ")[2][:1] for citation in record["citations"]}
                        if f"flag of {name} is raised" not in record["answer"] or len(said - {""}) != 1:
                            wrong.append(record)
                    asked += 1
            return asked

        with ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(ask, part) for part in range(3)]
            time.sleep(1)
            write(2)
            sync = [*PROGRAM, "sync", "signals", "--data", str(data)]
            assert subprocess.run(sync, capture_output=True, timeout=100, check=False).returncode == 0
            time.sleep(0.5)
            ended.set()
            assert sum(future.result() for future in asking) > 5
        assert wrong == []
        with running.client() as client:
            body = {"question": "how often is the flag of Tern raised at noon?", "index": "signals"}
            assert "raised 2 times" in client.post("/question", json=body).json()["answer"]
            text = client.get("/metrics").text
            assert "whence_requests_total" in text
        assert running.end() in (0, 143)


def busy(client: httpx.Client) -> int:
    """How many requests the service works on or keeps waiting."""
    lines = client.get("/metrics").text.splitlines()
    return sum(int(float(line.split()[1])) for line in lines if line.startswith(("whence_running ", "whence_queue_l")))


def test_requests_that_have_begun_are_ended(data: Path) -> None:
    (data / "whence.toml").write_text("[serving]\nthreads = 1\n")
    with serving(data) as running:
        replies: list[httpx.Response] = []

        def ask() -> None:
            with running.client() as client:
                replies.append(client.post("/question", json={**QUESTION, "stream": True}))

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        with running.client() as client:
            while busy(client) + len(replies) < 6:
                time.sleep(0.01)
        code = running.end()
        for thread in threads:
            thread.join(30)
        assert code in (0, 143)
        assert len(replies) == 6
        for reply in replies:
            assert reply.status_code == 200
            assert events(reply.text)[-1][0] == "citations"


def test_a_reload_drops_no_request(data: Path) -> None:
    ended = threading.Event()
    statuses: list[int] = []
    with serving(data) as running:

        def ask() -> None:
            with running.client() as client:
                while not ended.is_set():
                    statuses.append(client.post("/question", json=QUESTION).status_code)

        thread = threading.Thread(target=ask)
        thread.start()
        for _ in range(3):
            running.process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
        until = time.monotonic() + 30
        while not any(line["message"] == "reloaded" for line in running.lines()) and time.monotonic() < until:
            time.sleep(0.2)
        time.sleep(0.5)
        ended.set()
        thread.join(30)
        assert any(line["message"] == "reloaded" for line in running.lines())
    assert set(statuses) == {200}


def test_too_many_callers_are_asked_to_come_again(data: Path, tmp_path: Path) -> None:
    (data / "whence.toml").write_text("[serving]\nthreads = 1\nqueue = 2\n")
    with serving(data) as running:

        def ask(_: int) -> httpx.Response:
            with running.client() as client:
                return client.post("/question", json=QUESTION)

        with ThreadPoolExecutor(30) as pool:
            replies = list(pool.map(ask, range(30)))
        assert {reply.status_code for reply in replies} == {200, 429}
        refused = next(reply for reply in replies if reply.status_code == 429)
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["type"] == "urn:whence:problem:busy"


def test_a_port_that_is_taken_is_one_sentence(data: Path) -> None:
    with serving(data) as running:
        port = running.url.rpartition(":")[2]
        words = [*PROGRAM, "serve", "--data", str(data), "--port", port]
        ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "choose another --host or --port" in ended.stderr
    assert "Traceback" not in ended.stderr
