import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from whence.errors import NotARepositoryError, RefusedError, SourceError, UnreadableError
from whence.sources.documents import DocumentsSource
from whence.sources.git import GitSource
from whence.sources.open import SourceOptions, open_source

Make = Callable[..., Any]


def test_what_is_opened(make_repository: Make, tmp_path: Path) -> None:
    repository = make_repository(files={"src/a.py": "a = 1\n", ".gitignore": "private/\n"})
    private = repository.write("private/paper.md", "# Paper\n").parent
    plain = tmp_path / "plain"
    plain.mkdir()
    mirrors = tmp_path / "mirrors"
    assert isinstance(open_source(str(repository.path), mirrors), GitSource)
    assert isinstance(open_source(str(repository.path / "src"), mirrors), GitSource)
    assert isinstance(open_source(f"file://{repository.path}", mirrors), GitSource)
    assert isinstance(open_source(str(private), mirrors), DocumentsSource)
    assert isinstance(open_source(str(repository.path / "src" / "a.py"), mirrors), DocumentsSource)
    assert isinstance(open_source(str(plain), mirrors), DocumentsSource)
    assert not mirrors.exists()


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError, match="does not exist"):
        open_source(str(tmp_path / "nothing"), tmp_path)
    with pytest.raises(NotARepositoryError):
        open_source("-x", tmp_path)


@pytest.mark.parametrize("location", ["ext::sh -c id", "ftp://host/a", "javascript:alert(1)", "fd::3/a"])
def test_other_schemes_are_refused(location: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        open_source(location, tmp_path)


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:9/a", "ssh://git@127.0.0.1/a", "git@localhost:a", "https://[::1]/a"]
)
def test_private_hosts_are_refused_without_connecting(location: str, tmp_path: Path) -> None:
    source = open_source(location, tmp_path / "mirrors")
    with pytest.raises(RefusedError, match="private"):
        source.state()


class _Redirecting(BaseHTTPRequestHandler):
    """Answers every request with a redirect to a path that it would then serve."""

    asked: list[str] = []  # noqa: RUF012 - one list for the whole server, as the library makes an object a request

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(302)
        self.send_header("Location", f"/moved{self.path}")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        return


@pytest.fixture
def redirecting() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Redirecting)
    _Redirecting.asked.clear()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_redirects_are_not_followed_and_credentials_stay_out_of_messages(redirecting: str, tmp_path: Path) -> None:
    options = SourceOptions(allow_private_addresses=True, timeout_s=30)
    source = open_source(f"http://ada:s3cret@{redirecting}/org/tool.git", tmp_path / "mirrors", options)
    assert source.name == "tool"
    with pytest.raises(UnreadableError) as caught:
        source.state()
    assert _Redirecting.asked
    assert not any(path.startswith("/moved") for path in _Redirecting.asked)
    for text in (str(caught.value), str(caught.value.__cause__), source.id, source.location):
        assert "s3cret" not in text
    assert isinstance(caught.value, SourceError)
