"""Predictions ordered, each once: an order costs money, and Replicate takes no key that would tell two alike.

So nothing is ever sent again before it has been looked for: an order whose answer was lost is found in the list
of predictions by its model and its very inputs, of which the seed is one in four thousand million.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.errors import StudioError
from app.generation.faults import BackendFailed
from app.generation.port import GenerationRequest, Watch
from app.generation.replicate.errors import NoAnswer, Throttled, Trouble
from app.generation.replicate.gate import Gate
from app.generation.replicate.model import Model, Plan
from app.generation.replicate.place import ASKED, FAILED, LOST, OPEN, Place
from app.generation.replicate.prediction import Prediction
from app.generation.replicate.references import sent
from app.generation.replicate.wire import Wire

# The answer is held back so long for the prediction's end; while it is, nobody can cancel it.
HOLD_SECONDS = 1
# Before each look into the list: what was taken this moment may not be listed yet.
LOOK_AFTER_SECONDS = (0.0, 0.4, 1.2)
# The two machines' clocks may differ.
CLOCKS_APART = timedelta(minutes=1)


class Taken:
    """The predictions that attempts of this studio follow: what one has, no other finds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: set[str] = set()

    def add(self, prediction_id: str) -> bool:
        """False when another attempt has it."""
        with self._lock:
            new = prediction_id not in self._ids
            self._ids.add(prediction_id)
            return new

    def give_back(self, ids: list[str]) -> None:
        with self._lock:
            self._ids.difference_update(ids)


@dataclass
class Orders:
    """The orders of one attempt, one a picture.

    found: what is known of each prediction, by the number of its picture; faults: why a picture has none.
    """

    wire: Wire
    model: Model
    plan: Plan
    request: GenerationRequest
    place: Place
    watch: Watch
    gate: Gate
    taken: Taken
    webhook: str | None
    found: dict[int, Prediction] = field(default_factory=dict)
    faults: dict[int, StudioError] = field(default_factory=dict)
    _files: dict[str, Any] | None = None

    def settle(self) -> None:
        """Every picture has its prediction, or a fault. Raises Stopped, BackendDown."""
        for prediction_id in self.place.ids:
            self.taken.add(prediction_id)
        for number in self.place.unsure:
            self._find(number)
        for number, slot in enumerate(list(self.place.slots)):
            if slot == FAILED:
                self.faults[number] = BackendFailed("it had failed before the studio was restarted")
            elif slot == OPEN and number not in self.faults:
                self._order(number)

    def look(self, number: int) -> Prediction | None:
        """The prediction of a picture whose order may have been taken; None when there is none in the list."""
        for seconds in LOOK_AFTER_SECONDS:
            self.watch.stopping.wait(seconds)
            found = self.seen(number)
            if found is not None:
                return found
            self.watch.check()
        return None

    def seen(self, number: int) -> Prediction | None:
        """As `look`, once."""
        wanted = self.plan.of(self.request.seed_of(number))
        for prediction in self.wire.created_since(self.place.since - CLOCKS_APART):
            is_it = prediction.model == self.model.name and all(
                prediction.input.get(name) == value for name, value in wanted.items()
            )
            if is_it and prediction.status not in ("canceled", "aborted") and self.taken.add(prediction.id):
                return prediction
        return None

    def _find(self, number: int) -> None:
        """What became of an order of which nobody knows whether it was taken."""
        found = self.look(number)
        if found is not None:
            self._has(number, found)
        elif self.place.slots[number] == ASKED:
            # An earlier life ended round that moment, and its order is not in the list: it was never taken.
            self._write(number, OPEN)
        else:
            self._fail(
                number,
                BackendFailed(
                    "the answer to the order was lost, and Replicate lists no prediction for it; it is not ordered "
                    "again, because that might be paid twice"
                ),
            )

    def _order(self, number: int) -> None:
        while self.place.slots[number] == OPEN and number not in self.faults:
            self.gate.wait(self.watch)
            inputs = self.plan.of(self.request.seed_of(number)) | self._sent()
            self._write(number, ASKED)
            try:
                self._has(number, self._created(inputs, number))
            except Throttled as fault:
                self.gate.close_for(fault.seconds)
                self._write(number, OPEN)
            except NoAnswer as fault:
                self._write(number, LOST if fault.sent else OPEN)
                if not fault.sent:
                    raise
                self._find(number)
            except Trouble:
                self._write(number, LOST)
                found = self.look(number)
                if found is None:
                    self._write(number, OPEN)
                    raise
                self._has(number, found)
            except BackendFailed as fault:
                self._refuse_rest(number, fault)
            except StudioError as fault:
                self._refuse_rest(number, fault)

    def _created(self, inputs: dict[str, Any], number: int) -> Prediction:
        is_last = OPEN not in self.place.slots[number + 1 :]
        hold = HOLD_SECONDS if is_last else 0
        return self.wire.create(self.model, inputs, wait_seconds=hold, webhook=self.webhook)

    def _sent(self) -> dict[str, Any]:
        """The reference images as inputs; large ones are uploaded once for all pictures."""
        if self._files is None:
            self._files = sent(self.plan, self.wire, self.watch)
        return self._files

    def _refuse_rest(self, number: int, fault: StudioError) -> None:
        """What is refused for one picture is refused for the others: they differ by their seeds alone."""
        for other in range(number, len(self.place.slots)):
            if other == number or self.place.slots[other] == OPEN:
                self._fail(other, fault)

    def _has(self, number: int, prediction: Prediction) -> None:
        self.taken.add(prediction.id)
        self.found[number] = prediction
        self._write(number, prediction.id)

    def _fail(self, number: int, fault: StudioError) -> None:
        self.faults[number] = fault
        self._write(number, FAILED)

    def _write(self, number: int, slot: str) -> None:
        self.place.slots[number] = slot
        self.watch.placed(str(self.place))
