"""Which models are asked for, and the page of them that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import InvalidInput
from app.library.catalogue import Catalogue
from app.library.groups import ORDERS, Group, Ids
from app.library.model import Model, folded
from app.model_files import ModelKind

DEFAULT_ORDER = "name"


@dataclass(frozen=True)
class Wanted:
    """Which models of a kind are asked for; every member narrows.

    search: words, see `app.library.search`; None for no search, an empty one finds nothing. sum_: a SHA-256, AutoV2 or
    AutoV3. base_models: one of them; tags: all of them; both in any case. folder: below its root; recursive: what lies
    deeper, too. excluded: those that are excluded, and they alone.
    """

    search: str | None = None
    sum_: str | None = None
    base_models: Sequence[str] = ()
    tags: Sequence[str] = ()
    favorite: bool | None = None
    mature: bool | None = None
    folder: str | None = None
    recursive: bool = True
    excluded: bool = False


@dataclass(frozen=True)
class Page:
    items: list[Model]
    total: int


@dataclass(frozen=True)
class Order:
    """by: one of ORDERS."""

    by: str
    descending: bool

    @classmethod
    def of(cls, text: str) -> Order:
        """`name`, `date:asc`, `size:desc` … Raises InvalidInput."""
        by, _, direction = text.partition(":")
        if by not in ORDERS or direction not in ("", "asc", "desc"):
            possible = ", ".join(ORDERS)
            raise InvalidInput(
                f"sort: {text[:100]!r} is no order; possible: {possible}, with :asc or :desc", field="sort"
            )
        return cls(by, direction == "desc")


EVERYTHING = Wanted()


def page_of(
    catalogue: Catalogue,
    kind: ModelKind,
    wanted: Wanted,
    known_as: Sequence[Model],
    *,
    order: Order,
    begin: int,
    end: int,
) -> Page:
    """Those from `begin` on and before `end`. known_as: what goes by the sum that is wanted."""

    def choose(group: Group) -> list[Ids]:
        chosen = []
        if wanted.sum_ is not None:
            chosen.append({model.id for model in known_as if model.id in group.models})
        if wanted.favorite is not None:
            chosen.append(group.marked("favorite", str(wanted.favorite)))
        if wanted.mature is not None:
            chosen.append(group.marked("mature", str(wanted.mature)))
        if wanted.base_models:
            any_of = [group.marked("base_model", folded(name)) for name in wanted.base_models]
            chosen.append(any_of[0] if len(any_of) == 1 else set().union(*any_of))
        chosen += [group.marked("tag", folded(tag)) for tag in wanted.tags]
        if wanted.folder is not None:
            chosen.append(group.in_folder(wanted.folder.strip("/"), recursive=wanted.recursive))
        if wanted.search is not None:
            chosen.append(group.found(wanted.search))
        return chosen

    part, total = catalogue.part(
        kind, order.by, begin, end, descending=order.descending, excluded=wanted.excluded, choose=choose
    )
    return Page(part, total)
