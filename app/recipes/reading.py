"""How a picture was made, from all the texts that it carries: the surest reading wins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from app.recipes.formats import a1111, civitai, comfyui, fooocus, invokeai, novelai, ours, swarmui
from app.recipes.formats.resources import MOST
from app.recipes.formats.texts import Texts
from app.recipes.pictures import Picture
from app.recipes.recipe import Reading

# Of equally sure readings the first counts: our own text says what a person made of it, Fooocus' and Civitai's more
# than the form that they borrow, and no program but the one that painted writes a text of another by mistake.
READERS: tuple[Callable[[Texts], Reading], ...] = (
    ours.read,
    fooocus.read,
    a1111.read,
    swarmui.read,
    invokeai.read,
    novelai.read,
    civitai.read,
    comfyui.read,
)


def read_picture(picture: Picture) -> Reading:
    """The surest of all readings of the picture's texts; one without a format when there is none."""
    return read_texts(picture.texts)


def read_texts(texts: Iterable[tuple[str, str]]) -> Reading:
    """The same of (where, text) pairs; never fails, whatever the texts."""
    prepared = Texts.of(texts)
    # max keeps the first of equals, so the order above decides and nothing else does.
    best = max((read(prepared) for read in READERS), key=lambda reading: reading.confidence)
    return replace(best, loras=best.loras[:MOST])
