"""The models of one library in memory: every look-up and list is answered from here, and kept equal by every write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

from app.library.groups import Group, Ids, by_name, intersection
from app.library.model import Model, Place, Renamed, folded
from app.model_files import ModelKind, is_model_file

__all__ = ["Catalogue", "Model", "Place", "Renamed", "folded"]

Value = TypeVar("Value", str, int)

# From so many changes at once on, making an order anew is cheaper than keeping it.
MANY = 2000


@dataclass(frozen=True)
class Where:
    """The library that is open, and its roots."""

    library: str
    roots: frozenset[tuple[ModelKind, str]]

    def covers(self, model: Model) -> bool:
        return model.library == self.library and (model.kind, model.root) in self.roots


class Catalogue:
    """Everything of one library. covers: whether a model belongs here: of this library, below a root in force.

    Single look-ups take no lock: each finds what was there before a change or after it. Excluded models are
    found by `entry`, `at` and in their own group alone.
    """

    def __init__(self, models: Iterable[Model], *, covers: Callable[[Model], bool] = lambda model: True) -> None:
        self._covers = covers
        self._lock = threading.RLock()
        self._models: dict[str, Model] = {}
        self._places: dict[tuple[ModelKind, Place], Model] = {}
        self.by_sum: dict[str, tuple[Model, ...]] = {}
        self._by_name: dict[str, tuple[Model, ...]] = {}
        self._by_version: dict[int, tuple[Model, ...]] = {}
        self._groups = {(kind, excluded): Group() for kind in ModelKind for excluded in (False, True)}
        for model in models:
            if covers(model):
                self._add(model)

    def all(self, kind: ModelKind) -> list[Model]:
        """Every model of a kind, excluded ones too, in no order."""
        with self._lock:
            return [*self._groups[kind, False].models.values(), *self._groups[kind, True].models.values()]

    def entry(self, model_id: str) -> Model | None:
        return self._models.get(model_id)

    def at(self, kind: ModelKind, place: Place) -> Model | None:
        return self._places.get((kind, place))

    def named(self, text: str, kind: ModelKind | None) -> list[Model]:
        """All that a name may mean: in any case, extension optional; with a folder that very file."""
        folder, _, name = text.strip().replace("\\", "/").strip("/").rpartition("/")
        sought = folded(name)
        stem = folded(PurePosixPath(name).stem) if is_model_file(name) else sought
        found = {model.id: model for model in self._by_name.get(sought, ())}
        found |= {model.id: model for model in self._by_name.get(stem, ()) if folded(model.file_name) == sought}
        wanted = folded(folder)
        return [
            model
            for model in found.values()
            if (kind is None or model.kind == kind) and (not folder or folded(model.folder) == wanted)
        ]

    def of_version(self, model_version_id: int) -> Sequence[Model]:
        return self._by_version.get(model_version_id, ())

    def ordered(self, kind: ModelKind, order: str) -> list[Model]:
        """The models of a kind in one of ORDERS, ascending, without the excluded ones."""
        with self._lock:
            return self._groups[kind, False].ordered(order)

    def part(
        self,
        kind: ModelKind,
        order: str,
        begin: int,
        end: int,
        *,
        descending: bool = False,
        excluded: bool = False,
        choose: Callable[[Group], Sequence[Ids]] = lambda group: (),
    ) -> tuple[list[Model], int]:
        """Those from `begin` on and before `end` in one of ORDERS, and how many there are in all.

        choose: sets of ids that a model must all be in.
        """
        with self._lock:
            group = self._groups[kind, excluded]
            chosen = choose(group)
            if not chosen:
                return group.part(order, begin, end, descending=descending), len(group.models)
            ids = intersection(chosen)
            return group.part(order, begin, end, descending=descending, ids=ids), len(ids)

    def apply(self, put: Sequence[Model], drop: Iterable[str]) -> None:
        """What has been written: these are so now, those are no more."""
        with self._lock:
            dropped = list(drop)
            if len(put) + len(dropped) > MANY:
                for group in self._groups.values():
                    group.forget_orders()
            for model_id in dropped:
                self._take_out(self._models.pop(model_id, None), None)
            for model in put:
                self._take_out(self._models.get(model.id), model)
                if self._covers(model):
                    self._add(model)
                else:
                    self._models.pop(model.id, None)

    def _add(self, model: Model) -> None:
        self._models[model.id] = model
        self._places[model.kind, model.place] = model
        self._groups[model.kind, model.excluded].add(model)
        if model.excluded:
            return
        for sum_ in _sums(model):
            self.by_sum[sum_] = _with(self.by_sum.get(sum_), model)
        name = folded(model.name)
        self._by_name[name] = _with(self._by_name.get(name), model)
        if model.model_version_id is not None:
            known = self._by_version.get(model.model_version_id)
            self._by_version[model.model_version_id] = _with(known, model)

    def _take_out(self, model: Model | None, successor: Model | None) -> None:
        """Remove a model from where its successor will not take its place."""
        if model is None:
            return
        if successor is None or successor.place != model.place:
            self._places.pop((model.kind, model.place), None)
        self._groups[model.kind, model.excluded].remove(model)
        if model.excluded:
            return
        heir = successor if successor is not None and not successor.excluded and self._covers(successor) else None
        for sum_ in _sums(model):
            _without(self.by_sum, sum_, model, stays=heir is not None and sum_ in _sums(heir))
        name = folded(model.name)
        _without(self._by_name, name, model, stays=heir is not None and folded(heir.name) == name)
        version = model.model_version_id
        if version is not None:
            _without(self._by_version, version, model, stays=heir is not None and heir.model_version_id == version)


def _sums(model: Model) -> tuple[str, ...]:
    return (model.sha256, model.autov2, *([model.autov3] if model.autov3 else []))


def _with(known: tuple[Model, ...] | None, model: Model) -> tuple[Model, ...]:
    """These and this one, in its own former place's stead."""
    if known is None:
        return (model,)
    others = (one for one in known if one.id != model.id)
    return tuple(sorted((*others, model), key=by_name))


def _without(index: dict[Value, tuple[Model, ...]], key: Value, model: Model, *, stays: bool) -> None:
    """Take a model out of an index, unless its successor replaces it there: no look-up may miss it in between."""
    if stays:
        return
    left = tuple(one for one in index.get(key, ()) if one.id != model.id)
    if left:
        index[key] = left
    else:
        index.pop(key, None)
