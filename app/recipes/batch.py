"""Many pictures at once: read a few at a time, kept each by itself, told of as it happens."""

from __future__ import annotations

import hashlib
import logging
import threading
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from app.errors import NotFound, StudioError, Unavailable
from app.events import Channel, Event
from app.recipes.embedding import without
from app.recipes.service import Draft, Recipes
from app.recipes.tables import Recipe

log = logging.getLogger("app")

AT_A_TIME = 3
MOST_AT_A_TIME = 10
# Of batches that have ended; the oldest are forgotten first.
MOST_KEPT = 100
CLOSE_WITHIN_SECONDS = 2.0


class BatchState(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Item(Protocol):
    """One picture that is to be imported. name: what it is told by, and its recipe is called after."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def source(self) -> str | None: ...

    def read(self) -> bytes:
        """Its bytes, one beyond the limit at most. Raises StudioError."""


@dataclass(frozen=True)
class BatchOrder:
    """items: what is imported, at least one; tags, folder: of every recipe.

    dismiss: called once, when no item is read any more.
    """

    items: Sequence[Item]
    at_a_time: int = AT_A_TIME
    tags: Sequence[str] = ()
    folder: str = ""
    dismiss: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class FailedItem:
    name: str
    why: str


@dataclass
class Batch:
    """One import. done = added + skipped + failed; skipped: pictures that the recipe book has already."""

    id: str
    order: BatchOrder
    state: BatchState = BatchState.RUNNING
    added: int = 0
    skipped: int = 0
    failed: list[FailedItem] = field(default_factory=list)
    left: deque[Item] = field(default_factory=deque)
    keeping: int = 0
    workers: int = 0
    wanted: bool = True

    @property
    def total(self) -> int:
        return len(self.order.items)

    @property
    def done(self) -> int:
        return self.added + self.skipped + len(self.failed)

    def counts(self) -> dict[str, int]:
        return {"done": self.done, "total": self.total, "added": self.added, "skipped": self.skipped}


class Batches:
    """The imports of this life of the studio; what they added outlives it."""

    def __init__(self, *, recipes: Recipes, channel: Channel) -> None:
        self.channel = channel
        self._recipes = recipes
        self._changed = threading.Condition()
        self._batches: OrderedDict[str, Batch] = OrderedDict()
        self._taking: set[str] = set()
        self._threads: set[threading.Thread] = set()
        self._closing = False

    def begin(self, order: BatchOrder) -> Batch:
        """Begin to import, `at_a_time` pictures at the same time."""
        batch = Batch(uuid.uuid4().hex, order, left=deque(order.items))
        with self._changed:
            if self._closing:
                raise Unavailable("the studio closes")
            self._batches[batch.id] = batch
            self._forget_oldest()
            batch.workers = min(order.at_a_time, batch.total)
            for number in range(batch.workers):
                name = f"recipe-import-{number}"
                thread = threading.Thread(target=self._work, args=(batch,), name=name, daemon=True)
                self._threads.add(thread)
                thread.start()
        return batch

    def get(self, batch_id: str) -> Batch:
        """Raises NotFound."""
        with self._changed:
            batch = self._batches.get(batch_id)
        if batch is None:
            raise NotFound(
                f"there is no import {batch_id[:64]!r}; one that a restart ended is told of no longer, "
                "what it added is kept: import the same again, and only what is missing is added"
            )
        return batch

    def running(self) -> list[Batch]:
        with self._changed:
            return [batch for batch in self._batches.values() if batch.state is BatchState.RUNNING]

    def cancel(self, batch_id: str) -> Batch:
        """Import nothing more; what is kept stays. One that has ended stays as it is. Raises NotFound."""
        batch = self.get(batch_id)
        with self._changed:
            self._stop(batch)
            # A picture that is being written is written to its end, which takes no more than a moment.
            self._changed.wait_for(lambda: batch.state is not BatchState.RUNNING, timeout=CLOSE_WITHIN_SECONDS)
        return batch

    def close(self) -> None:
        with self._changed:
            self._closing = True
            for batch in self._batches.values():
                self._stop(batch)
            threads = list(self._threads)
        for thread in threads:
            thread.join(CLOSE_WITHIN_SECONDS)

    def _work(self, batch: Batch) -> None:
        try:
            while (item := self._next(batch)) is not None:
                self._take(batch, item)
        finally:
            with self._changed:
                batch.workers -= 1
                self._threads.discard(threading.current_thread())
                last = batch.workers == 0
                if last and batch.state is BatchState.RUNNING:
                    self._end(batch)
            if last:
                batch.order.dismiss()

    def _next(self, batch: Batch) -> Item | None:
        with self._changed:
            return batch.left.popleft() if batch.wanted and batch.left else None

    def _take(self, batch: Batch, item: Item) -> None:
        keeping = False
        try:
            data = item.read()
            keeping = self._may_keep(batch)
            if not keeping:
                return
            order = batch.order
            draft = Draft(item.title, data, tags=order.tags, folder=order.folder, source=item.source)
            recipe, new = self.keep_once(draft)
            kind, more = ("imported" if new else "skipped"), {"recipe_id": recipe.id}
        except StudioError as error:
            kind, more = "failed", {"why": error.message}
        except Exception as error:  # one picture's fault is not the others'
            log.exception("an import met something unexpected at %s", item.name, exc_info=error)
            kind, more = "failed", {"why": "something unexpected happened; the studio's log holds the cause"}
        self._count(batch, item, kind, more, kept=keeping)

    def _may_keep(self, batch: Batch) -> bool:
        """Whether the import is still wanted; from here on, its end waits for this picture."""
        with self._changed:
            batch.keeping += batch.wanted
            return batch.wanted

    def keep_once(self, draft: Draft) -> tuple[Recipe, bool]:
        """Save it unless the book has a recipe of the same picture: that one then, and False."""
        sum_ = hashlib.sha256(without(draft.picture)).hexdigest()
        with self._alone(sum_):
            known = self._recipes.known_picture(sum_)
            return (known, False) if known is not None else (self._recipes.save(draft), True)

    @contextmanager
    def _alone(self, sum_: str) -> Iterator[None]:
        """One at a time for each picture: the same one twice in a batch is added once."""
        with self._changed:
            self._changed.wait_for(lambda: sum_ not in self._taking)
            self._taking.add(sum_)
        try:
            yield
        finally:
            with self._changed:
                self._taking.discard(sum_)
                self._changed.notify_all()

    def _count(self, batch: Batch, item: Item, kind: str, more: dict[str, Any], *, kept: bool) -> None:
        with self._changed:
            batch.keeping -= kept
            if batch.state is not BatchState.RUNNING:
                return  # it has been told of as ended
            if kind == "failed":
                batch.failed.append(FailedItem(item.name, more["why"]))
            elif kind == "skipped":
                batch.skipped += 1
            else:
                batch.added += 1
            told = {"name": item.name, **more, "done": batch.done, "total": batch.total}
            self.channel.publish(Event(batch.id, kind, told))
            if not batch.wanted and not batch.keeping:
                self._end(batch)

    def _stop(self, batch: Batch) -> None:
        """Under the lock."""
        batch.wanted = False
        batch.left.clear()
        if not batch.keeping and batch.state is BatchState.RUNNING:
            self._end(batch)

    def _end(self, batch: Batch) -> None:
        """Under the lock: the last word on it."""
        batch.state = BatchState.COMPLETED if batch.wanted else BatchState.CANCELLED
        self.channel.publish(Event(batch.id, str(batch.state), {**batch.counts(), "failed": len(batch.failed)}))
        self._changed.notify_all()

    def _forget_oldest(self) -> None:
        ended = [batch for batch in self._batches.values() if batch.state is not BatchState.RUNNING]
        for batch in ended[: max(len(ended) - MOST_KEPT, 0)]:
            del self._batches[batch.id]
