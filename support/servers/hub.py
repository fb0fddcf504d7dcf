"""A model hub on loopback that behaves like Civitai, remembers what it sent, and misbehaves when told to.

The real thing: Civitai's REST API v1 as of 2025 (models, model versions with `files[].hashes.SHA256`,
and /api/download/models/{id}, which redirects to the file's own address). Files are served as a CDN
serves them: ETag, Range, If-Range, HEAD, Content-Disposition (RFC 9110, RFC 6266).
Left out: accounts and keys, search and lists, previews, mirrors, early access, several ranges in one
request (answered whole, as RFC 9110 permits), TLS and HTTP/2.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import quote

from support.builders import safetensors
from support.servers.hub_files import Mood, Offered, model_view, send_file, version_view
from support.servers.serving import Exchange, Seen, Server

__all__ = ["Hub", "Offered"]

FIRST_VERSION_ID = 1001
ADDRESSES = {
    r"/api/v1/models/(\d{1,9})": "model",
    r"/api/v1/model-versions/(\d{1,9})": "version",
    r"/api/download/models/(\d{1,9})": "download",
}


class Hub:
    """The hub of one scenario. port: 0 picks a free one; now: what its clock shows, for waits told as a date."""

    def __init__(self, *, port: int = 0, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._closing = False
        self._offers: dict[str, Offered] = {}
        self._paths: dict[str, str] = {}
        self._moods: dict[str, Mood] = {}
        self.requests: list[Seen] = []
        self.unexpected: list[Seen] = []
        self._server = Server(self._answer, port=port)
        self.url = self._server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything, downloads that are held back included; no thread and no socket is left."""
        with self._lock:
            self._closing = True
            for mood in self._moods.values():
                if mood.gate is not None:
                    mood.gate.set()
        self._server.close()

    # What it offers

    def offers(
        self,
        name: str,
        *,
        size_bytes: int = 4096,
        content: bytes | None = None,
        kind: str = "loras",
        file_name: str | None = None,
        published_sha256: str | None = None,
    ) -> Offered:
        """Put a file on offer under `name`: a valid safetensors file of about `size_bytes`, or `content`.

        file_name: `name`, with .safetensors unless it has a suffix; two offers may share one.
        published_sha256: the content's own unless given.
        """
        content = safetensors(name, size_bytes) if content is None else content
        file_name = file_name or (name if PurePosixPath(name).suffix else f"{name}.safetensors")
        with self._lock:
            known = self._offers.get(name)
            version_id = known.version_id if known else FIRST_VERSION_ID + len(self._offers)
            path = f"/files/{file_name}"
            if self._paths.get(path, name) != name:
                path = f"/files/{version_id}/{file_name}"
            sha256 = published_sha256 or hashlib.sha256(content).hexdigest()
            # Slashes of the name too: a client would resolve the dots between them.
            folder, _, _ = path.partition(file_name)
            url = f"{self.url}{folder}{quote(file_name, safe='')}"
            offered = Offered(name, file_name, kind, version_id, url, sha256, content)
            self._offers[name] = offered
            self._paths[path] = name
            self._moods.setdefault(name, Mood())
        return offered

    def publishes_a_wrong_checksum(self, name: str, sha256: str | None = None) -> Offered:
        """Publish another SHA-256 than the content's; the offer as it now stands."""
        with self._lock:
            wrong = sha256 or hashlib.sha256(b"not " + self._offers[name].content).hexdigest()
            self._offers[name] = replace(self._offers[name], sha256=wrong)
            return self._offers[name]

    # How it misbehaves

    def is_busy_for(
        self, name: str, seconds: float, *, times: int | None = 1, status: int = 429, as_date: bool = False
    ) -> None:
        """Ask the next callers for patience, 429 or 503 with Retry-After in seconds or as a date; None: all."""
        moment = (self._now() + timedelta(seconds=seconds)).astimezone(UTC)
        told = format_datetime(moment, usegmt=True) if as_date else str(round(seconds))
        self._set(name, busy_times=times, busy_status=status, retry_after=told)

    def fails(self, name: str, *, times: int | None = 1, status: int = 500) -> None:
        self._set(name, failing_times=times, failing_status=status)

    def cuts_the_body(self, name: str, *, times: int | None = None) -> None:
        """Promise the whole length, send half, end the connection."""
        self._set(name, cutting_times=times)

    def has_no_longer(self, name: str, *, status: int = 410) -> None:
        self._set(name, gone_status=status)

    def sends_its_sign_in_page(self, name: str) -> None:
        self._set(name, page=True)

    def sends_an_empty_file(self, name: str) -> None:
        self._set(name, instead=b"")

    def sends_a_damaged_model(self, name: str) -> None:
        """A safetensors file whose header claims to be longer than the file."""
        self._set(name, instead=(1 << 40).to_bytes(8, "little") + self._offers[name].content[8:])

    def redirects(self, name: str, to_url: str) -> None:
        self._set(name, target=to_url)

    def holds_back(self, name: str) -> None:
        """Send the first half, and the second only once `lets_go` is called."""
        self._set(name, gate=threading.Event())

    def lets_go(self, name: str) -> None:
        """Send the second half to whoever waits for it; hold nobody back any more."""
        with self._lock:
            mood = self._moods[name]
            if mood.gate is not None:
                mood.gate.set()
            mood.gate = None

    # What it remembers

    def is_holding(self, name: str) -> bool:
        """Whether somebody has the first half and waits for the second."""
        with self._lock:
            return self._moods[name].holding > 0

    def requests_for(self, name: str) -> list[Seen]:
        """The requests for this file's bytes, in their order."""
        with self._lock:
            return [seen for seen in self.requests if self._paths.get(seen.path) == name]

    def has_sent(self, name: str) -> int:
        """Bytes of this file's bodies, of all answers together."""
        return sum(seen.sent_bytes for seen in self.requests_for(name))

    def log(self) -> str:
        """What it saw, a line a request; keys and cookies are not in it."""
        with self._lock:
            lines = [f"{seen}{' (unexpected)' if seen in self.unexpected else ''}" for seen in self.requests]
        return "\n".join(lines) or "no request"

    def _set(self, name: str, **changes: Any) -> None:
        with self._lock:
            if name not in self._moods:
                raise LookupError(f"the hub offers no {name!r}; it offers {', '.join(self._moods) or 'nothing'}")
            for mood, value in changes.items():
                setattr(self._moods[name], mood, value)

    # How it answers

    def _answer(self, exchange: Exchange) -> None:
        with self._lock:
            self.requests.append(exchange.seen)
            offered, answer = self._look_up(exchange.path)
            if answer is None:
                self.unexpected.append(exchange.seen)
        if exchange.method not in ("GET", "HEAD"):
            exchange.hang_up()  # whatever body it brought is left unread
        if answer is None or offered is None:
            exchange.answer(404, {"Content-Type": "application/json"}, b'{"error": "Not Found"}')
        elif exchange.method not in ("GET", "HEAD"):
            exchange.answer(405, {"Allow": "GET, HEAD"})
        elif answer == "file":
            send_file(exchange, offered, self._moods[offered.name], self._lock)
        elif answer == "download":
            exchange.answer(307, {"Location": offered.url})
        else:
            view = model_view if answer == "model" else version_view
            body = json.dumps(view(offered, self.url)).encode()
            exchange.answer(200, {"Content-Type": "application/json"}, body)

    def _look_up(self, path: str) -> tuple[Offered | None, str | None]:
        """What a path stands for, and how it is answered; (None, None) for a path that the hub does not have."""
        if path in self._paths:
            return self._offers[self._paths[path]], "file"
        for pattern, answer in ADDRESSES.items():
            if found := re.fullmatch(pattern, path):
                version_id = int(found[1]) + (1000 if answer == "model" else 0)
                return next((o for o in self._offers.values() if o.version_id == version_id), None), answer
        return None, None


def main() -> None:
    """Serve alone, with two files on offer, until interrupted."""
    parser = argparse.ArgumentParser(description="the model hub's double, alone")
    parser.add_argument("--port", type=int, default=0, help="0, the default, picks a free one")
    with Hub(port=parser.parse_args().port) as hub:
        print(f"listening on {hub.url}", flush=True)
        for offered in (hub.offers("flux-kontext", size_bytes=1_000_000), hub.offers("old-film", size_bytes=50_000)):
            print(f"offers {offered.file_name} as version {offered.version_id} at {offered.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(hub.log())


if __name__ == "__main__":
    main()
