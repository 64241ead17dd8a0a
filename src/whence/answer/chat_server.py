"""A generator behind any OpenAI-compatible server: vLLM, llama.cpp, Ollama, a vendor. Only the standard library."""

import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any

from whence.answer.options import GenerationOptions
from whence.errors import GenerationError, TruncatedError
from whence.types import Prompt

_MAX_REPLY_BYTES = 2_000_000
_READ_BYTES = 8_192


class ChatServer:
    """A ``Generator``. Holds no connection, so threads may share it."""

    def __init__(self, options: GenerationOptions, environment: Mapping[str, str] | None = None) -> None:
        """The key comes from ``environment`` (default: that of the process). Raises ``GenerationError``."""
        if not re.match(r"https?://[^/\s]+", options.url):
            raise GenerationError(f"{options.url!r} is no address of a model server: write http://HOST:PORT/v1.")
        self._options = options
        self._address = f"{options.url.rstrip('/')}/chat/completions"
        self._key = (os.environ if environment is None else environment).get(options.key_variable, "").strip()
        self._opener = urllib.request.build_opener(_NoRedirects)

    @property
    def model(self) -> str:
        """The model as the settings name it."""
        return self._options.model

    def stream(self, prompt: Prompt) -> Iterator[str]:
        """The text, in pieces as they come; servers that do not stream give one."""
        deadline = time.monotonic() + self._options.timeout_s
        try:
            with self._opened(prompt) as reply:
                if "json" in reply.headers.get("Content-Type", ""):
                    yield from _whole(b"".join(self._read(reply, deadline)))
                else:
                    yield from self._events(reply, deadline)
        except urllib.error.HTTPError as error:
            said = _reason(error)
            raise GenerationError(f"{self._name} refused with status {error.code}{said}") from error
        except TimeoutError as error:
            raise GenerationError(f"{self._name} said nothing for {self._options.stall_s:g} s") from error
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise GenerationError(f"{self._name} cannot be reached ({reason})") from error

    @property
    def _name(self) -> str:
        return f"the model server at {self._options.url}"

    def _opened(self, prompt: Prompt) -> HTTPResponse:
        body = {
            "model": self._options.model,
            "temperature": 0,
            "stream": True,
            "max_tokens": prompt.max_tokens,
            "messages": [
                {"role": "system", "content": prompt.rules},
                {"role": "user", "content": prompt.material},
            ],
        }
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        request = urllib.request.Request(self._address, json.dumps(body).encode(), headers, method="POST")
        try:
            reply: HTTPResponse = self._opener.open(request, timeout=self._options.stall_s)
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise error.reason from error
            raise
        return reply

    def _read(self, reply: HTTPResponse, deadline: float) -> Iterator[bytes]:
        """What comes, as it comes; a server that drips byte after byte is given up at the deadline, too."""
        n_bytes = 0
        while part := reply.read1(_READ_BYTES):
            yield part
            n_bytes += len(part)
            if n_bytes > _MAX_REPLY_BYTES:
                raise GenerationError(f"{self._name} does not come to an end")
            if time.monotonic() > deadline:
                raise GenerationError(f"{self._name} took longer than {self._options.timeout_s:g} s")

    def _events(self, reply: HTTPResponse, deadline: float) -> Iterator[str]:
        buffer = b""
        for part in self._read(reply, deadline):
            *lines, buffer = (buffer + part).split(b"\n")
            for line in lines:
                if not line.startswith(b"data:"):
                    continue
                data = line[5:].strip()
                if data == b"[DONE]":
                    return
                text, reason = _piece(data, "delta")
                if text:
                    yield text
                if reason == "length":
                    raise TruncatedError(f"{self._name} stopped at its longest answer")
                if reason:
                    return
        raise TruncatedError(f"{self._name} hung up before the end")


def _whole(body: bytes) -> Iterator[str]:
    text, reason = _piece(body, "message")
    yield text
    if reason == "length":
        raise TruncatedError("the model server stopped at its longest answer")


def _piece(data: bytes, part: str) -> tuple[str, str]:
    """(text, why it ended or "") of a reply or one chunk of it."""
    try:
        record: Any = json.loads(data)
        if "error" in record:
            error = record["error"]
            said = error.get("message", "") if isinstance(error, dict) else str(error)
            raise GenerationError(f"the model server failed: {_short(said)}")
        if not record["choices"]:
            return "", ""
        choice = record["choices"][0]
        content = choice[part].get("content")
        return (content if isinstance(content, str) else ""), str(choice.get("finish_reason") or "")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise GenerationError("the model server does not speak the chat completions protocol") from error


def _reason(error: urllib.error.HTTPError) -> str:
    """What a refusal says, in a few words, or ""."""
    try:
        with error:
            record = json.loads(error.read(_READ_BYTES))
        said = record["error"]["message"] if "error" in record else record["message"]
    except (OSError, ValueError, LookupError, TypeError, HTTPException):
        return ""
    return f": {_short(str(said))}"


def _short(text: str) -> str:
    return " ".join(text.split())[:160]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key and the passages elsewhere: it counts as a refusal."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
