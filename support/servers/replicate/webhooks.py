"""The webhooks that the double sends: signed, and sent again under the same id where nobody took them.

Source: "Verify webhooks", "Set up webhooks". Left out: that the real service waits longer before each next try.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.clock import Clock

Deliver = Callable[[str, Mapping[str, str], bytes], int]
TRIES = 3
ANSWERED_WITHIN_SECONDS = 5.0


@dataclass
class Sent:
    """A webhook that was sent. statuses: of each try, 0 where nobody answered."""

    url: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    statuses: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        return f"webhook {self.headers['webhook-id']} to {self.url}: answered {self.statuses}"


def signature(secret: str, message_id: str, moment: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over `id.moment.body`, by the base64 behind `whsec_`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{moment}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def over_http(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """The status that the receiver answers. Redirects are not followed."""
    with httpx.Client(trust_env=False, verify=False, timeout=ANSWERED_WITHIN_SECONDS) as client:
        return client.post(url, content=body, headers=dict(headers)).status_code


class Postman:
    """Signs and delivers, from the thread that has something to tell. twice: every webhook comes a second time."""

    def __init__(self, secret: str, clock: Clock, deliver: Deliver) -> None:
        self.secret = secret
        self.twice = False
        self.sent: list[Sent] = []
        self._clock = clock
        self._deliver = deliver
        self._lock = threading.Lock()

    def tell(self, url: str, prediction: dict[str, Any]) -> None:
        body = json.dumps(prediction).encode()
        moment = int(self._clock.now().timestamp())
        message_id = f"msg_{uuid.uuid4().hex}"
        sent = Sent(
            url,
            {
                "content-type": "application/json",
                "webhook-id": message_id,
                "webhook-timestamp": str(moment),
                "webhook-signature": signature(self.secret, message_id, moment, body),
            },
            body,
        )
        with self._lock:
            self.sent.append(sent)
        self._bring(sent)
        if self.twice:
            self._bring(sent)

    def _bring(self, sent: Sent) -> None:
        for _ in range(TRIES):
            try:
                status = self._deliver(sent.url, sent.headers, sent.body)
            except (httpx.HTTPError, OSError):
                status = 0
            sent.statuses.append(status)
            if 200 <= status < 300:
                return
