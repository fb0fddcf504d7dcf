"""Ending prompts that nobody wants any more, wherever they are, and nobody else's."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from app.generation.comfyui.wire import Wire
from app.generation.faults import BackendDown
from app.generation.port import Leaving

WITHIN_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.1


def end(
    wire: Wire, prompt_ids: Iterable[str], *, leaving: threading.Event, within_seconds: float = WITHIN_SECONDS
) -> None:
    """Have these prompts neither wait nor run.

    Raises BackendDown when that cannot be had in time, and Leaving once the studio closes: its next start
    sees to it.

    Repeated, because an interrupt between "running" and the first node is lost without a trace. Only what
    the queue shows as running is interrupted: an old server ignores the id, and would stop somebody else's.
    """
    wanted = set(prompt_ids)
    deadline, pause = time.monotonic() + within_seconds, FIRST_PAUSE_SECONDS
    while True:
        queue = wire.queue()
        waiting, running = sorted(wanted & queue.pending.keys()), sorted(wanted & queue.running.keys())
        if not waiting and not running:
            return
        if waiting:
            wire.delete(waiting)
        for prompt_id in running:
            wire.interrupt(prompt_id)
        if time.monotonic() >= deadline:
            raise BackendDown(f"{wire.name} does not stop the prompt")
        if leaving.wait(pause):
            raise Leaving
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
