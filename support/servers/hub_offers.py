"""What the hub's double keeps about one file: what it offers, and in which mood it serves it.

The real thing: a row of a hub's tables; the moods are the scenario's own. Left out: everything that a
downloader does not read (previews, licences, statistics).
"""

from __future__ import annotations

import hashlib
import selectors
import socket
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from support.servers.partial import Validators

WrongRange = Literal["other bytes", "other total", "416"]
Telling = Literal["both", "weak", "date", "nothing"]


@dataclass(frozen=True)
class Body:
    """The bytes of one state of a file, with what tells this state from another."""

    content: bytes
    sha256: str
    modified: datetime

    @classmethod
    def of(cls, content: bytes, modified: datetime) -> Body:
        return cls(content, hashlib.sha256(content).hexdigest(), modified.replace(microsecond=0))

    def validators(self, telling: Telling) -> Validators:
        etag = f'"{self.sha256[:32]}"'
        return {
            "both": Validators(etag, self.modified),
            "weak": Validators(f"W/{etag}"),
            "date": Validators(None, self.modified),
            "nothing": Validators(),
        }[telling]


@dataclass(frozen=True)
class Offered:
    """One file on offer. sha256: the published sum, which a hub that errs publishes wrongly.

    url: its own address; mirrors: further ones; huggingface_url: its address to resolve, where it lies in a
    repository as well. number: of the file among those of its version, from 0.
    """

    name: str
    file_name: str
    kind: str
    model_name: str
    model_id: int
    version_id: int
    number: int
    url: str
    sha256: str
    body: Body = field(repr=False)
    base_model: str
    tags: tuple[str, ...]
    nsfw: bool
    mirrors: tuple[str, ...]
    repo_id: str | None
    revision: str
    huggingface_url: str | None

    @property
    def content(self) -> bytes:
        return self.body.content

    @property
    def commit(self) -> str:
        """The commit that the revision names: 40 hexadecimal digits, other ones for other content."""
        return hashlib.sha1(f"{self.repo_id} {self.body.sha256}".encode()).hexdigest()


class Gate:
    """Holds whoever comes to it until it is opened, or the client behind the connection has gone."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()

    def wait(self, connection: socket.socket) -> None:
        """Raises ConnectionAbortedError when the other side of `connection` goes first."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._theirs, selectors.EVENT_READ)
            selector.register(connection, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select()]
                # First, because both may have happened by now: what is sent to nobody must not count as sent.
                if has_gone(connection):
                    raise ConnectionAbortedError("the client did not wait")
                if self._theirs in ready:
                    return
                selector.unregister(connection)  # it says something: that is no reason to go on

    def open(self) -> None:
        self._ours.close()

    def close(self) -> None:
        """Open it, and give back what it is made of; nobody may be waiting any more."""
        self.open()
        self._theirs.close()


def has_gone(connection: socket.socket) -> bool:
    """Whether the other side has ended the connection. Nothing is read from it."""
    try:
        return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


@dataclass
class Times:
    """For how many more requests something holds; None: for all."""

    left: int | None

    def spend(self) -> bool:
        """Whether this request falls under the count, which is then one less."""
        if self.left is None:
            return True
        if self.left <= 0:
            return False
        self.left -= 1
        return True


@dataclass
class Refusal:
    """An answer that is given instead of the file."""

    status: int
    times: Times
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Break:
    """Where bodies break off: the connection ends there, or falls silent at the gate. at: None for the middle."""

    at: int | None
    times: Times
    gate: Gate | None = None


@dataclass
class Mood:
    """How the hub treats one file. Offsets are those of the file, whatever part of it was asked for."""

    refusals: dict[str, Refusal] = field(default_factory=dict)
    mirror_refusals: dict[int, Refusal] = field(default_factory=dict)
    key: str | None = None
    early_access_until: datetime | None = None
    checksum_told: bool = True
    # Where its own address leads
    target: str | None = None
    circling: bool = False
    moved: bool = False
    link_serves: int | None = None
    # What is sent
    instead: Body | None = None
    telling: Telling = "both"
    ranges: bool = True
    tells_length: bool = True
    wrong_ranges: WrongRange | None = None
    wrong_length: int = 0
    # How it is sent
    breaks: dict[tuple[str, int | None], Break] = field(default_factory=dict)
    resets: Times = field(default_factory=lambda: Times(0))
    gate: Gate | None = None
    held_at: int | None = None
    holding: int = 0
    silent: int = 0


@dataclass
class SignedLink:
    """An address that serves only with its signature, and only so often."""

    name: str
    signature: str
    serves: Times
