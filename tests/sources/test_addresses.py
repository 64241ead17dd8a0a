import socket
from typing import Any

import pytest

from whence.errors import RefusedError, UnreadableError
from whence.sources.addresses import (
    check_host,
    commit_page,
    is_address,
    issue_page,
    parse_address,
    permalink,
    web_page,
)

SHA = "0123456789012345678901234567890123456789"


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        if not addresses:
            raise socket.gaierror("no such host")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "location",
    [
        "https://host.org/a/b",
        "http://host/a",
        "ssh://git@host/a",
        "git@host:a/b.git",
        "host:a/b",
        "file:///a/b",
        "ftp://a/b",
    ],
)
def test_addresses_are_told_from_paths(location: str) -> None:
    assert is_address(location)


@pytest.mark.parametrize("location", ["folder/sub", "/abs/path", "./x", "../y", "plain", "", "a b"])
def test_paths_are_no_addresses(location: str) -> None:
    assert not is_address(location)


@pytest.mark.parametrize(
    "location",
    [
        "ftp://host/a",
        "ext::sh -c id",
        "javascript:alert(1)",
        "data:text/plain,x",
        "git://host/a",
        "fd::17",
        "file://elsewhere/a",
        "https://",
        "https:///path",
        "https://-oProxyCommand=x/a",
        "https://host:99999/a",
        "https://ho st/a",
        "ssh://-oProxyCommand=id/a",
    ],
)
def test_other_schemes_and_broken_addresses_are_refused(location: str) -> None:
    with pytest.raises(RefusedError):
        parse_address(location)


def test_an_option_in_the_place_of_a_host_is_no_address() -> None:
    assert not is_address("-oProxyCommand=id:x") or parse_address("-oProxyCommand=id:x").host.startswith("-") is False


@pytest.mark.parametrize(
    "location",
    [
        "https://github.com/Org/Tool",
        "https://user:pa55@GitHub.com/Org/Tool.git",
        "http://github.com/org/tool/",
        "git@github.com:org/tool.git",
        "ssh://git@github.com:22/org/tool",
    ],
)
def test_one_project_has_one_origin(location: str) -> None:
    assert parse_address(location).origin == "github.com/org/tool"


def test_credentials_are_apart_from_the_address() -> None:
    remote = parse_address("https://ada:s3cret@host.org/a.git")
    assert remote.address == "https://host.org/a.git"
    assert remote.secret_address == "https://ada:s3cret@host.org/a.git"
    assert parse_address("https://token@host.org/a").address == "https://host.org/a"
    assert parse_address("ssh://git@host.org/a").secret_address == ""
    assert parse_address("ssh://git:pw@host.org/a").address == "ssh://git@host.org/a"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_private_addresses_are_refused_unless_allowed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "93.184.215.14", address)
    remote = parse_address("https://host.example/a")
    with pytest.raises(RefusedError, match="private"):
        check_host(remote, allow_private=False)
    assert check_host(remote, allow_private=True).startswith("93.184.215.14,")


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "localhost", "127.1"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises((RefusedError, UnreadableError)):
        check_host(parse_address(f"https://{host}/a"), allow_private=False)


def test_public_addresses_are_returned_to_connect_to(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    found = check_host(parse_address("https://host.example/a"), allow_private=False)
    assert found == "93.184.215.14,[2606:2800:21f:cb07:6820:80da:af6b:8b2c]"


def test_an_unknown_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch)
    with pytest.raises(UnreadableError, match=r"host\.example"):
        check_host(parse_address("https://ada:s3cret@host.example/a"), allow_private=False)


def test_a_proxy_resolves_what_this_machine_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch)
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    assert check_host(parse_address("https://host.example/a"), allow_private=False) == ""


def test_files_have_no_host() -> None:
    assert check_host(parse_address("file:///a/b"), allow_private=False) == ""


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("git@github.com:org/tool.git", "https://github.com/org/tool"),
        ("https://ada:s3cret@gitlab.com/group/sub/tool.git/", "https://gitlab.com/group/sub/tool"),
        ("ssh://git@bitbucket.org/org/tool", "https://bitbucket.org/org/tool"),
        ("https://git.sr.ht/~ada/tool", "https://git.sr.ht/~ada/tool"),
        ("https://git.host.org:8443/tool", "https://git.host.org:8443/tool"),
        ("/local/path", ""),
        ("../relative", ""),
        ("file:///local/path", ""),
        ("ext::sh", ""),
        ("", ""),
    ],
)
def test_web_pages(remote: str, page: str) -> None:
    assert web_page(remote) == page


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("https://github.com/o/t", f"https://github.com/o/t/blob/{SHA}/a%20b/%C3%BC%23.py#L3-L7"),
        ("https://gitlab.com/o/t", f"https://gitlab.com/o/t/-/blob/{SHA}/a%20b/%C3%BC%23.py#L3-7"),
        ("https://bitbucket.org/o/t", f"https://bitbucket.org/o/t/src/{SHA}/a%20b/%C3%BC%23.py#lines-3:7"),
        ("https://codeberg.org/o/t", f"https://codeberg.org/o/t/src/commit/{SHA}/a%20b/%C3%BC%23.py#L3-L7"),
        ("https://git.sr.ht/~o/t", f"https://git.sr.ht/~o/t/tree/{SHA}/item/a%20b/%C3%BC%23.py#L3"),
        ("https://unknown.org/o/t", ""),
        ("", ""),
    ],
)
def test_permalinks_in_the_form_of_each_site(page: str, link: str) -> None:
    assert permalink(page, SHA, "a b/ü#.py", 3, 7) == link


def test_permalinks_of_one_line_and_of_a_whole_file() -> None:
    assert permalink("https://github.com/o/t", SHA, "a.py", 3, 3).endswith("/a.py#L3")
    assert permalink("https://gitlab.com/o/t", SHA, "a.py", 3, 3).endswith("/a.py#L3")
    assert permalink("https://bitbucket.org/o/t", SHA, "a.py", 3).endswith("/a.py#lines-3")
    assert permalink("https://github.com/o/t", SHA, "a.py").endswith("/a.py")


@pytest.mark.parametrize(
    ("page", "commit", "issue"),
    [
        ("https://github.com/o/t", "/commit/c0ffee", "/issues/7"),
        ("https://gitlab.com/o/t", "/-/commit/c0ffee", "/-/issues/7"),
        ("https://bitbucket.org/o/t", "/commits/c0ffee", "/issues/7"),
        ("https://codeberg.org/o/t", "/commit/c0ffee", "/issues/7"),
        ("https://git.sr.ht/~o/t", "/commit/c0ffee", ""),
        ("https://unknown.org/o/t", "", ""),
        ("https://gitlab.com/{o}/t", "/-/commit/c0ffee", "/-/issues/7"),
        ("", "", ""),
    ],
)
def test_pages_of_commits_and_issues(page: str, commit: str, issue: str) -> None:
    assert commit_page(page, "c0ffee") == (page + commit if commit else "")
    assert issue_page(page, 7) == (page + issue if issue else "")
    assert (commit_page(page, ""), issue_page(page, 0)) == ("", "")
