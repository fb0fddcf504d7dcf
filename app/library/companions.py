"""The files that belong to a model: what lies beside it under its name. Another model's are never among them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from app.library.sidecars import PREVIEWS, SIDECARS
from app.model_files import is_model_file

# A file that is only called .json may be anybody's.
_NOTES = tuple(suffix for suffix in SIDECARS if suffix != ".json")
_COMPANION = re.compile(rf"\.preview\.[^.]+|{'|'.join(map(re.escape, (*_NOTES, *PREVIEWS)))}", re.IGNORECASE)


def names_in(folder: Path) -> list[str]:
    """What lies in a folder, in order. Raises OSError."""
    return sorted(one.name for one in folder.iterdir())


def companions_of(model: Path) -> list[Path]:
    """What lies beside a model and belongs to it, in the order of names. Raises OSError.

    `neon.preview.png` belongs to `neon`, but where there is a model `neon.preview`, to that one.
    """
    names = names_in(model.parent)
    stems = {Path(name).stem for name in names if is_model_file(name)} - {model.stem}
    return [model.parent / name for name in names if _belongs(name, model.stem, stems)]


def twins_of(model: Path) -> list[Path]:
    """Other model files of the same name, which share its companions. Raises OSError."""
    names = filter(is_model_file, names_in(model.parent))
    return [model.parent / name for name in names if name != model.name and Path(name).stem == model.stem]


def claimed(folder: Path, stem: str) -> list[Path]:
    """What lies in a folder and would be taken for a model of this name, or for its companion; in any case of letters.

    Raises OSError; a folder that is not there holds nothing.
    """
    try:
        names = names_in(folder)
    except FileNotFoundError:
        return []
    sought = stem.casefold()
    stems = {Path(name).stem.casefold() for name in names if is_model_file(name)} - {sought}
    return [folder / name for name in names if _stem_is(name, sought) or _belongs(name.casefold(), sought, stems)]


def is_preview(companion: Path) -> bool:
    return not companion.name.lower().endswith(_NOTES)


def suffix_of(companion: Path, stem: str) -> str:
    """What follows the model's name in a companion's."""
    return companion.name[len(stem) :]


def _belongs(name: str, stem: str, other_stems: Iterable[str]) -> bool:
    if is_model_file(name) or not is_called_after(name, stem):
        return False
    return not any(len(other) > len(stem) and is_called_after(name, other) for other in other_stems)


def is_called_after(name: str, stem: str) -> bool:
    """Whether a companion of a model of this name could be called so."""
    return name.startswith(stem) and _COMPANION.fullmatch(name, len(stem)) is not None


def _stem_is(name: str, stem: str) -> bool:
    return is_model_file(name) and Path(name).stem.casefold() == stem
