"""One attempt on Replicate: a prediction for each picture, ordered, followed, its file copied at once."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, field

from PIL import Image, ImageOps

from app.errors import StudioError
from app.generation.faults import BackendDown, BackendFailed, OutOfMemory
from app.generation.port import GenerationRequest, Painting, Picture, Watch
from app.generation.replicate.errors import NoAnswer, Throttled, Trouble, fault_of_prediction, said
from app.generation.replicate.gate import Gate
from app.generation.replicate.ordering import Orders
from app.generation.replicate.prediction import Prediction
from app.generation.replicate.webhooks import Bell, News
from app.generation.replicate.wire import Wire
from app.recipes.pictures import check

CHECK_EVERY_SECONDS = 0.02
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.02, 0.5
# Who is told by webhooks asks now and then all the same: a webhook may be lost.
PAUSE_WHEN_TOLD_SECONDS = 1.0
SILENT_FOR_SECONDS = 30.0
# How far two ratios may be apart that one picture can have without anything being cut off.
SAME_RATIO = 0.01


class Progress:
    """How far all pictures of an attempt have come, told strictly rising; of: inference steps in all."""

    def __init__(self, watch: Watch, of: int) -> None:
        self._watch = watch
        self._of = of
        self._told = 0

    def reached(self, step: int, *, by_logs: bool) -> None:
        """by_logs: each step on the way was told, and is told. Raises as the watch does."""
        step = min(step, self._of)
        if step <= self._told:
            return
        for one in range(self._told + 1 if by_logs else step, step + 1):
            self._told = one
            self._watch.progress(one, self._of)


@dataclass
class Sitting:
    """An attempt while it is on Replicate. patience_seconds: how long it may be silent while it is asked."""

    wire: Wire
    orders: Orders
    request: GenerationRequest
    watch: Watch
    gate: Gate
    bell: Bell
    told_by_webhooks: bool
    patience_seconds: float = SILENT_FOR_SECONDS
    pictures: dict[int, Picture] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _steps: dict[int, int] = field(default_factory=dict)
    _out_of_memory: str | None = None
    _silent_since: float | None = None

    def paint(self) -> Painting:
        """Raises Stopped, InvalidInput, BackendDown, OutOfMemory, BackendFailed."""
        self._progress = Progress(self.watch, self.request.num_images * self.request.num_inference_steps)
        self.orders.settle()
        self._follow()
        return self._painting()

    def end(self) -> None:
        """Nobody wants it any more: what runs is cancelled, also what may have been ordered unheard."""
        place = self.orders.place
        for number in place.unsure:
            found = self.orders.seen(number)
            if found is not None:
                place.slots[number] = found.id
        for number, slot in enumerate(place.slots):
            known = self.orders.found.get(number)
            if slot in place.ids and (known is None or not known.has_ended):
                self.wire.cancel(slot, {} if known is None else known.urls)

    def _follow(self) -> None:
        """Until every prediction has ended, and its file is here."""
        place = self.orders.place
        waited_for = [number for number, slot in enumerate(place.slots) if slot in place.ids]
        pause = FIRST_PAUSE_SECONDS
        with self.bell.listening(place.ids) as news:
            ask_at = 0.0
            while True:
                news.came.clear()
                ask = time.monotonic() >= ask_at and not self.gate.is_closed
                changed = [self._looked_at(number, news, ask=ask) for number in waited_for]
                waited_for = [n for n in waited_for if n not in self.pictures and n not in self.missing]
                if not waited_for:
                    return
                if ask:
                    pause = self._next_pause(pause, changed=any(changed))
                    ask_at = time.monotonic() + pause
                self.watch.check()
                news.came.wait(min(max(ask_at - time.monotonic(), 0.001), CHECK_EVERY_SECONDS))

    def _next_pause(self, pause: float, *, changed: bool) -> float:
        if self.told_by_webhooks:
            return PAUSE_WHEN_TOLD_SECONDS
        return FIRST_PAUSE_SECONDS if changed else min(pause * 1.5, LONGEST_PAUSE_SECONDS)

    def _looked_at(self, number: int, news: News, *, ask: bool) -> bool:
        """Whether there was anything new of a picture's prediction."""
        before = self.orders.found.get(number)
        prediction = news.of(self.orders.place.slots[number])
        if prediction is None and before is not None and before.has_ended:
            prediction = before
        if prediction is None and ask:
            prediction = self._asked(number, before)
        if prediction is None:
            return False
        self.orders.found[number] = prediction
        is_new = self._tell(number, prediction)
        if prediction.has_ended:
            self._take(number, prediction)
        return is_new or prediction.has_ended or before is None or before.status != prediction.status

    def _asked(self, number: int, before: Prediction | None) -> Prediction | None:
        """Its prediction as it is now; None while Replicate is silent. Raises BackendDown when it stays so."""
        self.watch.check()
        try:
            prediction = self.wire.get(self.orders.place.slots[number], {} if before is None else before.urls)
        except Throttled as fault:
            self.gate.close_for(fault.seconds)
            return None
        except (NoAnswer, Trouble):
            now = time.monotonic()
            self._silent_since = self._silent_since or now
            if now - self._silent_since >= self.patience_seconds:
                raise
            return None
        except BackendFailed as fault:
            self.missing[number] = f"picture {number + 1} is lost: {fault.message}"
            return None
        self._silent_since = None
        return prediction

    def _tell(self, number: int, prediction: Prediction) -> bool:
        """Its progress; whether there was any."""
        of = self.request.num_inference_steps
        by_logs = prediction.step(of)
        step = of if prediction.status == "succeeded" else by_logs
        if step <= self._steps.get(number, 0):
            return False
        self._steps[number] = step
        self._progress.reached(sum(self._steps.values()), by_logs=by_logs > 0)
        return True

    def _take(self, number: int, prediction: Prediction) -> None:
        """What an ended prediction gave: its picture, or why there is none."""
        if prediction.status != "succeeded":
            if "out of memory" in prediction.error.casefold():
                self._out_of_memory = said(prediction.error)
            reasons = {"canceled": "somebody cancelled it at Replicate", "aborted": "it never started in its time"}
            self.missing[number] = fault_of_prediction(reasons.get(prediction.status, prediction.error), number)
            return
        data = self._copied(prediction)
        if data is None:
            self.missing[number] = fault_of_prediction("Replicate keeps its file no longer", number)
            return
        try:
            image = self._decoded(data)
        except StudioError as fault:
            self.missing[number] = fault_of_prediction(fault.message, number)
            return
        self.pictures[number] = Picture(self._fitted(image), self.request.seed_of(number))

    def _copied(self, prediction: Prediction) -> bytes | None:
        """The file, asked for a second time where the first was not answered."""
        if not prediction.outputs:
            return None
        self.watch.check()
        try:
            return self.wire.output(prediction.outputs[0])
        except Throttled as fault:
            self.gate.close_for(fault.seconds)
            self.gate.wait(self.watch)
        except BackendDown:
            self.watch.check()
        return self.wire.output(prediction.outputs[0])

    @staticmethod
    def _decoded(data: bytes) -> Image.Image:
        try:
            check(data)
        except StudioError as fault:
            raise BackendFailed(f"Replicate sent something that is no picture ({fault.message})") from fault
        with Image.open(io.BytesIO(data)) as image:
            return image.convert("RGB")

    def _fitted(self, image: Image.Image) -> Image.Image:
        """The picture in exactly the size asked for; what had to be done for it is told."""
        wanted = (self.request.width, self.request.height)
        if image.size == wanted:
            return image
        ratio = image.width / image.height / (wanted[0] / wanted[1])
        how = "scaled" if abs(ratio - 1) <= SAME_RATIO else "cropped and scaled"
        warning = "painted at {}×{} and {} to {}×{}".format(*image.size, how, *wanted)
        if warning not in self.warnings:
            self.warnings.append(warning)
        return ImageOps.fit(image, wanted, Image.Resampling.LANCZOS)

    def _painting(self) -> Painting:
        faults = self.orders.faults
        if not self.pictures:
            raise self._fault()
        self.missing |= {n: fault_of_prediction(fault.message, n) for n, fault in faults.items()}
        missing = [self.missing[number] for number in sorted(self.missing)]
        return Painting(
            tuple(self.pictures[number] for number in sorted(self.pictures)),
            self.orders.model.name,
            (*missing, *self.warnings),
            tuple(self.orders.plan.not_applied),
        )

    def _fault(self) -> StudioError:
        """Why there is no picture at all."""
        if self._out_of_memory is not None:
            return OutOfMemory(f"Replicate ran out of memory: {self._out_of_memory}")
        if self.missing:
            first = self.missing[min(self.missing)]
            return BackendFailed(first if len(self.missing) == 1 else f"no picture was painted; {first}")
        return self.orders.faults[min(self.orders.faults)]
