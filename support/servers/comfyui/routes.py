"""The routes of the queue: prompts, what became of them, stopping them; and what the server says of itself."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from support.servers.comfyui.machine import Machine
from support.servers.comfyui.queue import SECRETS, Item
from support.servers.comfyui.replies import crashed, empty, said, told
from support.servers.comfyui.seen import SeenPrompt
from support.servers.comfyui.validation import Validated, validate

GIB = 1024**3
PAGE = "<!doctype html><title>ComfyUI</title><p>The double of ComfyUI has no pages, only its interface."


def routes(machine: Machine) -> list[Route]:
    calls = _Calls(machine)
    return [
        Route("/", calls.page, methods=["GET"]),
        Route("/prompt", calls.remaining, methods=["GET"]),
        Route("/prompt", calls.prompt, methods=["POST"]),
        Route("/queue", calls.queue, methods=["GET"]),
        Route("/queue", calls.change_queue, methods=["POST"]),
        Route("/interrupt", calls.interrupt, methods=["POST"]),
        Route("/free", calls.free, methods=["POST"]),
        Route("/history", calls.history, methods=["GET"]),
        Route("/history", calls.change_history, methods=["POST"]),
        Route("/history/{prompt_id}", calls.history_of, methods=["GET"]),
        Route("/features", calls.features, methods=["GET"]),
        Route("/system_stats", calls.system_stats, methods=["GET"]),
    ]


def error(kind: str, message: str, details: str) -> Response:
    about = {"type": kind, "message": message, "details": details, "extra_info": {}}
    return told({"error": about, "node_errors": {}}, 400)


def is_canonical_uuid(value: object) -> bool:
    """Whether it is a UUID as the newest version wants it: lower case, with hyphens."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


def without_last_output(found: Validated, graph: Mapping[str, Any]) -> Validated:
    """As if one output of several had failed its validation: the others run, and the answer tells of it."""
    *outputs, last = found.outputs
    fault = {"type": "custom_validation_failed", "message": "Custom validation failed for node", "details": "images"}
    told_of = {
        "errors": [fault | {"extra_info": {}}],
        "dependent_outputs": [last],
        "class_type": graph[last]["class_type"],
    }
    return replace(found, outputs=outputs, node_errors=found.node_errors | {last: told_of})


class _Clearable(Protocol):
    def clear(self) -> None: ...
    def delete(self, prompt_id: str) -> object: ...


def _changed(what: _Clearable, asked: Any) -> Response:
    if "clear" in asked and asked["clear"]:  # noqa: RUF019
        what.clear()
    if "delete" in asked:
        for prompt_id in asked["delete"]:
            what.delete(prompt_id)
    return empty()


class _Calls:
    """Bodies are read as the real server reads them: any JSON, a list too, and what does not fit ends in a 500."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def page(self, request: Request) -> Response:
        return HTMLResponse(PAGE)

    async def remaining(self, request: Request) -> Response:
        return told({"exec_info": {"queue_remaining": self._machine.life.queue.remaining}})

    async def prompt(self, request: Request) -> Response:
        refusal = self._machine.refusal()
        if refusal is not None:
            return _refusal(refusal)
        asked = await said(request)
        # Counted before anything is checked: a refused prompt uses up a number.
        number = self._number(asked)
        if "prompt" not in asked:
            return error("no_prompt", "No prompt provided", "No prompt provided")
        newest = self._machine.temper.version.cancels_jobs
        wanted = asked.get("prompt_id")
        if newest and wanted is not None and not is_canonical_uuid(wanted):
            return error(
                "invalid_prompt_id",
                "prompt_id must be a valid UUID",
                "prompt_id must be a UUID string in canonical lowercase hyphenated form; "
                "omit it to let the server generate one",
            )
        if wanted is None and (newest or "prompt_id" not in asked):
            wanted = uuid.uuid4()
        return self._enqueue(asked, number, str(wanted))

    def _number(self, asked: Any) -> float:
        if "number" in asked:
            return float(asked["number"])
        number = self._machine.life.take_number()
        # A list is no mapping, and is accepted here all the same: see the class.
        return -number if "front" in asked and asked["front"] else number  # noqa: RUF019

    def _enqueue(self, asked: Mapping[str, Any], number: float, prompt_id: str) -> Response:
        graph, targets = asked["prompt"], asked.get("partial_execution_targets")
        found = validate(graph, self._machine.nodes, targets, folders=self._machine.folders)
        if found.crash is not None:
            return crashed()
        extra_data = asked.get("extra_data", {})
        if "client_id" in asked:
            extra_data["client_id"] = asked["client_id"]
        if found.error is not None:
            return told({"error": found.error, "node_errors": found.node_errors}, 400)
        if len(found.outputs) > 1 and self._machine.temper.failures.spend("refuses a part"):
            found = without_last_output(found, graph)
        secrets = {}
        if self._machine.temper.version.hides_keys:
            secrets = {name: extra_data.pop(name) for name in SECRETS if name in extra_data}
            extra_data["create_time"] = int(time.time() * 1000)
        client_id = extra_data.get("client_id")
        seen = SeenPrompt(prompt_id, None if client_id is None else str(client_id), graph, number)
        self._machine.memory.prompt(seen)
        self._machine.life.queue.put(Item(number, prompt_id, graph, extra_data, found.outputs, secrets, seen))
        return told({"prompt_id": prompt_id, "number": number, "node_errors": found.node_errors})

    async def queue(self, request: Request) -> Response:
        running, waiting = self._machine.life.queue.snapshot()
        return told({"queue_running": [i.shown for i in running], "queue_pending": [i.shown for i in waiting]})

    async def change_queue(self, request: Request) -> Response:
        return _changed(self._machine.life.queue, await said(request))

    async def interrupt(self, request: Request) -> Response:
        try:
            asked = await said(request)
        except ValueError:
            asked = {}
        if self._machine.temper.failures.spend("deaf"):
            return empty()
        life = self._machine.life
        prompt_id = asked.get("prompt_id")
        if not prompt_id:
            life.interruption.ask()
        else:
            life.queue.if_running(prompt_id, life.interruption.ask)
        return empty()

    async def free(self, request: Request) -> Response:
        asked = await said(request)
        for flag in ("unload_models", "free_memory"):
            if asked.get(flag, False):
                self._machine.life.queue.raise_flag(flag)
        return empty()

    async def history(self, request: Request) -> Response:
        query = request.query_params
        max_items = int(query["max_items"]) if "max_items" in query else None
        return told(self._machine.life.history.page(max_items, int(query.get("offset", -1))))

    async def history_of(self, request: Request) -> Response:
        return told(self._machine.life.history.of(request.path_params["prompt_id"]))

    async def change_history(self, request: Request) -> Response:
        return _changed(self._machine.life.history, await said(request))

    async def features(self, request: Request) -> Response:
        return told(self._machine.temper.version.features)

    async def system_stats(self, request: Request) -> Response:
        version = self._machine.temper.version
        system = {
            "os": version.os,
            "ram_total": 32 * GIB,
            "ram_free": 24 * GIB,
            "comfyui_version": version.number,
            **version.requires,
            "python_version": sys.version,
            "pytorch_version": "2.9.1+cu128",
            "embedded_python": False,
            "argv": ["main.py"],
        }
        device = {
            "name": "cuda:0 Double : cudaMallocAsync",
            "type": "cuda",
            "index": 0,
            "vram_total": 24 * GIB,
            "vram_free": 22 * GIB,
            "torch_vram_total": 2 * GIB,
            "torch_vram_free": GIB,
        }
        return told({"system": system, "devices": [device]})


def _refusal(status: int) -> Response:
    if status == 500:
        return crashed()
    return error("prompt_outputs_failed_validation", "Prompt outputs failed validation", "")
