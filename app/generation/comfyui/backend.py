"""The image backend that paints through ComfyUI servers, near or far."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from app.clock import Clock
from app.errors import StudioError, Unavailable
from app.generation.comfyui import catalogue as has
from app.generation.comfyui.ending import end
from app.generation.comfyui.errors import NoAnswer
from app.generation.comfyui.painting import Setup, Sitting, known_at, prompt_ids
from app.generation.comfyui.servers import Server, Servers
from app.generation.comfyui.workflow import WorkflowName
from app.generation.faults import OutOfMemory
from app.generation.port import Attempt, Cancelled, Condition, GenerationRequest, NotApplied, Painting, Watch

log = logging.getLogger("app.generation")

DETAILS_WITHIN_SECONDS = 3.0
ASK_WITHIN_SECONDS = 2.0


class ComfyUIBackend:
    """An ImageBackend on one or several ComfyUI servers; connects to none before there is something to ask.

    An attempt's id is its prompt's id, so that an attempt of an earlier life is found again where it was
    put. It stays with its server while that answers; a server that is silent at the second attempt too is
    left for another one.

    workflow: `checkpoint` paints with one file that holds all parts; `kontext` with FLUX.1-Kontext in
    parts. denoise: how much of a reference is painted anew by `checkpoint`. It is degraded after an
    out-of-memory, until a picture succeeds.
    Raises Unavailable for what is no address.
    """

    name = "comfyui"
    smallest_side = 64
    applied: tuple[str, ...] = ()
    not_applied: tuple[NotApplied, ...] = ()

    def __init__(
        self,
        *,
        urls: Sequence[str],
        workflow: WorkflowName,
        checkpoint: str | None,
        clip: Sequence[str],
        vae: str | None,
        denoise: float,
        clock: Clock,
    ) -> None:
        if not urls:
            raise Unavailable("COMFYUI_URLS names no server")
        # What a checkpoint understands of colours and shapes, and which LoRAs there are, is the server's affair.
        edits = {"several-references"} if workflow == "kontext" else set[str]()
        self.offers = frozenset({"seeds", "sizes", "batches", "references", "steps", "previews"} | edits)
        self._setup = Setup(workflow, checkpoint, tuple(clip), vae, denoise)
        self._servers = Servers(urls, clock)
        self._leaving = threading.Event()
        self._short_of_memory: str | None = None

    @property
    def places(self) -> int:
        return len(self._servers.all)

    def generate(self, request: GenerationRequest, attempt: Attempt, watch: Watch) -> Painting:
        try:
            painting = self._generated(request, attempt, watch)
        except OutOfMemory as fault:
            self._short_of_memory = fault.message
            raise
        self._short_of_memory = None
        return painting

    def _generated(self, request: GenerationRequest, attempt: Attempt, watch: Watch) -> Painting:
        place = self._servers.at(attempt.place)
        if place is not None:
            painting = self._taken_up(place, request, attempt, watch)
            if painting is not None:
                return painting
        with self._servers.chosen(watch) as server:
            return self._painted(Sitting(server, self._setup, request, attempt, watch))

    def abandon(self, attempt: Attempt) -> None:
        server = self._servers.at(attempt.place)
        if server is not None:
            end(server.wire, prompt_ids(attempt), leaving=self._leaving)

    def condition(self) -> Condition:
        condition = self._servers.condition()
        if condition.name == "ready" and self._short_of_memory is not None:
            return Condition("degraded", f"out of memory: {self._short_of_memory}")
        return condition

    def details(self) -> dict[str, object]:
        answers = self._servers.each(self._look_at, within_seconds=DETAILS_WITHIN_SECONDS)
        told = [
            answer.result()
            if answer.done() and answer.exception() is None
            else ({"url": server.url, "state": "does not answer", "version": None, "queue": None}, (), ())
            for server, answer in answers
        ]
        return {
            "servers": [server for server, _, _ in told],
            "checkpoints": sorted({name for _, checkpoints, _ in told for name in checkpoints}),
            "loras": sorted({name for _, _, loras in told for name in loras}),
        }

    def leave(self) -> None:
        self._leaving.set()

    def close(self) -> None:
        self._servers.close()

    def _taken_up(self, place: Server, request: GenerationRequest, attempt: Attempt, watch: Watch) -> Painting | None:
        """What became of an attempt that was put there before; None when it must be submitted anew."""
        try:
            with self._servers.attempt_at(place):
                if known_at(place, attempt.id) is None:
                    return None
                return self._painted(Sitting(place, self._setup, request, attempt, watch, taken_up=True))
        except NoAnswer:
            if attempt.number == 1 or self.places == 1:
                raise
            log.warning("%s does not answer; attempt %s goes elsewhere", place.wire.name, attempt.id)
            return None

    def _painted(self, sitting: Sitting) -> Painting:
        try:
            return sitting.paint()
        except Cancelled:
            try:
                end(sitting.server.wire, prompt_ids(sitting.attempt), leaving=self._leaving)
            except StudioError as fault:
                # It is cancelled all the same; a server that cannot be reached may still paint it for nobody.
                log.warning("attempt %s could not be stopped: %s", sitting.attempt.id, fault)
            raise

    def _look_at(self, server: Server) -> tuple[dict[str, object], tuple[str, ...], tuple[str, ...]]:
        system = server.wire.stats(timeout=ASK_WITHIN_SECONDS).get("system") or {}
        about: dict[str, object] = {
            "url": server.url,
            "state": "left out for a while" if self._servers.is_left_out(server) else "ready",
            "version": system.get("comfyui_version"),
            "queue": server.wire.remaining(timeout=ASK_WITHIN_SECONDS),
        }
        kind = has.DIFFUSION_MODELS if self._setup.workflow == "kontext" else has.CHECKPOINTS
        fresh = has.Catalogue(server.wire.node)
        return about, fresh.names(kind), fresh.names(has.LORAS)
