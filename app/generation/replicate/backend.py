"""The image backend that paints through Replicate's API."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from app.clock import Clock
from app.errors import NotConfigured, StudioError, Unavailable
from app.generation.faults import BackendDown, BackendFailed
from app.generation.port import Attempt, Cancelled, Condition, GenerationRequest, Leaving, NotApplied, Painting, Watch
from app.generation.replicate.errors import NoAnswer, NoCredit, NotLetIn, Trouble
from app.generation.replicate.gate import Gate
from app.generation.replicate.model import Model, Plan, plan
from app.generation.replicate.ordering import CLOCKS_APART, Orders, Taken
from app.generation.replicate.painting import SILENT_FOR_SECONDS, Sitting
from app.generation.replicate.place import OPEN, Place
from app.generation.replicate.prediction import Prediction
from app.generation.replicate.webhooks import PATH, Bell, Unproven, verify
from app.generation.replicate.wire import Wire

log = logging.getLogger("app.generation")

_MODEL = re.compile(r"\w[\w.-]*/\w[\w.-]*(?::[0-9a-f]{64})?", re.ASCII)
ABANDON_PAUSES_SECONDS = (0.1, 0.5, 2.0)


class ReplicateBackend:
    """An ImageBackend on Replicate; asks it nothing before there is something to paint.

    model: `owner/name`, for one that is no official model with `:version`. token: None: nothing can be
    painted, and whoever asks is told which setting is missing. webhook_url: the studio's own public address;
    None: the studio asks instead of being told. webhook_secret: None: asked for when the first webhook comes.
    Raises Unavailable for what is no address, and for what is no model.
    """

    name = "replicate"
    # What a model understands of colours, shapes and negative prompts is its own affair.
    offers = frozenset({"seeds", "sizes", "batches", "references", "several-references"})
    smallest_side = 64
    places = 4
    applied: tuple[str, ...] = ()
    not_applied: tuple[NotApplied, ...] = ()

    def __init__(
        self,
        *,
        url: str,
        token: str | None,
        model: str,
        webhook_url: str | None,
        webhook_secret: str | None,
        clock: Clock,
        patience_seconds: float = SILENT_FOR_SECONDS,
    ) -> None:
        if not _MODEL.fullmatch(model):
            raise Unavailable("REPLICATE_MODEL must be owner/name, or owner/name:version with 64 digits")
        self._wire = Wire(url, token or "")
        self._has_token = bool(token)
        self._reference = model
        self._webhook = None if webhook_url is None else f"{webhook_url.rstrip('/')}{PATH}"
        self._secret = webhook_secret
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._gate = Gate(clock)
        self._bell = Bell()
        self._taken = Taken()
        self._leaving = threading.Event()
        self._lock = threading.Lock()
        self._model: Model | None = None
        self._trouble = Condition("ready")

    def generate(self, request: GenerationRequest, attempt: Attempt, watch: Watch) -> Painting:
        """See ImageBackend. Raises NotConfigured without a token."""
        try:
            painting = self._generated(request, attempt, watch)
        except (NotLetIn, NoCredit) as fault:
            self._trouble = Condition("failed", fault.message)
            raise
        except (NoAnswer, Trouble) as fault:
            self._trouble = Condition("degraded", fault.message)
            raise
        self._trouble = Condition("ready")
        return painting

    def hear(self, headers: Mapping[str, str], body: bytes, tell: Callable[[bytes], Any]) -> None:
        """A webhook: see HearsWebhooks."""
        message_id = verify(self._signing_secret(), headers, body, self._clock.now())
        self._bell.ring(message_id, Prediction.of(tell(body)))

    def abandon(self, attempt: Attempt) -> None:
        place = Place.read(attempt.place)
        if place is None or not self._has_token:
            return
        for number in place.unsure:
            found = self._unheard(place, number)
            if found is not None:
                place.slots[number] = found.id
        for prediction_id in place.ids:
            self._cancelled(prediction_id)

    def condition(self) -> Condition:
        return self._trouble if self._has_token else Condition("failed", _without_token().message)

    def details(self) -> dict[str, object]:
        name = self._reference.partition(":")[0]
        return {"url": self._wire.url, "checkpoints": [name], "webhooks": self._webhook is not None}

    def leave(self) -> None:
        self._leaving.set()

    def close(self) -> None:
        self._wire.close()

    def _generated(self, request: GenerationRequest, attempt: Attempt, watch: Watch) -> Painting:
        if not self._has_token:
            raise _without_token()
        model = self._known_model(watch)
        planned = plan(request, model)
        place = Place.read(attempt.place)
        if place is None or place.model != model.reference or len(place.slots) != request.num_images:
            place = Place(model.reference, self._clock.now(), request.seed, [OPEN] * request.num_images)
        sitting = self._sitting(request, watch, model, planned, place)
        try:
            return sitting.paint()
        except Cancelled:
            try:
                sitting.end()
            except StudioError as fault:
                # It is cancelled all the same; what cannot be told to stop is paid for.
                log.warning("attempt %s could not be stopped: %s", attempt.id, fault)
            raise
        finally:
            self._taken.give_back(place.ids)

    def _sitting(self, request: GenerationRequest, watch: Watch, model: Model, planned: Plan, place: Place) -> Sitting:
        orders = Orders(self._wire, model, planned, request, place, watch, self._gate, self._taken, self._webhook)
        return Sitting(
            self._wire,
            orders,
            request,
            watch,
            self._gate,
            self._bell,
            told_by_webhooks=self._webhook is not None,
            patience_seconds=self._patience_seconds,
        )

    def _known_model(self, watch: Watch) -> Model:
        """What the model takes, asked for once."""
        with self._lock:
            if self._model is None:
                self._gate.wait(watch)
                self._model = self._wire.model(self._reference)
            return self._model

    def _unheard(self, place: Place, number: int) -> Prediction | None:
        """The prediction of an order that nobody heard the answer of, by its model and seed."""
        seed = GenerationRequest(prompt="", seed=place.seed).seed_of(number)
        name = place.model.partition(":")[0]
        for prediction in self._wire.created_since(place.since - CLOCKS_APART):
            if prediction.model == name and prediction.input.get("seed") == seed and prediction.id not in place.ids:
                return prediction
        return None

    def _cancelled(self, prediction_id: str) -> None:
        """Raises BackendDown, and Leaving once the studio closes: its next start sees to it."""
        for seconds in ABANDON_PAUSES_SECONDS:
            try:
                self._wire.cancel(prediction_id, {})
            except BackendDown:
                if self._leaving.wait(seconds):
                    raise Leaving from None
            except BackendFailed as fault:
                log.warning("prediction %s cannot be cancelled: %s", prediction_id, fault)
                return
            else:
                return
        self._wire.cancel(prediction_id, {})

    def _signing_secret(self) -> str:
        """The setting's, or the account's own. Raises Unproven where no webhook was ever asked for."""
        if self._secret is None:
            if self._webhook is None or not self._has_token:
                raise Unproven("this studio asked for no webhooks: REPLICATE_WEBHOOK_URL is not set")
            self._secret = self._wire.secret()
        return self._secret


def _without_token() -> NotConfigured:
    return NotConfigured("REPLICATE_API_TOKEN is not set: pictures cannot be ordered from Replicate without it")
