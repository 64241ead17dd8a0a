"""A service of the tests' own: the real command in a process, on a port that is free, with a client for it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

PROGRAM = (sys.executable, "-c", "from whence.cli.main import main; main()")


@dataclass(frozen=True)
class Server:
    """A running service."""

    process: "subprocess.Popen[bytes]"
    url: str
    log: Path

    def client(self, key: str = "", timeout: float = 60) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=timeout, trust_env=False)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(data: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """The service over a data folder, ready; killed at the end if it is still there."""
    port = free_port()
    log = data.parent / f"serve-{port}.log"
    words = [*PROGRAM, "serve", "--data", str(data), "--port", str(port), *arguments]
    with log.open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, env={**os.environ, **(env or {})})
    server = Server(process, f"http://127.0.0.1:{port}", log)
    try:
        _wait(server)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait(20)


def _wait(server: Server) -> None:
    until = time.monotonic() + 100
    with server.client() as client:
        while time.monotonic() < until:
            assert server.process.poll() is None, server.log.read_text()
            try:
                if client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    raise AssertionError(server.log.read_text())


def events(text: str) -> list[tuple[str, Any]]:
    """The server-sent events of a reply."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found
