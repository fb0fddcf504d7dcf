"""Models that are listed together: in several orders, by what is said of them, by words. Not for several threads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Any, TypeVar

from app.library.bulk import nothing_to_collect
from app.library.model import Model, folded
from app.library.search import SearchIndex

Key = tuple[Any, ...]
Ids = set[str]
Mark = TypeVar("Mark", str, tuple[str, str])

# From so few of all on, putting some in order is cheaper than going through all.
FEW = 1 / 50


def by_name(model: Model) -> Key:
    return folded(model.name), model.folder, model.file_name, model.root, model.id


def by_date(model: Model) -> Key:
    return model.added_at, model.mtime_ns, *by_name(model)


def by_size(model: Model) -> Key:
    return model.size_bytes, *by_name(model)


ORDERS: dict[str, Callable[[Model], Key]] = {"name": by_name, "date": by_date, "size": by_size}


class _Order:
    """Models in one order, kept by bisection."""

    def __init__(self, key: Callable[[Model], Key], models: Iterable[Model]) -> None:
        self._key = key
        keyed = sorted((key(model), model) for model in models)  # a key ends with the id: no two are equal
        self._keys = [pair[0] for pair in keyed]
        self.models = [pair[1] for pair in keyed]

    def add(self, model: Model) -> None:
        key = self._key(model)
        place = bisect_left(self._keys, key)
        self._keys.insert(place, key)
        self.models.insert(place, model)

    def remove(self, model: Model) -> None:
        place = bisect_left(self._keys, self._key(model))
        del self._keys[place], self.models[place]

    def part(self, begin: int, end: int, *, descending: bool) -> list[Model]:
        if not descending:
            return self.models[begin:end]
        size = len(self.models)
        return self.models[max(size - end, 0) : max(size - begin, 0)][::-1]

    def part_of(self, ids: Ids, begin: int, end: int, *, descending: bool) -> list[Model]:
        """The same of some of them."""
        models = reversed(self.models) if descending else iter(self.models)
        return list(islice((model for model in models if model.id in ids), begin, end))


class _Marks:
    """Which models have something in common: a tag, a base model, a folder, a yes."""

    def __init__(self, models: Iterable[Model]) -> None:
        self.having: dict[tuple[str, str], Ids] = {}
        self._folders: dict[str, Ids] = {}
        for model in models:
            self.add(model)

    def add(self, model: Model) -> None:
        for mark in _marks_of(model):
            self.having.setdefault(mark, set()).add(model.id)
        self._folders.setdefault(model.folder, set()).add(model.id)

    def remove(self, model: Model) -> None:
        for mark in _marks_of(model):
            _discard(self.having, mark, model.id)
        _discard(self._folders, model.folder, model.id)

    def in_folder(self, folder: str, *, recursive: bool) -> Ids:
        if not recursive:
            return self._folders.get(folder, set())
        deeper = f"{folder}/" if folder else ""
        inside = [having for name, having in self._folders.items() if name == folder or name.startswith(deeper)]
        return set().union(*inside)


class Group:
    """The models of one kind that are listed, or its excluded ones; what is needed is made when it is asked for."""

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}
        self._orders: dict[str, _Order] = {}
        self._marks: _Marks | None = None
        self._search: SearchIndex | None = None

    def add(self, model: Model) -> None:
        self.models[model.id] = model
        for order in self._orders.values():
            order.add(model)
        if self._marks is not None:
            self._marks.add(model)
        if self._search is not None:
            self._search.add(model)

    def remove(self, model: Model) -> None:
        del self.models[model.id]
        for order in self._orders.values():
            order.remove(model)
        if self._marks is not None:
            self._marks.remove(model)
        if self._search is not None:
            self._search.remove(model)

    def forget_orders(self) -> None:
        """Before many changes: making all of it anew is cheaper then than keeping it."""
        self._orders.clear()
        self._marks = self._search = None

    def ordered(self, order: str) -> list[Model]:
        return self._order(order).models[:]

    def part(self, order: str, begin: int, end: int, *, descending: bool, ids: Ids | None = None) -> list[Model]:
        """Those from `begin` on and before `end` in an order, of those with these ids."""
        if ids is None:
            return self._order(order).part(begin, end, descending=descending)
        if len(ids) > len(self.models) * FEW:
            return self._order(order).part_of(ids, begin, end, descending=descending)
        few = sorted((self.models[model_id] for model_id in ids), key=ORDERS[order], reverse=descending)
        return few[begin:end]

    def found(self, pattern: str) -> Ids:
        """The ids of the models that a search finds."""
        if self._search is None:
            with nothing_to_collect():
                self._search = SearchIndex(self.models.values())
        return self._search.find(pattern)

    def marked(self, mark: str, value: str) -> Ids:
        """The ids of the models with this tag or base model (folded), or with this yes or no. Not to be changed."""
        return self._all_marks().having.get((mark, value), set())

    def in_folder(self, folder: str, *, recursive: bool) -> Ids:
        return self._all_marks().in_folder(folder, recursive=recursive)

    def _all_marks(self) -> _Marks:
        if self._marks is None:
            self._marks = _Marks(self.models.values())
        return self._marks

    def _order(self, order: str) -> _Order:
        found = self._orders.get(order)
        if found is None:
            with nothing_to_collect():
                found = self._orders[order] = _Order(ORDERS[order], self.models.values())
        return found


def _marks_of(model: Model) -> Collection[tuple[str, str]]:
    marks = {("tag", folded(tag)) for tag in model.tags}
    marks.add(("base_model", folded(model.base_model)))
    marks.add(("favorite", str(model.favorite)))
    marks.add(("mature", str(model.mature)))
    return marks


def _discard(index: dict[Mark, Ids], mark: Mark, model_id: str) -> None:
    having = index[mark]
    having.discard(model_id)
    if not having:
        del index[mark]


def intersection(parts: Sequence[Ids]) -> Ids:
    """What all have; the smallest first, because that bounds the work."""
    first, *others = sorted(parts, key=len)
    return first.intersection(*others) if others else first
