"""Who may speak to the studio: its own machine, or a holder of a key; never a foreign web page."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import PROBLEM_TYPE, NotAllowed, NotAuthenticated, StudioError, problem_of

# A monitor has no key; what it hears names no secret. A link to a shared recipe proves itself, and for a while.
OPEN_TO_ALL = re.compile(r"/health|/api/lm/recipe/share/[\w.-]+|/api/v1/webhooks/replicate", re.ASCII)
# Whoever calls here comes from outside by design, and proves itself by a signature of what it sends.
SIGNED = "/api/v1/webhooks/replicate"

Refusal = Callable[[StudioError], Response]


class Guard:
    """ASGI middleware: refuses, before any route runs, whoever may not call.

    api_keys: accepted values of X-API-Key; empty: only callers on this machine are answered.
    allowed_origins: web origins besides the studio's own, as `scheme://host[:port]`.
    refusals: how callers below a path are told, where that differs from everywhere else.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        api_keys: Collection[str],
        allowed_origins: Collection[str],
        refusals: Mapping[str, Refusal] = MappingProxyType({}),
    ) -> None:
        self._app = app
        self._refusals = refusals
        self._keys = tuple(key.encode() for key in api_keys)
        self._origins = frozenset(origin.rstrip("/").lower() for origin in allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        try:
            self._check(scope, Headers(scope=scope))
        except StudioError as error:
            await self._refuse(error, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        self._check_origin(headers.get("origin"), host)
        if self._keys:
            if not OPEN_TO_ALL.fullmatch(scope["path"]):
                self._check_key(headers.get("x-api-key"))
            return
        if scope["path"] == SIGNED:
            return
        client = scope["client"][0] if scope.get("client") else ""
        if not _is_loopback(client):
            raise NotAllowed("this studio answers only its own machine; set API_KEYS to open it to others")
        # A page of a foreign name that resolves to 127.0.0.1 arrives from loopback too (DNS rebinding).
        if not _is_loopback(_hostname(host)):
            raise NotAllowed(f"this studio is not called {_hostname(host)!r}; call it 127.0.0.1 or localhost")

    def _check_origin(self, origin: str | None, host: str) -> None:
        if origin is None or origin.rstrip("/").lower() in self._origins:
            return
        if _netloc(origin) != host.lower():
            raise NotAllowed(
                f"pages of {origin} may not use this studio; add it to ALLOWED_ORIGINS if they should",
                code="foreign_origin",
            )

    def _check_key(self, sent: str | None) -> None:
        if sent is None:
            raise NotAuthenticated("this studio needs a key: send it as X-API-Key")
        # Every key is compared, so that the time taken tells nothing.
        matches = [secrets.compare_digest(sent.encode("latin-1"), key) for key in self._keys]
        if not any(matches):
            raise NotAuthenticated("this key is not one of the studio's")

    async def _refuse(self, error: StudioError, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
            await receive()  # websocket.connect
            await send({"type": "websocket.close", "code": 1008, "reason": error.message[:120]})
            return
        path = scope["path"]
        told = next((told for below, told in self._refusals.items() if path.startswith(f"{below}/")), _problem)
        await told(error)(scope, receive, send)


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:  # such as an unclosed bracket: no address at all
        return None


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    except ValueError:
        return False


def _problem(error: StudioError) -> Response:
    return JSONResponse(problem_of(error), error.status, headers=dict(error.headers), media_type=PROBLEM_TYPE)
