"""A WebSocket to the server: what was heard, in order, and in one short line each."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Any
from urllib.parse import quote

import websockets.sync.client

from tests.comfyui import normal
from tests.comfyui.normal import Json

WITHIN_SECONDS = 60.0
FORMATS = {1: "JPEG", 2: "PNG"}


class Unheard(AssertionError):
    """The socket did not say in time what the interaction waits for."""


class Ear:
    """An open socket. heard: every message as {"event", "data"}, or {"binary", …} with the picture's facts."""

    def __init__(self, url: str, client_id: str, *, flags: Json = None, path: str = "/ws") -> None:
        self.client_id = client_id
        self.heard: list[dict[str, Json]] = []
        query = f"?clientId={quote(client_id)}" if client_id else ""
        address = "ws" + url.removeprefix("http") + path + query
        self._opened = ExitStack()
        connecting = websockets.sync.client.connect(
            address, proxy=None, max_size=None, max_queue=None, compression=None, close_timeout=2
        )
        self._socket = self._opened.enter_context(connecting)
        self.greeting = self.next()
        if flags is not None:
            self.say({"type": "feature_flags", "data": flags})
            self.until("feature_flags")

    def __enter__(self) -> Ear:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._opened.close()

    def say(self, message: Json) -> None:
        """Send a text: a str as it is, bytes as binary, anything else as JSON."""
        self._socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def next(self, within: float = WITHIN_SECONDS) -> dict[str, Json]:
        """The next message. Raises Unheard when none comes, websockets' ConnectionClosed when the socket ends."""
        try:
            message = self._socket.recv(within)
        except TimeoutError as error:
            raise Unheard(f"nothing more in {within:g} s after {brief(self.heard)}") from error
        heard = _text(message) if isinstance(message, str) else _binary(message)
        self.heard.append(heard)
        return heard

    def until(self, event: str, **data: Json) -> list[dict[str, Json]]:
        """Everything from now to the first such event whose data holds these fields."""
        ends, start = time.monotonic() + WITHIN_SECONDS, len(self.heard)
        while True:
            said = self.next(max(0.0, ends - time.monotonic()))
            if said.get("event") == event and data.items() <= said["data"].items():
                return self.heard[start:]

    def until_end(self, prompt_id: str) -> list[dict[str, Json]]:
        """Everything up to the prompt's last message: executing nothing."""
        return self.until("executing", node=None, prompt_id=prompt_id)

    def until_now(self) -> list[dict[str, Json]]:
        """Everything that the server had sent before it answers this socket's first feature_flags message."""
        self.say({"type": "feature_flags", "data": {}})
        return self.until("feature_flags")


def _text(message: str) -> dict[str, Json]:
    said = json.loads(message)
    more = {key: held for key, held in said.items() if key not in {"type", "data"}}
    return {"event": said["type"], "data": said["data"], **more}


def _binary(message: bytes) -> dict[str, Json]:
    kind = struct.unpack(">I", message[:4])[0]
    if kind == 1:
        format_ = struct.unpack(">I", message[4:8])[0]
        return {"binary": kind, "format": FORMATS.get(format_, format_), "picture": _seen(message[8:])}
    if kind == 4:
        length = struct.unpack(">I", message[4:8])[0]
        about = json.loads(message[8 : 8 + length])
        return {"binary": kind, "about": about, "picture": _seen(message[8 + length :])}
    return {"binary": kind, "length": len(message)}


def _seen(data: bytes) -> dict[str, Any]:
    return normal.picture(data)


def brief(events: Iterable[dict[str, Json]]) -> list[str]:
    """One line an event, without ids: what a person needs to follow a sequence."""
    return [_line(said) for said in events]


def _line(said: dict[str, Json]) -> str:
    if "binary" in said:
        about = "" if "about" not in said else f" of node {said['about']['node_id']}"
        return f"picture {said['picture']['format']} in message {said['binary']}{about}"
    event, data = said["event"], said["data"]
    if event == "status":
        return f"status {data['status']['exec_info']['queue_remaining']}"
    if event == "progress_state":
        states = (f"{key}={held['state']} {held['value']}/{held['max']}" for key, held in data["nodes"].items())
        return "progress_state " + ", ".join(states)
    told = [f"{data['node']}"] if "node" in data else [", ".join(data.get("nodes", ()))]
    if event == "progress":
        told.append(f"{data['value']}/{data['max']}")
    return " ".join([event, *told]).rstrip()


def by_node(events: Iterable[dict[str, Json]]) -> dict[str, list[str]]:
    """What each node went through, for graphs whose siblings come in any order."""
    nodes: dict[str, list[str]] = {}
    for said in events:
        data = said.get("data", {})
        if said.get("event") in {"executing", "executed"} and data["node"] is not None:
            nodes.setdefault(data["node"], []).append(said["event"])
        elif said.get("event") == "progress":
            nodes.setdefault(data["node"], []).append(f"progress {data['value']}/{data['max']}")
    return dict(sorted(nodes.items()))
