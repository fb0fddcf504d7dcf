"""Looking for what is there twice, and for what is no longer what it was."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.library.model import Model, folded
from app.library.reading import Contents, contents_of
from app.library.walking import Found, Told, found_at
from app.model_files import BrokenHeader


@dataclass(frozen=True)
class Duplicates:
    """Models that are there more than once: the same content, or different files under one name."""

    by_hash: list[list[Model]]
    by_name: list[list[Model]]


@dataclass
class Verification:
    """verified: how many files were hashed; changed: those with another content than was known; missing: the rest."""

    verified: int = 0
    changed: list[Model] = field(default_factory=list)
    missing: list[Told] = field(default_factory=list)


def duplicates_in(models: Iterable[Model]) -> Duplicates:
    """models: of one kind, in the order that they are told in."""
    by_hash: dict[str, list[Model]] = {}
    by_name: dict[str, list[Model]] = {}
    for model in models:
        by_hash.setdefault(model.sha256, []).append(model)
        by_name.setdefault(folded(model.name), []).append(model)
    return Duplicates(
        [group for group in by_hash.values() if len(group) > 1], [group for group in by_name.values() if len(group) > 1]
    )


def checked(model: Model, report: Verification, stop: threading.Event) -> tuple[Found, Contents] | None:
    """A model's file as it is now, when it is another than the index knows. Raises Interrupted."""
    try:
        found = found_at(model.path, model.root)
        contents = contents_of(model.path, stop=stop)
    except BrokenHeader as error:
        report.missing.append(Told(model.file, str(error)))
        return None
    except OSError as error:
        report.missing.append(Told(model.file, error.strerror or "it cannot be read"))
        return None
    report.verified += 1
    return None if contents.sums.sha256 == model.sha256 else (found, contents)
