"""What flows between the nodes that sample: models, text encoders, VAEs, conditionings and latents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from support.servers.comfyui.nodes.registry import Context

# Latents count in blocks of so many pixels.
BLOCK = 8


@dataclass(frozen=True)
class Model:
    """A diffusion model. patches: what changed it since it was loaded, LoRAs with their strengths and settings."""

    name: str
    patches: tuple[Any, ...] = ()

    def patched(self, *patch: Any) -> Model:
        return replace(self, patches=(*self.patches, patch))


@dataclass(frozen=True)
class Clip:
    """One or more text encoders, with their patches."""

    names: tuple[str, ...]
    patches: tuple[Any, ...] = ()

    def patched(self, *patch: Any) -> Clip:
        return replace(self, patches=(*self.patches, patch))


@dataclass(frozen=True)
class Vae:
    """An image encoder and decoder. own: whether it came with the checkpoint."""

    name: str
    own: bool = True


@dataclass(frozen=True)
class Prompt:
    """One encoded text. marks: what else was written on it, in order; zeroed: its text has no effect."""

    text: str
    clip: Clip
    marks: tuple[Any, ...] = ()
    zeroed: bool = False
    references: tuple[Latent, ...] = ()


@dataclass(frozen=True)
class Conditioning:
    """What guides the sampler: encoded texts, and the references beside them."""

    prompts: tuple[Prompt, ...]

    def marked(self, *mark: Any) -> Conditioning:
        return Conditioning(tuple(replace(one, marks=(*one.marks, mark)) for one in self.prompts))

    def zeroed(self) -> Conditioning:
        return Conditioning(tuple(replace(one, zeroed=True) for one in self.prompts))

    def with_reference(self, latent: Latent) -> Conditioning:
        return Conditioning(tuple(replace(one, references=(*one.references, latent)) for one in self.prompts))

    def joined(self, other: Conditioning) -> Conditioning:
        return Conditioning(self.prompts + other.prompts)

    @property
    def text(self) -> str:
        """All that is asked for, in words."""
        return " ".join(one.text for one in self.prompts if not one.zeroed)

    @property
    def references(self) -> list[Image.Image]:
        """The reference pictures, each once, in order."""
        pictures = [picture for one in self.prompts for latent in one.references for picture in latent.pictures]
        return list({id(picture): picture for picture in pictures}.values())

    def effect(self) -> list[Any]:
        """Everything in it that the pixels shall depend on."""
        return [
            (
                "" if one.zeroed else one.text,
                one.zeroed,
                one.clip,
                one.marks,
                [latent.effect() for latent in one.references],
            )
            for one in self.prompts
        ]


@dataclass(frozen=True)
class Latent:
    """A batch of latents. width, height: of the pictures that they decode to, in pixels.

    pictures: what they show, or none while they are empty. numbers: which noise of the seed each one gets.
    mask: where the sampler may change them (255), everywhere when None.
    """

    width: int
    height: int
    count: int = 1
    pictures: tuple[Image.Image, ...] = field(default=(), repr=False)
    numbers: tuple[int, ...] = ()
    mask: Image.Image | None = field(default=None, repr=False)

    @classmethod
    def empty(cls, width: int, height: int, count: int) -> Latent:
        return cls(width // BLOCK * BLOCK, height // BLOCK * BLOCK, count)

    @classmethod
    def of(cls, pictures: list[Image.Image]) -> Latent:
        """Pictures encoded: what is over a multiple of the block is cut off on all sides."""
        cut = [_whole_blocks(picture.convert("RGB")) for picture in pictures]
        return cls(cut[0].width, cut[0].height, len(cut), tuple(cut))

    @property
    def pixels(self) -> int:
        """Of all its pictures together."""
        return self.width * self.height * self.count

    def number_of(self, index: int) -> int:
        return self.numbers[index] if self.numbers else index

    def effect(self) -> list[str]:
        return [hashlib.sha256(picture.tobytes()).hexdigest() for picture in self.pictures]


def _whole_blocks(picture: Image.Image) -> Image.Image:
    width, height = max(picture.width // BLOCK, 1) * BLOCK, max(picture.height // BLOCK, 1) * BLOCK
    if (width, height) == picture.size:
        return picture
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def chance_of(effects: Any) -> bytes:
    """64 bytes that follow from all of `effects`, so that no two of them give the same."""
    return hashlib.sha512(repr(effects).encode("utf-8", "surrogatepass")).digest()


def there(context: Context, folder: str, name: str) -> str:
    """The name of a model file that the double has. Raises FileNotFoundError, as it may have gone meanwhile."""
    if name not in context.folders.models.get(folder, []):
        raise FileNotFoundError(f"Model in folder '{folder}' with filename '{name}' not found.")
    return name
