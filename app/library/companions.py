"""The files that belong to a model: what lies beside it under its name. Another model's are never among them."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.library.sidecars import PREVIEWS, SIDECARS
from app.model_files import is_model_file

# A file that is only called .json may be anybody's.
_NOTES = tuple(suffix for suffix in SIDECARS if suffix != ".json")
_COMPANION = re.compile(rf"\.preview\.[^.]+|{'|'.join(map(re.escape, (*_NOTES, *PREVIEWS)))}", re.IGNORECASE)


def names_in(folder: Path) -> list[str]:
    """What lies in a folder, in order. Raises OSError."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def companions_of(model: Path, names: Sequence[str] | None = None) -> list[Path]:
    """What lies beside a model and belongs to it, in the order of names. Raises OSError.

    names: what `names_in` its folder has answered, where that was asked already.

    `neon.preview.png` belongs to `neon`, but where there is a model `neon.preview`, to that one.
    """
    names = _beginning(names_in(model.parent) if names is None else names, model.stem)
    stems = {Path(name).stem for name in names if is_model_file(name)} - {model.stem}
    return [model.parent / name for name in names if _belongs(name, model.stem, stems)]


def twins_of(model: Path, names: Sequence[str] | None = None) -> list[Path]:
    """Other model files of the same name, which share its companions; names: as above. Raises OSError."""
    names = _beginning(names_in(model.parent) if names is None else names, model.stem)
    models = filter(is_model_file, names)
    return [model.parent / name for name in models if name != model.name and Path(name).stem == model.stem]


def claimed(folder: Path, stem: str) -> list[Path]:
    """What lies in a folder and would be taken for a model of this name, or for its companion; in any case of letters.

    Raises OSError; a folder that is not there holds nothing.
    """
    try:
        names = names_in(folder)
    except FileNotFoundError:
        return []
    sought = stem.casefold()
    alike = [name for name in names if name.casefold().startswith(sought)]
    stems = {Path(name).stem.casefold() for name in alike if is_model_file(name)} - {sought}
    return [folder / name for name in alike if _stem_is(name, sought) or _belongs(name.casefold(), sought, stems)]


def is_preview(companion: Path) -> bool:
    return not companion.name.lower().endswith(_NOTES)


def suffix_of(companion: Path, stem: str) -> str:
    """What follows the model's name in a companion's."""
    return companion.name[len(stem) :]


def _beginning(names: Sequence[str], stem: str) -> Sequence[str]:
    """Those of `names`, which are in order, that begin so."""
    begin = bisect_left(names, stem)
    return names[begin : bisect_left(names, True, lo=begin, key=lambda name: not name.startswith(stem))]


def _belongs(name: str, stem: str, other_stems: Iterable[str]) -> bool:
    if is_model_file(name) or not is_called_after(name, stem):
        return False
    return not any(len(other) > len(stem) and is_called_after(name, other) for other in other_stems)


def is_called_after(name: str, stem: str) -> bool:
    """Whether a companion of a model of this name could be called so."""
    return name.startswith(stem) and _COMPANION.fullmatch(name, len(stem)) is not None


def _stem_is(name: str, stem: str) -> bool:
    return is_model_file(name) and Path(name).stem.casefold() == stem
