"""Archives of recipes: asked of a studio, given to one, taken apart and packed as nobody would."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from tests.recipe_studio import RecipeStudio

Members = dict[str, bytes]


def exported(studio: RecipeStudio) -> bytes:
    return bytes(studio.ask("GET", "/recipes/export").content)


def received(studio: RecipeStudio, archive: bytes) -> dict[str, Any]:
    told: dict[str, Any] = studio.ask("POST", "/recipes/import", files={"archive": ("recipes.zip", archive)})
    return told


def members(archive: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened_archive:
        return {name: opened_archive.read(name) for name in opened_archive.namelist()}


def packed(content: Members, change: Callable[[zipfile.ZipInfo], None] = lambda member: None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            change(member)
            archive.writestr(member, data)
    return file.getvalue()
