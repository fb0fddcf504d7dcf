"""How a picture was made, from all the texts that it carries: the surest reading wins."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.recipes import a1111
from app.recipes.pictures import PARAMETERS, Picture
from app.recipes.recipe import Reading, RecipeSettings

READERS: tuple[Callable[[str], Reading], ...] = (a1111.read,)

# A text in the web UI's own place that holds no settings line is a prompt, and not much else.
_PROMPT_ALONE = 0.2


def read_picture(picture: Picture) -> Reading:
    """The surest of all readings of the picture's texts; one without a format when there is none."""
    return max(_readings(picture), key=lambda reading: reading.confidence, default=Reading())


def _readings(picture: Picture) -> Iterator[Reading]:
    for where, text in picture.texts:
        yield from (read(text) for read in READERS)
        if where == PARAMETERS and text.strip():
            yield Reading(a1111.NAME, _PROMPT_ALONE, RecipeSettings(prompt=text.strip()))
