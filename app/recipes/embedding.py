"""A recipe inside its own picture: put in, replaced and taken out again; the pixels and all else stay as they are.

`Recipe metadata: {…}`, JSON in ASCII: a text chunk of its own in PNG, the last line of EXIF's UserComment in JPEG
and WebP, beside what another program wrote there, a box of its own in AVIF.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.recipes.containers import avif, jpeg, png, webp
from app.recipes.formats.texts import KEYWORD


def embed(data: bytes, recipe: Mapping[str, Any]) -> bytes:
    """The picture file `data` with `recipe` in it, instead of any that was in it before.

    recipe: JSON-ready, as `formats.ours.written` lays it out. A file that cannot be edited so that `without`
    undoes it to the byte comes back as it is.
    """
    was, text = without(data), f"{KEYWORD}: {json.dumps(recipe, ensure_ascii=True)}"
    if was.startswith(png.SIGNATURE):
        made = png.with_text(was, KEYWORD, text)
    elif was.startswith(jpeg.SIGNATURE):
        made = jpeg.with_line(was, text)
    elif webp.is_webp(was):
        made = webp.with_line(was, text)
    else:
        made = avif.with_text(was, text)
    return made if without(made) == was else was


def without(data: bytes) -> bytes:
    """The picture file as it was before any `embed`; never fails."""
    if data.startswith(png.SIGNATURE):
        return png.without_text(data, KEYWORD)
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.without_line(data)
    if webp.is_webp(data):
        return webp.without_line(data)
    return avif.without_text(data)
