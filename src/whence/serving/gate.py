"""The gate before every route: which door a request means, who brings it, and whether that caller may pass.

Nothing behind it is reached without it: what no door is declared for is answered here.
"""

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from whence.monitoring.meters import Meters
from whence.serving.access import Caller, Doorkeeper, Rates, Right
from whence.serving.doors import Door, doors
from whence.serving.options import ServingOptions
from whence.serving.problems import Problem, denied, of_status, too_many, unauthorized
from whence.serving.service import Service

_GUESSES_PER_MINUTE = 30
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "testserver"})


class Gate:
    """ASGI middleware. Raises ``Problem``; puts the ``Caller`` and the door's path into the request's state."""

    def __init__(self, app: ASGIApp, service: Service, doorkeeper: Doorkeeper, options: ServingOptions) -> None:
        self._app = app
        self._service = service
        self._doorkeeper = doorkeeper
        self._options = options
        self._doors = doors()
        self._rates = Rates()
        self._guesses = Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or raises."""
        if scope["type"] == "http":
            await self._let_in(scope)
        elif scope["type"] == "websocket":
            raise of_status(404)
        await self._app(scope, receive, send)

    async def _let_in(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        address = scope["client"][0] if scope.get("client") else ""
        state = scope["state"]
        self._check_host(headers)
        door = self._door(scope)
        state["route"] = door.path
        shown = _key(headers)
        caller: Caller | None
        if shown:
            caller = await asyncio.to_thread(self._doorkeeper.caller, shown, address, state["request_id"])
        else:
            caller = self._doorkeeper.caller("", address, state["request_id"])
        if caller is None:
            if self._guesses.wait_s(address, _GUESSES_PER_MINUTE):
                self._meters.refused.labels("guessing").inc()  # not written down: guesses must not fill the disk
            else:
                await self._refuse(Caller(address=address, request_id=state["request_id"]), door)
            raise unauthorized("This key opens nothing: it is unknown, expired or revoked.")
        state["caller"] = caller
        if not caller.may(door.right):
            await self._refuse(caller, door)
            if caller.right is Right.OPEN:
                raise unauthorized("Send a key: the header `Authorization: Bearer KEY`, or `X-API-Key: KEY`.")
            raise denied(f"{door.method} {door.path} is for {_holder(door.right)}; this key is of another role.")
        self._check_rate(caller, door)

    def _door(self, scope: Scope) -> Door:
        path, method = scope["path"], scope["method"]
        fitting = [door for door in self._doors if door.pattern.match(path)]
        for door in fitting:
            if door.method == method:
                return door
        if fitting:
            allowed = ", ".join(dict.fromkeys(door.method for door in fitting))
            raise of_status(405, f"{path[:200]} takes {allowed}.", {"Allow": allowed})
        raise of_status(404, "There is nothing here: /docs lists what there is.")

    def _check_host(self, headers: Headers) -> None:
        """Where no key is asked for, a page in the user's browser or a forwarded request must not get in."""
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        if self._options.allowed_hosts and host not in self._options.allowed_hosts:
            raise of_status(400, f"This service is not called {host[:100]!r}.")
        if self._doorkeeper.asks_for_keys:
            return
        if host.lower() not in _LOCAL_NAMES and host not in self._options.allowed_hosts:
            raise of_status(400, f"Without keys this service answers to localhost only, not to {host[:100]!r}.")
        origin = headers.get("origin", "")
        if origin and origin.partition("://")[2].partition(":")[0] not in _LOCAL_NAMES | {"[", ""}:
            raise denied("Without keys, pages of other sites may not call this service.")
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise denied("Without keys, pages of other sites may not call this service.")
        if "x-forwarded-for" in headers or "forwarded" in headers:
            raise denied("This service is called through a proxy: start it with --require-keys.")

    def _check_rate(self, caller: Caller, door: Door) -> None:
        if caller.key is None or door.right is Right.OPEN:
            return
        per_minute = caller.key.rate_per_minute or self._options.rate_per_minute
        wait_s = self._rates.wait_s(caller.id, per_minute) if per_minute else 0.0
        if wait_s:
            self._meters.refused.labels("rate").inc()
            raise too_many("rate", f"This key may make {per_minute} requests a minute.", wait_s)

    @property
    def _meters(self) -> Meters:
        return self._service.meters

    async def _refuse(self, caller: Caller, door: Door) -> None:
        self._meters.refused.labels("right").inc()
        target = f"{door.method} {door.path}"
        await asyncio.to_thread(self._service.audit, caller, "enter", "denied", target)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a service that listens there."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _key(headers: Mapping[str, str]) -> str:
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and text.strip():
        return text.strip()
    return headers.get("x-api-key", "").strip()


def _holder(right: Right) -> str:
    return "editors and administrators" if right is Right.WRITE else "administrators"


__all__ = ["Gate", "Problem", "is_loopback"]
