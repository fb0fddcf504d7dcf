"""What recipes need of others: the models of the library, pictures by address, somebody who paints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.model_files import ModelKind
from app.recipes.recipe import RecipeSettings

Fetch = Callable[[str], bytes]
"""The bytes at an http or https address; decides which may be read. Raises InvalidInput, TooLarge, Unavailable."""


class Model(Protocol):
    """A file of the library, as recipes see it. name: its file name without extension; sha256: of the whole file."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> ModelKind: ...
    @property
    def name(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def folder(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def base_model(self) -> str: ...
    @property
    def model_version_id(self) -> int | None: ...


class Models(Protocol):
    """The models that are there now and not excluded; asked at every reading, so an answer from memory is needed."""

    def get(self, kind: ModelKind, model_id: str) -> Model:
        """Raises NotFound."""

    def known_as(self, sum_: str, kind: ModelKind | None = None) -> Sequence[Model]:
        """The files with this SHA-256, AutoV2 or AutoV3, in any case: copies of one content, or none."""

    def named(self, text: str, kind: ModelKind | None = None) -> Sequence[Model]:
        """All that a name may mean, in any case, extension optional; with a folder: that very file."""

    def by_version(self, model_version_id: int) -> Model | None:
        """The file of that version at its hub."""


@dataclass(frozen=True)
class Adapted:
    """A setting that cannot be painted as the recipe has it. name: in the recipe's words; why: and what is done."""

    name: str
    why: str


@dataclass(frozen=True)
class WishedLora:
    """A LoRA by its file name without extension. owned: whether the library has it."""

    name: str
    strength: float
    owned: bool


@dataclass(frozen=True)
class Wish:
    """What a recipe asks to be painted. checkpoints: names that its checkpoint may have, the likeliest first."""

    settings: RecipeSettings
    loras: tuple[WishedLora, ...] = ()
    checkpoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sent:
    """The generation job that was made of it, and what had to be adapted. url: where the job is told of."""

    job_id: str
    url: str
    adapted: tuple[Adapted, ...] = ()


class Painter(Protocol):
    """Whoever makes pictures."""

    def paint(self, wish: Wish) -> Sent:
        """Queue a job with these settings. Raises InvalidInput for what cannot be painted at all, QueueFull."""
