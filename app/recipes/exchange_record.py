"""One recipe as an archive holds it: all its facts, in JSON; read back with every type looked at."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from app.errors import InvalidInput
from app.recipes.inputs import Folder, Rating
from app.recipes.tables import Recipe
from app.sentences import sentence

# What a column of the database takes.
_LARGEST_WHOLE = 2**63 - 1
_Text = Annotated[str, Field(max_length=1_000_000)]
_Whole = Annotated[int, Field(ge=-_LARGEST_WHOLE, le=_LARGEST_WHOLE)]

_KEPT = (
    "id", "name", "tags", "settings", "loras", "format", "confidence", "base_model", "checkpoint_version_id",
    "source", "folder", "favorite", "rating", "mature", "version", "created_at", "modified_at", "opened_at", "sha256",
)  # fmt: skip


class _Part(BaseModel):
    # As wide as what the readers of pictures give: what left a studio must come back into it.
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class LoraRecord(_Part):
    name: _Text
    strength: float
    hash: _Text | None
    model_version_id: _Whole | None
    excluded: bool


class SettingsRecord(_Part):
    prompt: _Text | None = None
    negative_prompt: _Text | None = None
    num_inference_steps: int | None = None
    sampler: _Text | None = None
    scheduler: _Text | None = None
    guidance_scale: float | None = None
    true_cfg_scale: float | None = None
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    checkpoint: _Text | None = None
    checkpoint_hash: _Text | None = None
    clip_skip: int | None = None
    denoising_strength: float | None = None


class Record(_Part):
    """sha256: of the picture, as it lies in the archive."""

    id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    name: _Text
    tags: list[_Text]
    settings: SettingsRecord
    loras: list[LoraRecord]
    format: Annotated[str, Field(max_length=32)] | None
    confidence: float
    base_model: _Text | None
    checkpoint_version_id: _Whole | None
    source: _Text | None
    folder: Folder
    favorite: bool
    rating: Rating | None
    mature: bool
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    created_at: AwareDatetime
    modified_at: AwareDatetime
    opened_at: AwareDatetime | None
    sha256: str

    @classmethod
    def of(cls, text: bytes, name: str) -> Record:
        """Raises InvalidInput naming the field."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or name
            raise InvalidInput(f"{name} cannot be understood: {sentence(field, first)}", field="archive") from error

    def check_picture(self, data: bytes) -> None:
        """Raises InvalidInput for another picture than the one that was exported."""
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise InvalidInput(f"the picture of {self.name!r} is not the one that was exported", field="archive")

    def is_like(self, recipe: Recipe) -> bool:
        """Whether a recipe of the same picture is this one under another id."""
        return (recipe.name, recipe.settings, recipe.loras) == (self.name, self._settings(), self._loras())

    def recipe(self, *, under_new_id: bool = False) -> Recipe:
        """All that the record says; what depends on the picture and the book is filled in when it is kept."""
        return Recipe(
            number=0,
            id=uuid.uuid4().hex if under_new_id else self.id,
            name=self.name,
            folded_name="",
            tags=self.tags,
            settings=self._settings(),
            loras=self._loras(),
            lora_count=len(self.loras),
            fingerprint="",
            format=self.format,
            confidence=self.confidence,
            base_model=self.base_model,
            checkpoint_version_id=self.checkpoint_version_id,
            source=self.source,
            folder=self.folder,
            favorite=self.favorite,
            rating=self.rating,
            mature=self.mature,
            picture="",
            content_type="",
            width=0,
            height=0,
            size_bytes=0,
            sha256="",
            original_sha256="",
            embedded_version=0,
            version=self.version,
            created_at=self.created_at,
            modified_at=self.modified_at,
            opened_at=self.opened_at,
        )

    def _settings(self) -> dict[str, Any]:
        # A null stands for a setting that was taken away.
        return self.settings.model_dump(exclude_unset=True)

    def _loras(self) -> list[dict[str, Any]]:
        return [lora.model_dump() for lora in self.loras]


def record_of(recipe: Recipe) -> dict[str, Any]:
    """The recipe's facts, JSON-ready; those that say where its picture lies here stay here."""
    facts = {name: getattr(recipe, name) for name in _KEPT}
    facts["loras"] = [asdict(lora) for lora in recipe.reading.loras]
    return {name: fact.isoformat() if isinstance(fact, datetime) else fact for name, fact in facts.items()}
