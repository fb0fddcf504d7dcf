"""Nodes that read pictures from the double's folders, save them there, or send them to the client."""

from __future__ import annotations

import hashlib
import json
import random
import time
from typing import Any

from PIL import Image, ImageOps, ImageSequence
from PIL.PngImagePlugin import PngInfo

from support.servers.comfyui.files import Folders
from support.servers.comfyui.nodes.pixels import band_of, mask_of, turned
from support.servers.comfyui.nodes.registry import Context, Images, Input, NodeResult, choice, node

_PNG_TEXT = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}
# The mask of a picture without transparency, whatever its size.
_NO_MASK = (64, 64)


@node(
    "SaveImage",
    category="image",
    display_name="Save Image",
    required={
        "images": Input("IMAGE", {"tooltip": "What is saved."}),
        "filename_prefix": Input("STRING", {"default": "ComfyUI", "tooltip": "How the file names begin."}),
    },
    hidden=_PNG_TEXT,
    output_node=True,
)
def save_image(context: Context, images: Images, filename_prefix: str = "ComfyUI") -> NodeResult:
    return saved(context, images, filename_prefix, "output", compress_level=4)


@node(
    "PreviewImage",
    category="image",
    display_name="Preview Image",
    required={"images": Input("IMAGE")},
    hidden=_PNG_TEXT,
    output_node=True,
)
def preview_image(context: Context, images: Images) -> NodeResult:
    return saved(context, images, f"ComfyUI_temp_{_suffix()}", "temp", compress_level=1)


@node(
    "MaskPreview",
    category="mask",
    module="comfy_extras.nodes_mask",
    display_name="Preview Mask",
    required={"mask": Input("MASK")},
    hidden=_PNG_TEXT,
    output_node=True,
)
def mask_preview(context: Context, mask: Images) -> NodeResult:
    shown = older_mask_preview(context, mask, noted=False)
    return NodeResult(ui={**(shown.ui or {}), "animated": [False]})


def older_mask_preview(context: Context, mask: Images, *, noted: bool = True) -> NodeResult:
    """As 0.3.64 has it: like any other preview, with the prompt in its text."""
    pictures = [band_of(one).convert("RGB") for one in mask]
    return saved(context, pictures, f"ComfyUI_temp_{_suffix()}", "temp", compress_level=1, noted=noted)


@node(
    "SaveImageWebsocket",
    category="api/image",
    module="custom_nodes.websocket_image_save",
    required={"images": Input("IMAGE")},
    output_node=True,
    fingerprint=lambda folders, images: str(time.time()),
)
def save_image_websocket(context: Context, images: Images) -> NodeResult:
    """A frame a picture, no file; it runs again each time."""
    for image in images:
        context.send_image(image)
    return NodeResult()


@node(
    "PreviewAny",
    category="utils",
    module="comfy_extras.nodes_preview_any",
    modern=False,
    display_name="Preview as Text",
    required={"source": Input("*")},
    output_node=True,
)
def preview_any(context: Context, source: Any = None) -> NodeResult:
    text = source if isinstance(source, str) else "None" if source is None else _as_text(source)
    return NodeResult(ui={"text": [text]})


def _as_text(source: Any) -> str:
    if isinstance(source, (int, float)):
        return str(source)
    try:
        return json.dumps(source, indent=4)
    except (TypeError, ValueError):
        return str(source)


def _suffix() -> str:
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=5))


def saved(
    context: Context, images: Images, prefix: str, kind: str, *, compress_level: int, noted: bool = True
) -> NodeResult:
    """The batch as PNG files with consecutive numbers. noted: with the prompt in the text of each."""
    place = context.folders.place_for(prefix, kind, width=images[0].width, height=images[0].height)
    text = _png_text(context) if noted else None
    files = []
    for index, image in enumerate(images):
        name = place.name.replace("%batch_num%", str(index))
        file = f"{name}_{place.number + index:05}_.png"
        image.save(place.folder / file, pnginfo=text, compress_level=compress_level)
        files.append({"filename": file, "subfolder": place.subfolder, "type": kind})
    return NodeResult(ui={"images": files})


def _png_text(context: Context) -> PngInfo:
    text = PngInfo()
    extra: dict[str, Any] = context.extra_data.get("extra_pnginfo") or {}
    text.add_text("prompt", json.dumps(context.prompt))
    for name, value in extra.items():
        text.add_text(name, json.dumps(value))
    return text


def _exists(folders: Folders, image: Any) -> bool | str:
    return folders.named(image).exists() or f"Invalid image file: {image}"


def _hashed(folders: Folders, image: Any, channel: Any = None) -> str:
    """A changed file is read again; one that cannot be read counts as changed each time."""
    try:
        return hashlib.sha256(folders.named(image).read_bytes()).hexdigest()
    except (OSError, AttributeError):
        return str(time.time_ns())


_UPLOADED = Input("COMBO", {"image_upload": True}, among=Folders.images)


def _read(context: Context, image: str) -> tuple[Images, Images]:
    """All frames of one size, and what is transparent in them: 1 where nothing is seen."""
    pictures: Images = []
    masks: Images = []
    with Image.open(context.folders.named(image)) as opened:
        for frame in ImageSequence.Iterator(opened):
            upright = ImageOps.exif_transpose(frame)
            if pictures and upright.size != pictures[0].size:
                continue
            pictures.append(_eight_bits(upright).convert("RGB"))
            masks.append(_transparent(upright))
            if opened.format == "MPO":  # a camera's: the rest are thumbnails and other views
                break
    return pictures, masks


def _eight_bits(image: Image.Image) -> Image.Image:
    return image.point(lambda level: level * (1 / 255)) if image.mode == "I" else image


def _transparent(image: Image.Image) -> Image.Image:
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return turned(mask_of(image.getchannel("A"))) if "A" in image.getbands() else Image.new("F", _NO_MASK)


@node(
    "LoadImage",
    category="image",
    display_name="Load Image",
    outputs=("IMAGE", "MASK"),
    required={"image": _UPLOADED},
    validates=("image",),
    validate=_exists,
    fingerprint=_hashed,
)
def load_image(context: Context, image: str) -> tuple[Images, Images]:
    return _read(context, image)


@node(
    "LoadImageOutput",
    category="image",
    display_name="Load Image (from Outputs)",
    outputs=("IMAGE", "MASK"),
    required={
        "image": Input(
            "COMBO",
            {
                "image_upload": True,
                "image_folder": "output",
                "remote": {
                    "route": "/internal/files/output",
                    "refresh_button": True,
                    "control_after_refresh": "first",
                },
            },
        )
    },
    validates=("image",),
    validate=_exists,
    fingerprint=_hashed,
    experimental=True,
)
def load_image_output(context: Context, image: str) -> tuple[Images, Images]:
    return _read(context, image)


@node(
    "LoadImageMask",
    category="mask",
    display_name="Load Image (as Mask)",
    outputs=("MASK",),
    required={
        "image": Input("COMBO", {"image_upload": True}, among=Folders.inputs),
        "channel": choice("alpha", "red", "green", "blue"),
    },
    validates=("image",),
    validate=_exists,
    fingerprint=_hashed,
)
def load_image_mask(context: Context, image: str, channel: str) -> tuple[Images]:
    with Image.open(context.folders.named(image)) as opened:
        upright = _eight_bits(ImageOps.exif_transpose(opened)).convert("RGBA")
    mask = mask_of(upright.getchannel(channel[0].upper()))
    return ([turned(mask) if channel == "alpha" else mask],)
