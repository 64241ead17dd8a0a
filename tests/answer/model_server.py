"""A model server that speaks the real protocol and says what a test tells it to, or misbehaves as it is told."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Says = Callable[[Mapping[str, Any]], str]
"""What it answers to the body of a request."""


class ModelServer:
    """Listens on loopback. ``asked`` are the bodies and headers that came; ``manner`` is how it replies.

    Manners: "stream", "whole", "length" (stops at its limit), "hangs up" (in the middle), "stalls" (after the first
    piece), "silent", "drips" (a byte at a time, for ever), "refuses" (400), "redirects", "nonsense", "fails" (an error
    within the stream).
    """

    def __init__(self, says: Says, manner: str = "stream") -> None:
        self.says, self.manner = says, manner
        self.asked: list[tuple[dict[str, Any], dict[str, str]]] = []
        self.ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((body, dict(self.headers)))
                with suppress(BrokenPipeError, ConnectionResetError):
                    outer.reply(self, body)

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = False
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def reply(self, handler: BaseHTTPRequestHandler, body: Mapping[str, Any]) -> None:
        text = self.says(body)
        if self.manner == "silent":
            self.ended.wait(20)
            return
        if self.manner in ("refuses", "redirects"):
            handler.send_response(400 if self.manner == "refuses" else 302)
            handler.send_header("Location", "http://127.0.0.1:9/elsewhere")
            handler.end_headers()
            handler.wfile.write(b'{"error": {"message": "context length exceeded"}}')
            return
        whole = self.manner in ("whole", "nonsense")
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json" if whole else "text/event-stream")
        handler.end_headers()
        if self.manner == "nonsense":
            handler.wfile.write(b"<html>hello</html>")
        elif whole:
            choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            handler.wfile.write(json.dumps({"choices": [choice]}).encode())
        else:
            self._stream(handler, text)

    def _stream(self, handler: BaseHTTPRequestHandler, text: str) -> None:
        def send(record: object) -> None:
            handler.wfile.write(b"data: " + json.dumps(record).encode() + b"\n\n")
            handler.wfile.flush()

        def piece(delta: dict[str, str], reason: str | None = None) -> dict[str, Any]:
            return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

        while self.manner == "drips" and not self.ended.is_set():
            handler.wfile.write(b":")
            handler.wfile.flush()
            time.sleep(0.02)
        send(piece({"role": "assistant", "content": ""}))
        for start in range(0, len(text), 7):
            send(piece({"content": text[start : start + 7]}))
            if self.manner == "stalls":
                self.ended.wait(20)
                return
            if self.manner == "hangs up" and start > len(text) // 2:
                return
            if self.manner == "fails" and start > len(text) // 2:
                send({"error": {"message": "out of memory"}})
                return
        send(piece({}, "length" if self.manner == "length" else "stop"))
        handler.wfile.write(b"data: [DONE]\n\n")


@contextmanager
def model_server(says: Says | str, manner: str = "stream") -> Iterator[ModelServer]:
    server = ModelServer(says if callable(says) else lambda _: says, manner)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.http.shutdown()
        server.http.server_close()
        thread.join()
