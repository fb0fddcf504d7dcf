"""Speaks to ComfyUI through comfy-api-simplified; the deeds are told in `tests/clients/published.py`.

Its own log of the messages that it hears is the one place where it tells progress.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from pathlib import Path
from typing import Any

from comfy_api_simplified import (  # type: ignore[import-not-found]  # lies in the client's own environment
    ComfyApiWrapper,
    ComfyWorkflowWrapper,
)


class Heard(logging.Handler):
    """What the client heard on its socket. painting: set at the first inference step."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.messages: list[dict[str, Any]] = []
        self.painting = threading.Event()
        logger = logging.getLogger("comfy_api_simplified")
        logger.setLevel(logging.DEBUG)
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, dict) and "type" in record.msg:
            self.messages.append(record.msg)
            if record.msg["type"] == "progress":
                self.painting.set()

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message["data"] for message in self.messages if message["type"] == kind]


def paint(api: Any, graph: str, folder: str) -> dict[str, Any]:
    heard = Heard()
    pictures = api.queue_and_wait_images(ComfyWorkflowWrapper(graph), "Save Image")
    paths = [Path(folder, name) for name in pictures]
    for path, content in zip(paths, pictures.values(), strict=True):
        path.write_bytes(content)
    progress = heard.of("progress")
    return {
        "prompt_id": progress[-1]["prompt_id"] if progress else None,
        "progress": [[step["value"], step["max"]] for step in progress],
        "pictures": [str(path) for path in paths],
    }


def upload(api: Any, picture: str) -> dict[str, Any]:
    told: dict[str, Any] = api.upload_image(picture, "references")
    return told


def stop(api: Any, graph: str) -> dict[str, Any]:
    heard = Heard()

    async def both() -> str:
        waiting = asyncio.create_task(api.queue_prompt_and_wait(ComfyWorkflowWrapper(graph)))
        await asyncio.to_thread(heard.painting.wait, 30)
        await asyncio.to_thread(api.interrupt)
        prompt_id, _ = await waiting
        return str(prompt_id)

    prompt_id = asyncio.run(both())
    ends = [data["prompt_id"] for data in heard.of("execution_interrupted")]
    return {"prompt_id": prompt_id, "end": "interrupted" if ends == [prompt_id] else str(heard.messages[-3:])}


def queue(api: Any) -> dict[str, Any]:
    told = api.get_queue()
    return {
        "running": [item[1] for item in told["queue_running"]],
        "pending": [item[1] for item in told["queue_pending"]],
    }


if __name__ == "__main__":
    deed, url, *arguments = sys.argv[1:]
    print(json.dumps(globals()[deed](ComfyApiWrapper(url), *arguments)))
