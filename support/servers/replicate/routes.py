"""What the double answers: who may ask, what is refused and in which words, and what the rest is told."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from support.servers.replicate import views
from support.servers.replicate.life import Ordered
from support.servers.replicate.models import Offered, called, faults, run_as
from support.servers.serving import Exchange

if TYPE_CHECKING:
    from support.servers.replicate.server import Replicate

PAGE_SIZE = 100
HOLD_BY_DEFAULT_SECONDS, LONGEST_HOLD_SECONDS = 60, 60
GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_EVENTS = ("start", "output", "logs", "completed")
_PREDICTION = re.compile(r"/v1/predictions/([^/]+)(/cancel)?")
_MODEL = re.compile(r"/v1/models/([^/]+/[^/]+)(?:/versions/([^/]+))?")
_FILE = re.compile(r"/delivery/([^/]+)/out-0\.\w+")
_WAIT = re.compile(r"wait(?:=(\d+))?")


class Routes:
    """The addresses of the API, and of the files that it delivers."""

    def __init__(self, double: Replicate) -> None:
        self._double = double

    def serve(self, exchange: Exchange) -> None:
        body = exchange.body()
        self._double.requests.append(exchange.seen)
        if self._double.out_of_order is not None:
            exchange.answer(self._double.out_of_order, {"Content-Type": "text/html"}, GATEWAY_PAGE)
            return
        delivered = _FILE.fullmatch(exchange.path)
        if delivered:
            self._deliver(exchange, delivered[1])
        elif self._lets_in(exchange):
            self._route(exchange, body)

    def _lets_in(self, exchange: Exchange) -> bool:
        kind, _, token = exchange.headers.get("authorization", "").partition(" ")
        if kind in ("Bearer", "Token") and token == self._double.token:
            return True
        passed = "a valid" if token else "an"
        self._refuse(exchange, 401, "Unauthenticated", f"You did not pass {passed} authentication token")
        return False

    def _route(self, exchange: Exchange, body: bytes) -> None:
        prediction, model = _PREDICTION.fullmatch(exchange.path), _MODEL.fullmatch(exchange.path)
        exact: dict[tuple[str, str], Callable[[], None]] = {
            ("POST", "/v1/predictions"): lambda: self._create(exchange, body),
            ("GET", "/v1/predictions"): lambda: self._list(exchange),
            ("POST", "/v1/files"): lambda: self._keep(exchange, body),
            ("GET", "/v1/webhooks/default/secret"): lambda: self._tell(
                exchange, 200, {"key": self._double.webhook_secret}
            ),
        }
        asked = exact.get((exchange.method, exchange.path))
        if asked is not None:
            asked()
        elif prediction and exchange.method == ("POST" if prediction[2] else "GET"):
            self._one(exchange, prediction[1], cancel=bool(prediction[2]))
        elif model and exchange.method == "GET":
            self._model(exchange, model[1], model[2])
        else:
            self._nothing(exchange)

    def _create(self, exchange: Exchange, body: bytes) -> None:
        if self._is_throttled(exchange) or self._is_broken(exchange):
            return
        try:
            order = json.loads(body)
            model = run_as(str(order["version"]))
        except (ValueError, KeyError, TypeError):
            self._refuse(exchange, 422, "Unprocessable Entity", "version is required")
            return
        if model is None:
            detail = "The specified version does not exist (or perhaps you don't have permission to use it?)"
            self._refuse(exchange, 422, "Invalid version or not permitted", detail)
            return
        wrong = faults(model, order.get("input"))
        if wrong:
            fields = [{"type": kind, "field": field, "description": why} for field, kind, why in wrong]
            detail = "".join(f"- {field}: {why}\n" for field, _, why in wrong)
            self._refuse(exchange, 422, "Input validation failed", detail, invalid_fields=fields)
            return
        if not self._refuses_webhook(exchange, order):
            self._take(exchange, model, order)

    def _refuses_webhook(self, exchange: Exchange, order: dict[str, Any]) -> bool:
        """Only what is spoken to by TLS, or lives on this machine, is told. Source: predictions.create, webhook."""
        webhook = order.get("webhook")
        if webhook is None or str(webhook).startswith(("https://", "http://127.0.0.1:")):
            return False
        self._refuse(exchange, 422, "Unprocessable Entity", "webhook must be a valid HTTPS URL")
        return True

    def _take(self, exchange: Exchange, model: Offered, order: dict[str, Any]) -> None:
        is_lost = self._double.troubles.spend("loses the answer") is not None
        events = tuple(order.get("webhook_events_filter") or _EVENTS)
        ordered = self._double.order(model, order["input"], order.get("webhook"), events)
        if is_lost:
            exchange.reset()
            return
        ordered.stopped.wait(self._held_for(exchange))
        location = {"Location": f"{self._double.url}/v1/predictions/{ordered.id}"}
        self._tell(exchange, 201, self._told(ordered), location)

    def _is_throttled(self, exchange: Exchange) -> bool:
        until, now = self._double.throttled_until, self._double.clock.now()
        if until is None or now >= until:
            return False
        seconds = max(round((until - now).total_seconds()), 1)
        detail = f"Request was throttled. Your rate limit resets in ~{seconds}s."
        self._refuse(exchange, 429, "Too Many Requests", detail, retry_after=seconds)
        return True

    def _is_broken(self, exchange: Exchange) -> bool:
        """Whether a trouble strikes before anything is taken."""
        struck = self._double.troubles.spend("asks for payment", "drops the order", "fails at the gate")
        if struck == "asks for payment":
            detail = "You have insufficient credit to run this model. Add credit to your account to continue."
            self._refuse(exchange, 402, "Insufficient credit", detail)
        elif struck == "drops the order":
            exchange.reset()
        elif struck == "fails at the gate":
            exchange.answer(502, {"Content-Type": "text/html"}, GATEWAY_PAGE)
        return struck is not None

    def _held_for(self, exchange: Exchange) -> float:
        asked = _WAIT.fullmatch(exchange.headers.get("prefer", ""))
        if asked is None:
            return 0.0
        seconds = int(asked[1]) if asked[1] else HOLD_BY_DEFAULT_SECONDS
        return min(seconds, LONGEST_HOLD_SECONDS, self._double.holds_seconds)

    def _list(self, exchange: Exchange) -> None:
        """The newest first, a hundred a page; the cursor is the last one's id."""
        after = exchange.query.get("created_after")
        try:
            since = None if after is None else datetime.fromisoformat(after)
        except ValueError:
            self._refuse(exchange, 422, "Unprocessable Entity", "created_after must be a date-time in ISO 8601 format")
            return
        newest = [one for one in reversed(self._double.predictions()) if since is None or one.created_at >= since]
        ids = [one.id for one in newest]
        cursor = exchange.query.get("cursor", "")
        start = ids.index(cursor) + 1 if cursor in ids else 0
        page = newest[start : start + PAGE_SIZE]
        more = start + PAGE_SIZE < len(newest)
        query = {**exchange.query, "cursor": page[-1].id} if more else {}
        following = f"{self._double.url}/v1/predictions?{urlencode(query)}" if more else None
        told = {"next": following, "previous": None, "results": [self._told(one) for one in page]}
        self._tell(exchange, 200, told)

    def _one(self, exchange: Exchange, prediction_id: str, *, cancel: bool) -> None:
        ordered = self._double.found(prediction_id)
        if ordered is None:
            self._nothing(exchange)
            return
        if cancel:
            self._double.cancel(ordered)
        self._tell(exchange, 200, self._told(ordered))

    def _model(self, exchange: Exchange, name: str, version: str | None) -> None:
        model = called(name)
        if model is None or (version is not None and version != model.version):
            self._nothing(exchange)
        elif version is None:
            self._tell(exchange, 200, views.model(model, self._double.url))
        else:
            self._tell(exchange, 200, views.version(model))

    def _keep(self, exchange: Exchange, body: bytes) -> None:
        """A file in a form, for a day. Source: "HTTP API", files.create."""
        form = message_from_bytes(f"Content-Type: {exchange.headers['content-type']}\r\n\r\n".encode() + body)
        part = next(one for one in form.walk() if not one.is_multipart())
        content = bytes(part.get_payload(decode=True) or b"")
        name = uuid.uuid4().hex
        self._double.files[name] = (content, part.get_content_type())
        address = f"{self._double.url}/v1/files/{name}"
        expires = views.stamp(self._double.clock.now() + timedelta(days=1))
        told = {"id": name, "size": len(content), "expires_at": expires, "urls": {"get": address}}
        self._tell(exchange, 201, told)

    def _deliver(self, exchange: Exchange, prediction_id: str) -> None:
        """A picture, to whoever knows its address; gone after an hour."""
        ordered = self._double.found(prediction_id)
        if ordered is None or ordered.file is None or ordered.is_removed(self._double.clock.now()):
            exchange.answer(404, {"Content-Type": "text/plain"}, b"not found")
            return
        exchange.answer(200, {"Content-Type": views.content_type(ordered)}, ordered.file)

    def _told(self, ordered: Ordered) -> dict[str, Any]:
        with self._double.lock:
            return views.told(ordered, self._double.url, self._double.clock.now())

    def _nothing(self, exchange: Exchange) -> None:
        self._refuse(exchange, 404, "Not found", "The requested resource could not be found.")

    def _refuse(self, exchange: Exchange, status: int, title: str, detail: str, **more: Any) -> None:
        headers = {"Content-Type": "application/problem+json"}
        exchange.answer(status, headers, json.dumps(views.refusal(status, title, detail, **more)).encode())

    def _tell(
        self, exchange: Exchange, status: int, body: dict[str, Any], headers: dict[str, str] | None = None
    ) -> None:
        exchange.answer(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body).encode())
