"""The jobs' pictures in the store: written with their settings inside, read, made small, removed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image

from app.generation.job import GenerationJob
from app.generation.port import GenerationRequest, Painting, Picture
from app.recipes import a1111
from app.recipes.pictures import CONTENT_TYPES, encode
from app.recipes.recipe import RecipeSettings
from app.storage.port import ObjectStore

FOLDER = "generation_jobs"
OutputFormat = Literal["PNG", "JPEG", "WEBP"]
_EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
_THUMBNAIL_QUALITY = 80
# What a picture's own text calls the character references that it follows, by their ids.
CHARACTERS = "Character references"


@dataclass(frozen=True)
class Output:
    """As which file a picture is wanted; quality: 1 to 100, of JPEG and WEBP."""

    format: OutputFormat = "PNG"
    quality: int = 90


class Album:
    """Pictures of jobs under `generation_jobs/<job>-<number>.<ending>`; a second attempt replaces the first."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def keep(self, job_id: str, files: Sequence[bytes], pictures: Sequence[Picture], output: Output) -> list[Any]:
        """Store the files; what the row says of each. All or none. Raises StorageUnavailable."""
        kept: list[dict[str, Any]] = []
        try:
            for number, (data, picture) in enumerate(zip(files, pictures, strict=True), 1):
                entry: dict[str, Any] = {
                    "number": number,
                    "key": f"{FOLDER}/{job_id}-{number}.{_EXTENSIONS[output.format]}",
                    "seed": picture.seed,
                    "width": picture.image.width,
                    "height": picture.image.height,
                    "content_type": CONTENT_TYPES[output.format],
                    "size_bytes": len(data),
                    "sha256": hashlib.sha256(data).hexdigest(),
                }
                self._store.put(entry["key"], data, entry["content_type"])
                kept.append(entry)
        except BaseException:
            self.remove([entry["key"] for entry in kept])
            raise
        return kept

    def keep_references(self, job_id: str, references: Sequence[bytes]) -> list[str]:
        """Store the reference images of a job that waits; their keys. Raises StorageUnavailable."""
        keys: list[str] = []
        for number, data in enumerate(references, 1):
            key = f"{FOLDER}/{job_id}-reference-{number}.bin"
            self._store.put(key, data, "application/octet-stream")
            keys.append(key)
        return keys

    def read(self, key: str) -> bytes:
        """Raises NoSuchObject, StorageUnavailable."""
        return self._store.read(key)

    def remove(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._store.delete(key)

    def remove_all_of(self, job: GenerationJob) -> None:
        self.remove([*(picture["key"] for picture in job.pictures), *job.reference_keys])


def thumbnail(data: bytes, side: int) -> bytes:
    """A WEBP of the picture, its longer side `side` pixels or its own if that is smaller."""
    with Image.open(io.BytesIO(data)) as opened:
        opened.draft("RGB", (side, side))
        small = opened.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=_THUMBNAIL_QUALITY)
    return buffer.getvalue()


def with_settings(
    request: GenerationRequest, painting: Painting, picture: Picture, output: Output, characters: Sequence[str] = ()
) -> bytes:
    """The picture as a file that carries its settings, so that it can be analysed as a recipe.

    Only those that had an effect. characters: the ids of the character references that it follows.
    """
    idle = {one.name for one in painting.not_applied}
    avoids = request.avoids and "negative_prompt" not in idle
    negative = "\n".join(text for text in (request.negative_prompt, request.negative_prompt_2) if text)
    # A LoRA's strength has its place in the prompt's own tag, where the web UI has it.
    tags = "".join(f" <lora:{lora.name}:{lora.scale:g}>" for lora in request.loras if "loras" not in idle)
    settings = RecipeSettings(
        prompt=request.prompt + tags,
        negative_prompt=negative if avoids else None,
        num_inference_steps=None if "steps" in idle else request.num_inference_steps,
        guidance_scale=None if "guidance_scale" in idle else float(request.guidance_scale),
        true_cfg_scale=float(request.true_cfg_scale) if avoids and "true_cfg_scale" not in idle else None,
        seed=picture.seed,
        width=picture.image.width,
        height=picture.image.height,
        scheduler=None if "scheduler" in idle else request.scheduler,
        checkpoint=painting.checkpoint,
    )
    more = {CHARACTERS: " ".join(characters)} if characters else {}
    written = a1111.write(settings, more=more)
    return encode(picture.image, kind=output.format, quality=output.quality, parameters=written)
