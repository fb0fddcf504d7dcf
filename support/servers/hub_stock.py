"""What the hub's double has on offer, and under which addresses: its own, mirrors, signed links, repositories.

The real thing: the catalogue of Civitai (a model has versions, a version has files, the first one primary) and
of Hugging Face (a repository has revisions with files); files lie on hosts of their own, and links to them are
signed and expire. Left out: more than one revision of a repository at a time.
"""

from __future__ import annotations

import hashlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import quote

from support.builders import safetensors
from support.servers.hub_offers import Body, Gate, Mood, Offered, SignedLink, Times
from support.servers.serving import Exchange, Seen, Server

FIRST_VERSION_ID = 1001
LINK_SECONDS = 3600


@dataclass(frozen=True)
class Place:
    """What lies at a path. mirror: its number, from 1; 0 for the file's own address."""

    name: str
    mirror: int = 0
    signed: bool = False


class SecondHost:
    """The host that files, mirrors and signed links lie on: 127.0.0.2, where no key of the hub's belongs."""

    def __init__(self, server: Server, requests: Callable[[], list[Seen]]) -> None:
        self.url = server.url
        self.host = server.host
        self._requests = requests

    @property
    def requests(self) -> list[Seen]:
        """What it was asked, in order, with the headers that came along."""
        return [seen for seen in self._requests() if seen.host == self.host]


class Stock(ABC):
    """The offers of one hub. now: what its clock shows; every attribute below is read under the lock."""

    def __init__(self, *, port: int = 0, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._offers: dict[str, Offered] = {}
        self._moods: dict[str, Mood] = {}
        self._places: dict[str, Place] = {}
        self._links: dict[str, SignedLink] = {}
        self._gates: list[Gate] = []
        self._second: Server | None = None
        self.requests: list[Seen] = []
        self.unexpected: list[Seen] = []
        self._server = Server(self._answer, port=port, now=now)
        self.url = self._server.url
        self.host = self._server.host

    @abstractmethod
    def _answer(self, exchange: Exchange) -> None:
        """Answer one request, to whichever host it came."""

    @property
    def second_host(self) -> SecondHost:
        """Started when first spoken of. Raises OSError where the machine has no 127.0.0.2."""
        with self._lock:
            if self._second is None:
                self._second = Server(self._answer, address="127.0.0.2", now=self._now)
            return SecondHost(self._second, lambda: list(self.requests))

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
        base_model: str = "Flux.1 Kontext",
        tags: Sequence[str] = (),
        nsfw: bool = False,
        version_of: str | None = None,
        file_of: str | None = None,
        mirrors: int = 0,
        repo_id: str | None = None,
        revision: str = "main",
    ) -> Offered:
        """Put a file on offer under `name`: a valid safetensors file of about `size_bytes`, or `content`.

        file_name: `name`, with .safetensors unless it has a suffix; two offers may share one.
        published_sha256: the content's own unless given. version_of: the offer whose model gets a newer
        version; file_of: the offer whose version gets a further file. mirrors: how many further addresses.
        repo_id: the repository that the file lies in as well, at `revision`.
        """
        file_name = file_name or (name if PurePosixPath(name).suffix else f"{name}.safetensors")
        body = Body.of(safetensors(name, size_bytes) if content is None else content, self._now() - timedelta(days=1))
        with self._lock:
            path = self._own_path(name, file_name)
            model_name, model_id, version_id, number = self._identity(name, version_of, file_of)
            offered = Offered(
                name=name,
                file_name=file_name,
                kind=kind,
                model_name=model_name,
                model_id=model_id,
                version_id=version_id,
                number=number,
                url=self.url + _quoted(path, file_name),
                sha256=published_sha256 or body.sha256,
                body=body,
                base_model=base_model,
                tags=tuple(tags),
                nsfw=nsfw,
                mirrors=tuple(self._mirror(name, n, path, file_name) for n in range(1, mirrors + 1)),
                repo_id=repo_id,
                revision=revision,
                huggingface_url=repo_id
                and f"{self.url}/{repo_id}/resolve/{quote(revision, safe='')}/{quote(file_name)}",
            )
            if repo_id is not None:
                _ = self.second_host  # where the repository's files lie
            self._offers[name] = offered
            self._places[path] = Place(name)
            self._moods.setdefault(name, Mood())
        return offered

    def replaces(
        self, name: str, *, size_bytes: int | None = None, content: bytes | None = None, published: bool = True
    ) -> Offered:
        """Put other content under the same address: with another ETag, and modified a minute later.

        Bodies that are under way go on with the old content. size_bytes: the old size unless given.
        published: whether the published SHA-256 is now the new one's. The offer as it now stands.
        """
        with self._lock:
            offered, mood = self._offered(name), self._moods[name]
            old = offered.body
            if content is None:
                content = safetensors(f"{name}, once more {old.sha256}", size_bytes or len(old.content))
            body = Body.of(content, old.modified + timedelta(minutes=1))
            mood.instead = None
            self._offers[name] = replace(offered, body=body, sha256=body.sha256 if published else offered.sha256)
            return self._offers[name]

    def publishes_a_wrong_checksum(self, name: str, sha256: str | None = None) -> Offered:
        """Publish another SHA-256 than the content's; the offer as it now stands."""
        with self._lock:
            offered = self._offered(name)
            wrong = sha256 or hashlib.sha256(b"not " + offered.content).hexdigest()
            self._offers[name] = replace(offered, sha256=wrong)
            return self._offers[name]

    def _offered(self, name: str) -> Offered:
        if name not in self._offers:
            raise LookupError(f"the hub offers no {name!r}; it offers {', '.join(self._offers) or 'nothing'}")
        return self._offers[name]

    def _identity(self, name: str, version_of: str | None, file_of: str | None) -> tuple[str, int, int, int]:
        """The model's name and number, the version's number, and the file's number in it."""
        if name in self._offers:
            known = self._offers[name]
            return known.model_name, known.model_id, known.version_id, known.number
        if file_of is not None:
            first = self._offered(file_of)
            number = sum(other.version_id == first.version_id for other in self._offers.values())
            return first.model_name, first.model_id, first.version_id, number
        version_id = FIRST_VERSION_ID + len(self._offers)
        if version_of is not None:
            older = self._offered(version_of)
            return older.model_name, older.model_id, version_id, 0
        return name, version_id - 1000, version_id, 0

    # Where it lies

    def _own_path(self, name: str, file_name: str) -> str:
        path = f"/files/{file_name}"
        if self._places.get(path, Place(name)).name != name:
            index = list(self._offers).index(name) if name in self._offers else len(self._offers)
            path = f"/files/{FIRST_VERSION_ID + index}/{file_name}"
        return path

    def _mirror(self, name: str, number: int, path: str, file_name: str) -> str:
        mirrored = f"/mirrors/{number}{path}"
        self._places[mirrored] = Place(name, mirror=number)
        return self.second_host.url + _quoted(mirrored, file_name)

    def _sign(self, name: str) -> str:
        """A new link to the file on the second host, signed as S3 signs; it serves as often as the mood says."""
        path = f"/signed/{self._offers[name].version_id}/{len(self._links) + 1}"
        signature = hashlib.sha256(path.encode()).hexdigest()
        self._links[path] = SignedLink(name, signature, Times(self._moods[name].link_serves))
        self._places[path] = Place(name, signed=True)
        date = self._now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        return (
            f"{self.second_host.url}{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={date}"
            f"&X-Amz-Expires={LINK_SECONDS}&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
        )

    def _elsewhere(self, name: str) -> str | None:
        """Where the file's own address leads; None where it serves the file itself."""
        mood = self._moods[name]
        if mood.link_serves is not None:
            return self._sign(name)
        if mood.moved:
            return self.second_host.url + self._offers[name].url.removeprefix(self.url)
        return mood.target


def _quoted(path: str, file_name: str) -> str:
    # Slashes of the name too: a client would resolve the dots between them.
    return path.removesuffix(file_name) + quote(file_name, safe="")
