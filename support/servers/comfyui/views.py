"""GET /view and POST /upload: pictures out of the double's folders, and into them."""

from __future__ import annotations

import io
import json
import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.datastructures import FormData, QueryParams, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from support.servers.comfyui.files import TYPES, Folders
from support.servers.comfyui.replies import empty, told

# Shown by a browser they could act for the user: they are only ever downloaded.
_HARMFUL = {"text/html", "text/html-sandboxed", "application/xhtml+xml", "text/css"}
# Scripts are on the real server's list of harmful kinds too, but it has given them another kind before it looks.
_SCRIPT = "application/javascript; charset=utf-8"


def routes(folders: Folders) -> list[Route]:
    """/view, /upload/image and /upload/mask, to be mounted under / and /api."""

    async def view(request: Request) -> Response:
        return viewed(folders, request.query_params)

    async def upload_image(request: Request) -> Response:
        async with request.form() as form:
            return await _upload(folders, form)

    async def upload_mask(request: Request) -> Response:
        async with request.form() as form:
            return await _upload(folders, form, masked=True)

    return [
        Route("/view", view),
        Route("/upload/image", upload_image, methods=["POST"]),
        Route("/upload/mask", upload_mask, methods=["POST"]),
    ]


class Refused(Exception):
    """A file that may not be named so; answered with the status alone."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered {status}")
        self.status = status


def viewed(folders: Folders, query: QueryParams) -> Response:
    """The file that the query names, or a preview or a channel of it."""
    try:
        file = _asked(folders, query)
    except Refused as refused:
        return empty(refused.status)
    disposition = {"Content-Disposition": f'filename="{file.name}"'}
    if "preview" in query:
        return _preview(file, query, disposition)
    match query.get("channel", "rgba"):
        case "rgb":
            return _png(_without_alpha(file), disposition)
        case "a":
            return _png(_alpha(file), disposition)
        case _:
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            kind = "application/octet-stream" if kind in _HARMFUL else _SCRIPT if file.suffix == ".js" else kind
            # As a header of its own: Starlette would add a charset to what it takes for text.
            return FileResponse(file, headers={**disposition, "content-type": kind})


def _asked(folders: Folders, query: QueryParams) -> Path:
    """A file that is there. Raises Refused."""
    if "filename" not in query:
        raise Refused(404)
    folder, name = _located(folders, query["filename"], query.get("type", "output"), query.get("subfolder"))
    # Folders in the name are dropped, as the real server does: they belong in the subfolder.
    file = folder / Path(name).name
    if not file.is_file():
        raise Refused(404)
    return file


def _located(folders: Folders, filename: str, kind: str, subfolder: str | None) -> tuple[Path, str]:
    """The folder and the name there. Raises Refused for what could lead elsewhere."""
    name, folder = _annotated(folders, filename)
    if not name or name.startswith("/") or ".." in name:
        raise Refused(400)
    folder = folder or folders.of(kind)
    if folder is None:
        raise Refused(400)
    if subfolder:
        inner = _absolute(folder / subfolder)
        if os.path.commonpath((inner, str(folder))) != str(folder):
            raise Refused(403)
        folder = Path(inner)
    return folder, name


def _annotated(folders: Folders, name: str) -> tuple[str, Path | None]:
    """The name without its "[output]", and that folder."""
    for kind in TYPES:
        if name.endswith(f"[{kind}]"):
            return name[: -len(kind) - 3], folders.root / kind
    return name, None


def _absolute(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - links are not followed, as in the real server


def _preview(file: Path, query: QueryParams, headers: dict[str, str]) -> Response:
    """preview: "webp;90", "jpeg;80"; what asks for alpha is WebP."""
    parts = query["preview"].split(";")
    channel = query.get("channel", "")
    kind = parts[0] if parts[0] in {"webp", "jpeg"} and "a" not in channel else "webp"
    quality = int(parts[-1]) if parts[-1].isdigit() else 90
    with Image.open(file) as opened:
        picture = opened.convert("RGB") if kind == "jpeg" or channel == "rgb" else opened
        buffer = io.BytesIO()
        picture.save(buffer, kind, quality=quality)
    return Response(buffer.getvalue(), headers=headers, media_type=f"image/{kind}")


def _without_alpha(file: Path) -> Image.Image:
    with Image.open(file) as opened:
        return Image.merge("RGB", opened.split()[:3]) if opened.mode == "RGBA" else opened.convert("RGB")


def _alpha(file: Path) -> Image.Image:
    """The alpha alone, on black."""
    with Image.open(file) as opened:
        alpha = opened.getchannel("A") if opened.mode == "RGBA" else Image.new("L", opened.size, 255)
        picture = Image.new("RGBA", opened.size)
    picture.putalpha(alpha)
    return picture


def _png(picture: Image.Image, headers: dict[str, str]) -> Response:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return Response(buffer.getvalue(), headers=headers, media_type="image/png")


@dataclass(frozen=True)
class _Target:
    """Where an upload goes. there: whether a file of this name holds the very same bytes already."""

    name: str
    file: Path
    there: bool


async def _upload(folders: Folders, form: FormData, *, masked: bool = False) -> Response:
    """Store the form's image. Raises for a type or an image that is none: the real server stumbles over both."""
    image = form.get("image")
    if not image:
        return empty(400)
    if not isinstance(image, UploadFile) or not image.filename:
        raise TypeError("the image is no file")
    data = await image.read()
    kind, subfolder = str(form.get("type", "input")), str(form.get("subfolder", ""))
    folder = folders.of(kind)
    if folder is None:
        raise LookupError(f"there is no folder {kind!r}")
    inner = folder / os.path.normpath(subfolder)
    if os.path.commonpath((str(folder), _absolute(inner / image.filename))) != str(folder):
        return empty(400)
    inner.mkdir(parents=True, exist_ok=True)
    target = _target(inner, image.filename, data, overwrite=form.get("overwrite") in {"true", "1"})
    if masked and not target.there:
        _save_mask(folders, json.loads(str(form.get("original_ref"))), data, target.file)
    elif not target.there:
        target.file.write_bytes(data)
    return told({"name": target.name, "subfolder": subfolder, "type": kind})


def _target(folder: Path, name: str, data: bytes, *, overwrite: bool) -> _Target:
    """The name itself when it is free, taken by the same bytes, or to be overwritten; else with a number."""
    stem, extension = os.path.splitext(name)  # noqa: PTH122 - of the name as sent, which may hold folders
    file = Path(_absolute(folder / name))
    number = 1
    while not overwrite and file.exists():
        if file.read_bytes() == data:
            return _Target(name, file, there=True)
        name = f"{stem} ({number}){extension}"
        file = folder / name
        number += 1
    return _Target(name, file, there=False)


def _save_mask(folders: Folders, original: dict[str, Any], data: bytes, target: Path) -> None:
    """The original with the mask's alpha. An original that is not there, or may not be named, leaves no file."""
    try:
        kind, subfolder = original.get("type", "output"), original.get("subfolder", "")
        folder, name = _located(folders, original["filename"], kind, subfolder)
    except Refused:
        return
    if not (folder / name).is_file():
        return
    with Image.open(folder / name) as opened, Image.open(io.BytesIO(data)) as mask:
        text = PngInfo()
        for key, value in getattr(opened, "text", {}).items():
            text.add_text(key, value)
        picture = opened.convert("RGBA")
        picture.putalpha(mask.convert("RGBA").getchannel("A"))
    picture.save(target, compress_level=4, pnginfo=text)
