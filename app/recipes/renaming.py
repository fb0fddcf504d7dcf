"""What a recipe becomes when a model that it uses is given another name."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Protocol

from app.model_files import ModelKind
from app.recipes.index import plain_name
from app.recipes.making import next_version
from app.recipes.tables import Recipe

_SHORTEST_HASH = 8


class Model(Protocol):
    """A file of the library; name: without ending. autov3: None when its header gives none."""

    @property
    def folder(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def autov3(self) -> str | None: ...
    @property
    def model_version_id(self) -> int | None: ...


class Renamed(Protocol):
    """A model that has been given another name or folder."""

    @property
    def kind(self) -> ModelKind: ...
    @property
    def before(self) -> Model: ...
    @property
    def after(self) -> Model: ...


def renamed(recipe: Recipe, model: Renamed, now: datetime) -> Recipe | None:
    """The recipe naming the new file; None when it does not use that model, or names it so already."""
    facts: dict[str, Any] = {}
    if model.kind is ModelKind.LORAS:
        loras = [_lora(lora, model) for lora in recipe.loras]
        if loras != recipe.loras:
            facts["loras"] = loras
    elif model.kind is ModelKind.CHECKPOINTS:
        said = recipe.settings
        name, hash_ = said.get("checkpoint"), said.get("checkpoint_hash")
        if name and _is(model.before, name, hash_, recipe.checkpoint_version_id):
            settings = said | {"checkpoint": _new_name(name, model.after)}
            if settings != said:
                facts["settings"] = settings
    return next_version(recipe, facts, now) if facts else None


def _lora(lora: dict[str, Any], model: Renamed) -> dict[str, Any]:
    if _is(model.before, lora["name"], lora.get("hash"), lora.get("model_version_id")):
        return lora | {"name": _new_name(lora["name"], model.after)}
    return lora


def _is(model: Model, name: str, hash_: str | None, version: int | None) -> bool:
    """Its hash decides, else its version at the hub where both are known, else its name."""
    if hash_:
        told, sums = hash_.lower(), [model.sha256, *filter(None, [model.autov3])]
        return any(_one_content(told, sum_.lower()) for sum_ in sums)
    if version is not None and model.model_version_id is not None:
        return version == model.model_version_id
    return plain_name(name) == plain_name(model.file_name)


def _one_content(told: str, sum_: str) -> bool:
    """Whether two sums mean one content, each told in whatever length."""
    return min(len(told), len(sum_)) >= _SHORTEST_HASH and (sum_.startswith(told) or told.startswith(sum_))


def _new_name(old: str, model: Model) -> str:
    """The new name in the old one's form: with its ending, and its folder, where that was told, too."""
    path = PurePosixPath(old.replace("\\", "/"))
    name = model.file_name if path.suffix == PurePosixPath(model.file_name).suffix else model.name
    return f"{model.folder}/{name}" if len(path.parts) > 1 and model.folder else name
