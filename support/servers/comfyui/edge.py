"""The outermost layer: who may ask, which route answers, and what is remembered of each request."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from support.servers.comfyui.replies import crashed, empty, refused, text
from support.servers.comfyui.seen import Memory, Seen

log = logging.getLogger(__name__)

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SOCKETS = ("/ws", "/api/ws")
BODY_KEPT_BYTES = 256 * 1024
NOT_AN_UPGRADE = 'No WebSocket UPGRADE hdr: None\n Can "Upgrade" only to "WebSocket".'


class Edge:
    """The ASGI application. routes: each answers as /x and as /api/x. serve_socket: takes over a WebSocket."""

    def __init__(self, routes: Sequence[Route], serve_socket: ASGIApp, memory: Memory) -> None:
        self._routes = routes
        self._serve_socket = serve_socket
        self._memory = memory

    @cached_property
    def _below_api(self) -> list[Route]:
        # Made when first asked for: making routes is the longest part of a start.
        return [Route(f"/api{route.path}", route.endpoint, methods=list(route.methods or ())) for route in self._routes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope.get("method", "GET")
        seen = self._memory.request(method, scope["path"], scope["query_string"].decode("latin-1"))
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send, headers, seen)
            return
        receive, send = _remembered(seen, receive, send)
        if is_foreign(headers):
            await empty(403)(scope, receive, send)
        elif method == "OPTIONS":
            await empty()(scope, receive, send)
        else:
            await self._answer(scope, receive, send, seen)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, seen: Seen) -> None:
        try:
            await self._route(scope)(scope, receive, send)
        except ClientDisconnect:
            return
        except Exception:
            if seen.status:
                raise
            log.debug("the double stumbles over %s", seen, exc_info=True)
            await crashed()(scope, receive, send)

    def _route(self, scope: Scope) -> ASGIApp:
        """The route that answers. Every address is one of a file too, for GET and HEAD, whether it is there or not."""
        if scope["path"] in SOCKETS and scope["method"] in ("GET", "HEAD"):
            return text(NOT_AN_UPGRADE, 400)
        allowed = {"GET", "HEAD"}
        routes = [*self._routes, *self._below_api] if scope["path"].startswith("/api/") else self._routes
        for route in routes:
            match, child = route.matches(scope)
            if match is Match.FULL:
                scope.update(child)
                return route.handle
            if match is Match.PARTIAL:
                allowed |= route.methods or set()
        if scope["method"] in ("GET", "HEAD"):
            return refused(404)
        return not_possible(allowed)

    async def _socket(self, scope: Scope, receive: Receive, send: Send, headers: dict[str, str], seen: Seen) -> None:
        refusal: Response | None = None
        if is_foreign(headers):
            refusal = empty(403)
        elif scope["path"] not in SOCKETS:
            refusal = refused(404)
        if refusal is not None:
            seen.status = refusal.status_code
            await WebSocket(scope, receive, send).send_denial_response(refusal)
            return
        seen.status = 101
        await self._serve_socket(scope, receive, send)


def not_possible(allowed: set[str]) -> Response:
    """There is such an address, but not for this method."""
    return refused(405, {"Allow": ",".join(sorted(allowed))})


def is_foreign(headers: dict[str, str]) -> bool:
    """Whether a page from elsewhere asks: Host is a loopback one, and Origin names another host or port.

    A port is compared where both name one. headers: names in lower case.
    """
    host = urlsplit("//" + headers.get("host", "").lower())
    origin = urlsplit(headers.get("origin", "").lower())
    if host.hostname not in LOOPBACK or origin.hostname is None:
        return False
    if host.hostname != origin.hostname:
        return True
    return None not in (host.port, origin.port) and host.port != origin.port


def _remembered(seen: Seen, receive: Receive, send: Send) -> tuple[Receive, Send]:
    async def receiving() -> Message:
        message = await receive()
        if message["type"] == "http.request" and len(seen.body) < BODY_KEPT_BYTES:
            seen.body += message.get("body", b"")
        return message

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            seen.status = message["status"]
        await send(message)

    return receiving, sending
