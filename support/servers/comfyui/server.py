"""The double of ComfyUI: its HTTP and WebSocket interface over real sockets, its nodes, and what can go wrong.

Of ComfyUI 0.8.0 (profile "0.8"); with what differs in 0.3.64 ("0.3") and 0.38 ("0.38"). Left out: custom
nodes, nodes that make nodes, lazy inputs, lists of outputs, and weights: pictures are computed from the words
of the prompt, and change with everything that would change a real one.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from starlette.routing import Route

from app.clock import Clock, SystemClock
from support.servers.comfyui import catalogue, front_end, jobs, object_info, routes, views
from support.servers.comfyui.failures import FailureMode
from support.servers.comfyui.machine import Machine
from support.servers.comfyui.nodes import NODES
from support.servers.comfyui.nodes.older import nodes_of
from support.servers.comfyui.profile import Profile
from support.servers.comfyui.seen import Seen, SeenPrompt
from support.servers.comfyui.temper import Temper
from support.waiting import until

RUNS_WITHIN = timedelta(seconds=5)


class ComfyUI:
    """One server on a loopback port, up once it is built. Its verbs may be used before and while it works.

    port: 0 picks a free one. step_seconds: of each inference step, by `clock`; a step takes a millisecond of real
    time beside. folder: holds output, input, temp and user; None for one of its own, gone when it closes.
    front_end: `static` of the PyPI package comfyui-frontend-package, to be served; None: it has no pages.
    Raises OSError when the port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        profile: Profile = "0.8",
        clock: Clock | None = None,
        step_seconds: float = 0.0,
        folder: Path | None = None,
        front_end: Path | None = None,
    ) -> None:
        self._temper = Temper(clock or SystemClock(), profile, step_seconds)
        self._machine = Machine(
            nodes=nodes_of(profile, NODES),
            temper=self._temper,
            routes=partial(_routes, front_end),
            port=port,
            folder=folder,
        )
        self._checkpoints = list(self._machine.folders.models["checkpoints"])
        self.url = f"http://127.0.0.1:{self._machine.port}"

    def __enter__(self) -> ComfyUI:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._machine.close()

    # What it is like

    @property
    def step_seconds(self) -> float:
        return self._temper.step_seconds

    @step_seconds.setter
    def step_seconds(self, seconds: float) -> None:
        self._temper.step_seconds = seconds

    @property
    def profile(self) -> Profile:
        """The version that it is at the moment."""
        return "0.3" if self._temper.failures.on("old version") else self._temper.profile

    def has_checkpoint(self, *names: str) -> None:
        """These checkpoints, and no others."""
        self._checkpoints = list(names)
        self._show_checkpoints()

    def has_lora(self, *names: str) -> None:
        """These LoRAs, and no others."""
        self._machine.folders.models["loras"] = list(names)

    def has_memory_for(self, pixels: int) -> None:
        """A prompt whose pictures have more, together, runs out of memory at its sampler."""
        self._temper.memory_pixels = pixels

    def begins_slowly(self, seconds: float) -> None:
        """A prompt is "running" for so long, by the clock, before its first node; what interrupts it then is lost."""
        self._temper.begin_seconds = seconds

    # What goes wrong

    def fails(self, name: FailureMode, *, times: int | None = None, status: int = 400) -> None:
        """From now on, for so many prompts; None: until works_again().

        status: of "refuses", 400 or 500. Raises ValueError for an unknown name, and for `times` where nothing counts.
        """
        self._temper.failures.begin(name, times)
        if name == "refuses":
            self._machine.refuses_with = status
        self._show_checkpoints()

    def works_again(self) -> None:
        """No failure is on any more; what runs already keeps its own."""
        self._temper.failures.end()
        self._show_checkpoints()

    def restarts(self) -> None:
        """A new process on the same port: queue, history, cache and sockets are gone, the output folder is not."""
        self._machine.restart()

    def goes_down(self) -> None:
        """Connections are refused until it comes back."""
        self._machine.go_down()

    def comes_back(self) -> None:
        """On the same port, with an empty queue and history."""
        self._machine.come_back()

    def drops_sockets(self) -> None:
        """Every WebSocket is cut, once; who comes back is let in."""
        self._machine.cut_sockets()

    def is_busy_with(self, client_id: str = "somebody-else", steps: int = 1000) -> str:
        """Another client's prompt runs, of so many inference steps; its prompt id."""
        asked = {"prompt": _long_graph(self._checkpoints[0], steps), "client_id": client_id}
        # Nothing is encrypted here, and reading the certificates would take 100 ms.
        with httpx.Client(trust_env=False, verify=False) as client:
            answer = client.post(f"{self.url}/prompt", json=asked).raise_for_status()
        prompt_id = str(answer.json()["prompt_id"])
        if not until(lambda: self.running() == prompt_id, within=RUNS_WITHIN):
            raise RuntimeError(f"prompt {prompt_id} of {client_id} does not run: {self.running()} does")
        return prompt_id

    # What it saw

    def log(self) -> str:
        """What it was asked, a line a request, and what became of each prompt."""
        lines = [str(seen) for seen in (*self.requests, *self.prompts())]
        return "\n".join(lines) or "no request"

    @property
    def requests(self) -> list[Seen]:
        """All of them, a WebSocket's as GET answered 101, in the order of arrival."""
        return self._machine.memory.requests

    def prompts(self) -> list[SeenPrompt]:
        """The accepted ones, also those that a restart has lost, in the order of arrival."""
        return self._machine.memory.prompts

    def running(self) -> str | None:
        """The id of the prompt that runs."""
        return next((item.prompt_id for item in self._machine.life.queue.snapshot()[0]), None)

    def pending(self) -> list[str]:
        """The ids of the prompts that wait, the next one first."""
        waiting = sorted(self._machine.life.queue.snapshot()[1], key=lambda item: (item.number, item.prompt_id))
        return [item.prompt_id for item in waiting]

    def pictures(self) -> list[Path]:
        """The files in its output folder, by name."""
        return sorted(path for path in self._machine.folders.output.rglob("*") if path.is_file())

    def _show_checkpoints(self) -> None:
        hidden = self._temper.failures.on("unknown model")
        self._machine.folders.models["checkpoints"] = [] if hidden else list(self._checkpoints)


def _routes(pages: Path | None, machine: Machine) -> list[Route]:
    return [
        *(front_end.routes(pages) if pages else []),
        *routes.routes(machine),
        *jobs.routes(machine),
        *object_info.routes(machine.nodes, machine.folders),
        *views.routes(machine.folders),
        *catalogue.routes(machine.folders, machine.temper.profile),
    ]


def _long_graph(checkpoint: str, steps: int) -> dict[str, Any]:
    """Text to image at 64×64, one step after another."""
    sampler = {"seed": 1, "steps": steps, "cfg": 1.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0}
    links = {"model": ["1", 0], "positive": ["2", 0], "negative": ["2", 0], "latent_image": ["3", 0]}
    return {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": checkpoint}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a grey square", "clip": ["1", 1]}},
        "3": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "4": {"class_type": "KSampler", "inputs": sampler | links},
        "5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["1", 2]}},
        "6": {"class_type": "PreviewImage", "inputs": {"images": ["5", 0]}},
    }
