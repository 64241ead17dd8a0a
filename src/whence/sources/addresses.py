"""Addresses of remotes: which may be reached, what identifies them, and where people read them.

Nothing here opens a connection; names are resolved, since an address is only as safe as what it resolves to.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from whence.errors import RefusedError, UnreadableError

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:(?://|:)|^(?:javascript|data|mailto):")
_SCP = re.compile(r"^(?:(?P<user>[\w.-]+)@)?(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):(?P<path>(?!//|:)\S.*)$")
_PORTS = {"https": 443, "http": 80, "ssh": 22}


@dataclass(frozen=True, slots=True)
class Remote:
    """A parsed address. ``address`` has no credentials; ``secret_address`` is "" where there were none."""

    scheme: str
    host: str
    port: int
    path: str
    address: str
    secret_address: str = ""

    @property
    def origin(self) -> str:
        """What stays the same however one reaches it: host and path in one spelling."""
        path = self.path.strip("/")
        path = path[:-4] if path.endswith(".git") else path
        port = f":{self.port}" if self.port not in {_PORTS.get(self.scheme), 0} else ""
        if self.host in {"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"}:
            path = path.lower()
        return f"{self.host}{port}/{path}"

    @property
    def name(self) -> str:
        """The last part of the path without ".git"."""
        last = self.path.rstrip("/").rpartition("/")[2].rpartition(":")[2]
        return last[:-4] if last.endswith(".git") else last


def is_address(location: str) -> bool:
    """Whether a location is meant as an address; a path that exists is asked first by the caller."""
    return bool(_SCHEME.match(location) or _SCP.match(location))


def parse_address(location: str) -> Remote:
    """Take an address apart. Raises ``RefusedError`` for schemes other than https, http, ssh and file."""
    if not _SCHEME.match(location):
        match = _SCP.match(location)
        if match is None:
            raise RefusedError("The address cannot be understood; use https://host/path, ssh://host/path or a folder.")
        path = match["path"]
        user = f"{match['user']}@" if match["user"] else ""
        host = match["host"].strip("[]").lower()
        return Remote("ssh", host, 22, path, f"{user}{match['host']}:{path}")
    scheme = location.split(":", 1)[0].lower()
    if scheme not in {"https", "http", "ssh", "file", "git+https", "git+ssh"} or "::" in location.partition("/")[0]:
        raise RefusedError(f"Addresses of the scheme {scheme}: are not read; use https, ssh or a folder.")
    return _parse_url(location.removeprefix("git+"), scheme.removeprefix("git+"))


def _parse_url(location: str, scheme: str) -> Remote:
    try:
        parts = urlsplit(location)
        port = parts.port or _PORTS.get(scheme, 0)
        host = (parts.hostname or "").lower().rstrip(".")
    except ValueError as error:
        raise RefusedError("The address cannot be understood; check its host and port.") from error
    if scheme == "file":
        if host not in {"", "localhost"}:
            raise RefusedError("A file: address must be of this machine; use file:///path.")
        return Remote("file", "", 0, unquote(parts.path), "file://" + parts.path)
    if not host or host.startswith("-") or any(character.isspace() or ord(character) < 32 for character in location):
        raise RefusedError("The address names no usable host; use https://host/path.")
    bracketed = f"[{host}]" if ":" in host else host
    netloc = bracketed + (f":{parts.port}" if parts.port else "")
    user = parts.username or ""
    if scheme == "ssh" and user and not user.startswith("-"):
        netloc = f"{user}@{netloc}"  # an ssh user is an account name that git needs, not a secret
    address = f"{scheme}://{netloc}{parts.path}"
    has_secret = bool(parts.password) or bool(user and scheme != "ssh")
    secret = f"{scheme}://{parts.netloc}{parts.path}" if has_secret else ""
    return Remote(scheme, host, port, parts.path, address, secret)


def check_host(remote: Remote, *, allow_private: bool) -> str:
    """Resolve the host and return the permitted addresses, joined by commas ("" where a proxy resolves, or no host).

    Raises ``RefusedError`` for private, loopback, link-local, metadata and other special addresses,
    ``UnreadableError`` for a host that does not exist.
    """
    if remote.scheme == "file":
        return ""
    try:
        found = socket.getaddrinfo(remote.host, remote.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        if _has_proxy(remote):
            return ""
        raise UnreadableError(f"The host {remote.host} was not found; check the address and the network.") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not allow_private:
        for address in addresses:
            if not _is_public(address):
                raise RefusedError(
                    f"{remote.host} leads to the private address {address}, which is not read unless the settings have "
                    "[sources] allow_private_addresses = true."
                )
    return ",".join(dict.fromkeys(f"[{address}]" if ":" in address else address for address in addresses))


def _has_proxy(remote: Remote) -> bool:
    return remote.scheme in getproxies() and not proxy_bypass(remote.host)


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return _is_public(str(inner))
        if ip in ipaddress.ip_network("64:ff9b::/96"):
            return _is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def web_page(location: str) -> str:
    """The https page of a remote's project, without credentials and trailing slash, or "" where there is none."""
    if not location or not is_address(location) or location.startswith("/"):
        return ""
    try:
        remote = parse_address(location)
    except RefusedError:
        return ""
    path = remote.path.strip("/")
    path = path[:-4] if path.endswith(".git") else path
    if remote.scheme == "file" or not path or "." not in remote.host:
        return ""
    port = f":{remote.port}" if remote.scheme in {"http", "https"} and remote.port not in {80, 443} else ""
    return f"https://{remote.host}{port}/{quote(path, safe='/~@:+')}"


def permalink(web_url: str, revision: str, path: str, start_line: int = 0, end_line: int = 0) -> str:
    """Address of lines of a file at a revision, in the form of the site; "" where the site's form is not known.

    Lines count from 1, both ends inside; 0 leaves them out.
    """
    if not web_url or not revision or not path:
        return ""
    host = urlsplit(web_url).hostname or ""
    file = quote(path, safe="/~@:+!$&'()*,;=")
    last = max(start_line, end_line)
    if host == "github.com" or host.startswith("github."):
        span = f"#L{start_line}" + (f"-L{last}" if last > start_line else "") if start_line else ""
        return f"{web_url}/blob/{revision}/{file}{span}"
    if host == "gitlab.com" or host.startswith("gitlab."):
        span = f"#L{start_line}" + (f"-{last}" if last > start_line else "") if start_line else ""
        return f"{web_url}/-/blob/{revision}/{file}{span}"
    if host == "bitbucket.org":
        span = f"#lines-{start_line}" + (f":{last}" if last > start_line else "") if start_line else ""
        return f"{web_url}/src/{revision}/{file}{span}"
    if host == "codeberg.org" or host.startswith(("gitea.", "forgejo.")):
        span = f"#L{start_line}" + (f"-L{last}" if last > start_line else "") if start_line else ""
        return f"{web_url}/src/commit/{revision}/{file}{span}"
    if host == "git.sr.ht":
        return f"{web_url}/tree/{revision}/item/{file}" + (f"#L{start_line}" if start_line else "")
    return ""


def commit_page(web_url: str, sha: str) -> str:
    """Address of a commit, in the form of the site; "" where the site's form is not known."""
    form = _page_forms(web_url)[0]
    return form.format(web_url=web_url, sha=sha) if form and sha else ""


def issue_page(web_url: str, number: int) -> str:
    """Address of the issue of this number, in the form of the site; "" where the site's form is not known.

    On most sites that of an issue leads on to the pull request of the number, where it is one.
    """
    form = _page_forms(web_url)[1]
    return form.format(web_url=web_url, number=number) if form and number else ""


def _page_forms(web_url: str) -> tuple[str, str]:
    """The forms of the addresses of commits and of issues; "" for what a site has not or is not known to have."""
    host = urlsplit(web_url).hostname or ""
    if host == "github.com" or host.startswith("github."):
        return "{web_url}/commit/{sha}", "{web_url}/issues/{number}"
    if host == "gitlab.com" or host.startswith("gitlab."):
        return "{web_url}/-/commit/{sha}", "{web_url}/-/issues/{number}"
    if host == "bitbucket.org":
        return "{web_url}/commits/{sha}", "{web_url}/issues/{number}"
    if host == "codeberg.org" or host.startswith(("gitea.", "forgejo.")):
        return "{web_url}/commit/{sha}", "{web_url}/issues/{number}"
    if host == "git.sr.ht":
        return "{web_url}/commit/{sha}", ""
    return "", ""
