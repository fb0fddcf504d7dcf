"""Webhooks: predictions that Replicate tells of by itself, believed only when their signature is right.

Source: "Verify webhooks", and Standard Webhooks, which it follows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from app.errors import NotAuthenticated
from app.generation.replicate.prediction import Prediction

PATH = "/api/v1/webhooks/replicate"
# Of a webhook's age, either way: an older one may be a replay.
TOLERANCE = timedelta(minutes=5)
MOST_REMEMBERED = 1000
# A prediction that ends before its order is answered is told before anybody listens for it.
MOST_KEPT = 256
_PREFIX = "whsec_"


class Unproven(NotAuthenticated):
    """401: the webhook does not prove that it comes from Replicate."""

    code, title = "webhook_not_proven", "The webhook is not proven"
    headers = MappingProxyType({"WWW-Authenticate": "Webhook-Signature"})


@runtime_checkable
class HearsWebhooks(Protocol):
    """A backend that is told of its work by signed webhooks."""

    def hear(self, headers: Mapping[str, str], body: bytes, tell: Callable[[bytes], Any]) -> None:
        """tell: the body as JSON, asked for only once it is proven. Raises Unproven."""


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The webhook's id, when one of its signatures is right and its moment is near. Raises Unproven."""
    message_id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not moment:
        raise Unproven("webhook-id, webhook-timestamp and webhook-signature must come with a webhook")
    try:
        told = datetime.fromtimestamp(int(moment), UTC)
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (ValueError, OverflowError, OSError, binascii.Error) as error:
        raise Unproven("webhook-timestamp must be whole seconds, and the secret whsec_ and base64") from error
    if abs(now - told) > TOLERANCE:
        raise Unproven("the webhook is older or newer than five minutes")
    signed = message_id.encode("latin-1", "replace") + b"." + moment.encode() + b"." + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    sent = [one.partition(",") for one in headers.get("webhook-signature", "").split()]
    # Every one is compared, so that the time taken tells nothing.
    matches = [
        hmac.compare_digest(signature.encode("latin-1", "replace"), wanted)
        for version, _, signature in sent
        if version == "v1"
    ]
    if not any(matches):
        raise Unproven("no signature of the webhook is right")
    return message_id


class News:
    """What was told of some predictions since somebody began to listen for them."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self._told: dict[str, Prediction] = {}
        self._lock = threading.Lock()

    def tell(self, prediction: Prediction) -> None:
        with self._lock:
            self._told[prediction.id] = prediction
        self.came.set()

    def of(self, prediction_id: str) -> Prediction | None:
        with self._lock:
            return self._told.get(prediction_id)


class Bell:
    """Rings for whoever waits for a prediction. Only ends are told: what runs is asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listening: dict[str, News] = {}
        self._early: OrderedDict[str, Prediction] = OrderedDict()
        self._heard: OrderedDict[str, None] = OrderedDict()

    @contextmanager
    def listening(self, ids: Iterable[str]) -> Iterator[News]:
        """What is told of these, from the moment on at which they were ordered."""
        news, wanted = News(), list(ids)
        with self._lock:
            for prediction_id in wanted:
                self._listening[prediction_id] = news
            early = [self._early.pop(one) for one in wanted if one in self._early]
        for prediction in early:
            news.tell(prediction)
        try:
            yield news
        finally:
            with self._lock:
                for prediction_id in wanted:
                    if self._listening.get(prediction_id) is news:
                        del self._listening[prediction_id]

    def ring(self, message_id: str, prediction: Prediction | None) -> None:
        """A webhook came that is proven; one that came before, or of no prediction of ours, changes nothing."""
        with self._lock:
            if message_id in self._heard or prediction is None or not prediction.has_ended:
                return
            self._heard[message_id] = None
            if len(self._heard) > MOST_REMEMBERED:
                self._heard.popitem(last=False)
            news = self._listening.get(prediction.id)
            if news is None:
                self._early[prediction.id] = prediction
                if len(self._early) > MOST_KEPT:
                    self._early.popitem(last=False)
        if news is not None:
            news.tell(prediction)
