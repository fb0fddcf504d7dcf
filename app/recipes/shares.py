"""Links that open one recipe's picture for a while, to whoever holds them; nothing is kept but one secret."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from app.clock import Clock
from app.errors import NotFound, StorageUnavailable, StudioError

OPEN_FOR = timedelta(seconds=300)
_SECRET_BYTES = 32
_TOKEN = re.compile(r"(?P<signed>(?P<id>[0-9a-f]{32})\.(?P<expiry>[0-9a-f]{1,16}))\.(?P<proof>[0-9a-f]{64})", re.ASCII)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_IN_A_FILE_NAME = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


class LinkExpired(StudioError):
    """410: the link was good, and is so no longer."""

    status, code, title = 410, "expired", "The link has expired"


@dataclass(frozen=True)
class Link:
    token: str
    expires_at: datetime


class Shares:
    """Makes and reads links. secret_file: made at the first link, readable by its owner alone.

    A token says which recipe and until when, and proves it with an HMAC-SHA-256, so a changed one is none.
    """

    def __init__(self, *, clock: Clock, secret_file: Path) -> None:
        self._clock = clock
        self._secret_file = secret_file
        self._lock = threading.Lock()
        self._known: bytes | None = None

    def link(self, recipe_id: str) -> Link:
        """A link to that recipe, good for 300 seconds from now."""
        expires_at = self._clock.now() + OPEN_FOR
        signed = f"{recipe_id}.{(expires_at - _EPOCH) // _MICROSECOND:x}"
        return Link(f"{signed}.{self._proof(signed)}", expires_at)

    def recipe_id(self, token: str) -> str:
        """Which recipe the token opens. Raises NotFound for what is no token of ours, LinkExpired."""
        told = _TOKEN.fullmatch(token)
        if told is None or not hmac.compare_digest(told["proof"], self._proof(told["signed"])):
            raise NotFound("this is not a link of this studio; ask whoever sent it for another")
        if self._clock.now() >= _EPOCH + int(told["expiry"], 16) * _MICROSECOND:
            minutes = OPEN_FOR // timedelta(minutes=1)
            raise LinkExpired(f"a link is good for {minutes} minutes, and these are over; ask for another")
        return told["id"]

    def _proof(self, signed: str) -> str:
        return hmac.new(self._secret(), signed.encode(), hashlib.sha256).hexdigest()

    def _secret(self) -> bytes:
        with self._lock:
            if self._known is None:
                try:
                    self._known = self._read() or self._make()
                except OSError as error:
                    why = error.strerror or "it cannot be used"
                    raise StorageUnavailable(f"the secret of links in {self._secret_file.name}: {why}") from error
            return self._known

    def _read(self) -> bytes | None:
        try:
            secret = self._secret_file.read_bytes()
        except FileNotFoundError:
            return None
        # A shorter one was cut off while it was written; whatever it signed has expired long since.
        return secret if len(secret) == _SECRET_BYTES else None

    def _make(self) -> bytes:
        secret = secrets.token_bytes(_SECRET_BYTES)
        made = self._secret_file.with_name(f"{self._secret_file.name}.new")
        made.unlink(missing_ok=True)
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
        made.replace(self._secret_file)
        return secret


def attachment(file_name: str) -> str:
    """Content-Disposition for a file to be saved under that name. Source: RFC 6266, section 4.3; RFC 8187."""
    safe = _NOT_IN_A_FILE_NAME.sub("_", file_name).strip(". ") or "picture"
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
