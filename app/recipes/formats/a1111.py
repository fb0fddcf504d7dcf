"""The web UI's infotext, wherever it is written: `parameters` in PNG, EXIF's comment elsewhere, a JPEG's comment.

How sure: as `app.recipes.a1111.read` says, from 1 for a settings line with inference steps and two more; half of that
in a place where nobody writes it (a description that is another program's prompt may hold such a line). 0.2: a text in
the web UI's own place that holds no settings line is a prompt, and not much else.
"""

from __future__ import annotations

from dataclasses import replace

from app.recipes import a1111
from app.recipes.formats.texts import PARAMETERS, Texts
from app.recipes.recipe import Reading, RecipeSettings

NAME = a1111.NAME

_PLACES = (PARAMETERS, "UserComment", "comment", "Comment", "ImageDescription", "XPComment", "stealth")
_PROMPT_ALONE = 0.2


def read(texts: Texts) -> Reading:
    """The surest reading of the texts that are no JSON; the first of equals."""
    best = Reading()
    for text in texts.plain():
        reading = a1111.read(text.content)
        if text.where not in _PLACES:
            reading = replace(reading, confidence=reading.confidence / 2)
        if reading.confidence > best.confidence:
            best = reading
        prompt = text.content.strip()
        if best.confidence < _PROMPT_ALONE and text.where == PARAMETERS and prompt:
            best = Reading(NAME, _PROMPT_ALONE, RecipeSettings(prompt=prompt))
    return best
