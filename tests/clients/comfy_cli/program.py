"""Speaks to ComfyUI through the commands of comfy-cli; the deeds are told in `tests/clients/published.py`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Comfy:
    """comfy-cli, told which server to speak to."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._server = ["--host", str(address.hostname), "--port", str(address.port)]
        self._comfy = str(Path(sys.executable).with_name("comfy"))

    def told(self, *arguments: str, at_server: bool = True) -> dict[str, Any]:
        """The data of its answer."""
        return _data(json.loads(self._run("--json", *arguments, *(self._server if at_server else []))))

    def events(self, graph: str) -> Iterator[dict[str, Any]]:
        """What a graph's run tells, the last being its answer."""
        command = [self._comfy, "--skip-prompt", "--json-stream", "run", "--workflow", graph, "--wait", *self._server]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            yield from map(json.loads, running.stdout)

    def _run(self, *arguments: str) -> str:
        command = [self._comfy, "--skip-prompt", *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        return done.stdout


def paint(comfy: Comfy, graph: str, folder: str) -> dict[str, Any]:
    events = list(comfy.events(graph))
    prompt_id = _data(events[-1])["prompt_id"]
    comfy.told("download", prompt_id, "--out-dir", folder, at_server=False)
    return {
        "prompt_id": prompt_id,
        "progress": [[step["completed"], step["total"]] for step in events if step["type"] == "progress"],
        "pictures": [str(path) for path in sorted(Path(folder).rglob("*.png"))],
    }


def upload(comfy: Comfy, picture: str) -> dict[str, Any]:
    (told,) = comfy.told("upload", picture)["uploads"]
    return {"name": told["cloud_name"], "subfolder": told["subfolder"]}


def stop(comfy: Comfy, graph: str) -> dict[str, Any]:
    prompt_id, end = None, "no end was told"
    for event in comfy.events(graph):
        if event["type"] == "progress" and prompt_id is None:
            prompt_id = event["prompt_id"]
            comfy.told("jobs", "cancel", prompt_id)
        elif event["type"] == "envelope":
            end = "success" if event["ok"] else event["error"]["code"]
    return {"prompt_id": prompt_id, "end": "interrupted" if end in ("cancelled", "execution_interrupted") else end}


def queue(comfy: Comfy) -> dict[str, Any]:
    jobs = comfy.told("jobs", "ls")["jobs"]
    waiting = [job for job in jobs if job["status"] in ("pending", "queued")]
    return {
        "running": [job["prompt_id"] for job in jobs if job["status"] == "running"],
        "pending": [job["prompt_id"] for job in sorted(waiting, key=lambda job: job["queue_position"])],
    }


def _data(envelope: dict[str, Any]) -> dict[str, Any]:
    if not envelope["ok"]:
        raise SystemExit(f"comfy-cli failed: {envelope['error']}")
    data: dict[str, Any] = envelope["data"]
    return data


if __name__ == "__main__":
    deed, url, *arguments = sys.argv[1:]
    print(json.dumps(globals()[deed](Comfy(url), *arguments)))
