"""Pictures with settings inside, as other programs write them: each program's own text, in each container's place.

Written from the programs' documentation and public sources, and with Pillow and piexif alone, so that a reader
that misunderstands a format is not read back by its own misunderstanding.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import piexif  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, PngImagePlugin

from support import recipe_graphs, recipe_texts

Lora = tuple[str, float, str | None]
Texts = dict[str, str]

CONTAINERS = ("PNG", "JPEG", "WebP", "AVIF")
TEXT_ENCODINGS = ("UTF-16BE", "UTF-16LE", "ASCII", "UTF-8")

_WRITERS: dict[str, Callable[[Mapping[str, str], Sequence[Lora]], Texts]] = {
    "Automatic1111": recipe_texts.automatic1111,
    "ComfyUI": recipe_graphs.comfyui,
    "ComfyUI (workflow)": recipe_graphs.comfyui_workflow,
    "Civitai": recipe_texts.civitai,
    "SwarmUI": recipe_texts.swarmui,
    "InvokeAI": recipe_texts.invokeai,
    "Fooocus": recipe_texts.fooocus,
    "Fooocus (Automatic1111 scheme)": recipe_texts.fooocus_as_automatic1111,
    "NovelAI": recipe_texts.novelai,
    "Proofsheet": recipe_texts.proofsheet,
}
PROGRAMS = tuple(_WRITERS)

# What ComfyUI's own WebP writer does with its two texts: a prefix, in a field of the camera's.
_CAMERA = {"prompt": piexif.ImageIFD.Model, "workflow": piexif.ImageIFD.Make}
_CODES = {
    "UTF-16BE": (b"UNICODE\0", "utf-16-be"),
    "UTF-16LE": (b"UNICODE\0", "utf-16-le"),
    "ASCII": (b"ASCII\0\0\0", "utf-8"),
    "UTF-8": (b"", "utf-8"),
}


def sample(
    program: str,
    container: str,
    settings: Mapping[str, str],
    loras: Sequence[Lora] = (),
    text_encoding: str = "UTF-16BE",
) -> bytes:
    """A picture of 64×64 pixels as `program` writes it.

    program: one of PROGRAMS. container: one of CONTAINERS. settings, in a product owner's words: prompt,
    negative prompt, steps, sampler, guidance, seed, size (512×768), clip skip, denoising strength, checkpoint,
    base model; a program that has no place for one leaves it out, names (a sampler's, say) are taken as given.
    loras: (name, strength, hash or None). text_encoding: one of TEXT_ENCODINGS, of EXIF's comment; PNG has none.
    """
    texts = _WRITERS[program](settings, loras)
    image = _painted(json.dumps([program, dict(settings), [list(lora) for lora in loras]]))
    return _png(image, texts) if container == "PNG" else _with_exif(image, container, texts, text_encoding)


def _painted(seed: str) -> Image.Image:
    """The picture follows from what it says, so that two texts make two pictures."""
    hue = sum(seed.encode()) % 360
    image = Image.new("RGB", (64, 64), f"hsl({hue}, 45%, 60%)")
    ImageDraw.Draw(image).ellipse((8, 8, 56, 56), fill=f"hsl({(hue + 150) % 360}, 60%, 35%)")
    return image


def _png(image: Image.Image, texts: Texts) -> bytes:
    info = PngImagePlugin.PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def _with_exif(image: Image.Image, container: str, texts: Texts, text_encoding: str) -> bytes:
    """The texts in EXIF: those with a place there in it, the first other one as the comment."""
    code, codec = _CODES[text_encoding]
    camera = {_CAMERA[name]: f"{name}:{text}".encode() for name, text in texts.items() if name in _CAMERA}
    if texts.get("Software") == "NovelAI":
        # NovelAI keeps all of its texts together where there is one place for them.
        texts = {"Comment and all": json.dumps(texts)}
    comments = [text for name, text in texts.items() if name not in _CAMERA and name not in recipe_texts.PNG_ALONE]
    comment = {piexif.ExifIFD.UserComment: code + comments[0].encode(codec)} if comments else {}
    exif = piexif.dump({"0th": camera, "Exif": comment})
    buffer = io.BytesIO()
    image.save(buffer, container.upper(), exif=exif, quality=80)
    return buffer.getvalue()


_SHOWN = {
    "prompt": "a red circle on a grey wall",
    "negative prompt": "blurry, text",
    "steps": "20",
    "sampler": "Euler a",
    "guidance": "6.5",
    "seed": "42",
    "size": "512×512",
    "checkpoint": "neonMix",
}


def main(folder: Path) -> None:
    """Write one picture of each program in each container into `folder`, for whoever has none at hand."""
    folder.mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        for container in CONTAINERS:
            path = folder / f"{program} in {container}.{container.lower()}"
            path.write_bytes(sample(program, container, _SHOWN, [("neon-city", 0.8, None)]))
    print(f"{len(PROGRAMS) * len(CONTAINERS)} pictures in {folder}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m support.recipe_samples FOLDER")
    main(Path(sys.argv[1]))
