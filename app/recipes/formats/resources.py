"""LoRAs that one text names in several places: tags, hashes, weights, resources; each becomes one LoRA.

    <lora:ink:0.8>                                             in the prompt: name and strength
    Lora hashes: "ink: 1a2b3c4d5e6f"                           the web UI
    Hashes: {"model": "…", "lora:ink": "1a2b3c4d5e"}           Civitai's extension
    Lora weights: "ink: 0.8"                                   Fooocus
    Lora_0 Model name: ink.safetensors, Lora_0 Model hash: …, Lora_0 Strength model: 0.8     ComfyUI's savers
    AddNet Model 1: ink(1a2b3c4d5e6f), AddNet Weight A 1: 0.8  the older extension for networks
    Civitai resources: [{"type": "lora", "weight": 0.8, "modelVersionId": 42, "modelName": "Ink"}, {"air": …}]

Sources: the web UI's infotext and its extensions; Civitai's generator; ComfyUI-SaveImageWithMetaData.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from app.recipes.formats import values
from app.recipes.recipe import RecipeLora

# More than any picture has; a text made up to hold millions costs no more than this.
MOST = 1000

_TAG = re.compile(r"<(?:lora|lyco):([^:<>\n]+)(?::([^<>\n]*))?>", re.IGNORECASE)
_NUMBERED = re.compile(r"Lora_(\d{1,4}) Model name", re.IGNORECASE)
_ADDED = re.compile(r"(.+?)\(([0-9a-f]{8,64})\)", re.IGNORECASE)
_KINDS = ("lora", "lycoris", "locon", "dora")
_CHECKPOINTS = ("checkpoint", "model")


@dataclass
class _Found:
    """What is known of one LoRA so far; strength None: nothing said it yet."""

    name: str | None
    strength: float | None = None
    sum_: str | None = None
    version: int | None = None

    def lora(self) -> RecipeLora:
        strength = 1.0 if self.strength is None else self.strength
        name = self.name or (f"civitai:{self.version}" if self.version else f"sha256:{self.sum_}")
        return RecipeLora(name=name, strength=strength, hash=self.sum_, model_version_id=self.version)


class Found:
    """The LoRAs of one text, in the order in which they were first named."""

    def __init__(self) -> None:
        self._all: list[_Found] = []
        self._named: dict[str, list[_Found]] = {}
        self._known: dict[str | int, _Found] = {}

    def loras(self) -> tuple[RecipeLora, ...]:
        return tuple(found.lora() for found in self._all)

    def tags(self, prompt: str) -> None:
        """Every `<lora:name:strength>` of a prompt; the same one twice is twice in the prompt."""
        for tag in islice(_TAG.finditer(prompt), MOST):
            self._append(_Found(tag[1].strip(), _tag_strength(tag[2] or "")))

    def add(
        self, name: str | None, strength: float | None = None, sum_: str | None = None, version: int | None = None
    ) -> None:
        """One more mention: it completes what is there of the same version, hash or name, or stands alone."""
        if (name is None and sum_ is None and version is None) or len(self._all) >= 2 * MOST:
            return
        same = self._same(name, sum_, version)
        for found in same:
            found.strength = strength if found.strength is None else found.strength
            found.sum_ = found.sum_ or sum_
            found.version = found.version or version
            self._know(found)
        if not same:
            self._append(_Found(name, strength, sum_, version))

    def resources(self, resources: Iterable[Resource]) -> None:
        """Civitai's resources. Those of other names than the tags have pair up with them when they are as many
        and as strong, one by one: the text names the same LoRAs twice, by file and by the hub's title."""
        strange = []
        for resource in resources:
            if self._same(resource.name, resource.sum_, resource.version):
                self.add(resource.name, resource.strength, resource.sum_, resource.version)
            else:
                strange.append(resource)
        bare = [found for found in self._all if found.version is None]
        pairs = list(zip(bare, strange, strict=False))
        if len(bare) == len(strange) and all(f.strength in (None, r.strength or 1.0) for f, r in pairs):
            for found, resource in pairs:
                found.version, found.sum_ = resource.version, found.sum_ or resource.sum_
                found.strength = resource.strength if found.strength is None else found.strength
            return
        for resource in strange:
            self.add(resource.name, resource.strength, resource.sum_, resource.version)

    def _append(self, found: _Found) -> None:
        self._all.append(found)
        if found.name:
            self._named.setdefault(_key(found.name), []).append(found)
        self._know(found)

    def _know(self, found: _Found) -> None:
        for mark in (found.sum_, found.version):
            if mark is not None:
                self._known.setdefault(mark, found)

    def _same(self, name: str | None, sum_: str | None, version: int | None) -> list[_Found]:
        for mark in (version, sum_):
            if mark is not None and mark in self._known:
                return [self._known[mark]]
        named = self._named.get(_key(name), []) if name else []
        # Two files of one name are two LoRAs when their hashes differ.
        return [found for found in named if sum_ is None or found.sum_ in (None, sum_)]


@dataclass(frozen=True)
class Resource:
    """One resource as Civitai lists it. kind: 'lora', 'checkpoint' or what else it is called."""

    kind: str
    name: str | None
    strength: float | None
    sum_: str | None
    version: int | None
    base_model: str | None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Resource:
        base_model, kind, version = values.air(values.first(said, "air", "urn"))
        named = values.line(values.first(said, "modelName", "name"))
        kind = (values.line(said.get("type")) or values.line(said.get("modelType")) or kind or "").lower()
        return cls(
            kind="lora" if kind in _KINDS else "checkpoint" if kind in _CHECKPOINTS else kind,
            name=named,
            strength=values.real(values.first(said, "weight", "strength")),
            sum_=values.hash_of(said.get("hash")),
            version=values.natural(values.first(said, "modelVersionId", "model_version_id")) or version,
            base_model=values.line(said.get("baseModel")) or base_model,
        )


def listed(said: Any) -> list[Resource]:
    """The resources of a list as Civitai writes it."""
    return [Resource.of(resource) for resource in values.listed(said)[:MOST] if isinstance(resource, dict)]


def from_pairs(prompt: str, pairs: Mapping[str, str]) -> Found:
    """Every LoRA that an infotext names: in its prompt's tags and in its settings."""
    found = Found()
    found.tags(prompt)
    for name in pairs:
        numbered = _NUMBERED.fullmatch(name)
        if numbered:
            head = name[: -len(" Model name")]
            strength = values.real(pairs.get(f"{head} Strength model") or pairs.get(f"{head} Strength"))
            found.add(values.stem(pairs[name]), strength, values.hash_of(pairs.get(f"{head} Model hash")))
        if name.startswith("AddNet Model "):
            number = name.removeprefix("AddNet Model ")
            added = _ADDED.fullmatch(pairs[name][:400])
            weight = pairs.get(f"AddNet Weight A {number}") or pairs.get(f"AddNet Weight {number}")
            if added:
                found.add(added[1].strip(), values.real(weight), added[2].lower())
    for name, weight in _entries(pairs.get("Lora weights", "")):
        found.add(name, values.real(weight))
    for name, sum_ in [*_entries(pairs.get("Lora hashes", "")), *_hashed(pairs.get("Hashes", ""))]:
        found.add(name, None, (values.line(sum_) or "").lower() or None)
    found.resources(r for r in listed(values.parsed(pairs.get("Civitai resources", ""))) if r.kind == "lora")
    return found


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """`name: value, name: value`; the old form of Fooocus has `name: hash: weight`."""
    for entry in text.split(","):
        name, colon, value = entry.rpartition(":")
        if colon and name.strip() and value.strip():
            yield name.strip(), value.strip()


def _hashed(text: str) -> Iterator[tuple[str, str]]:
    for name, sum_ in values.mapping(values.parsed(text)).items():
        kind, colon, rest = name.partition(":")
        if colon and kind.lower() == "lora" and rest.strip() and isinstance(sum_, str):
            yield values.stem(rest) or rest, sum_


def _key(name: str) -> str:
    return (values.stem(name) or name).casefold()


def _tag_strength(arguments: str) -> float:
    """The first number in `0.8`, `0.8:0.5` (text encoder, UNet) or `te=0.8:unet=0.5`; else 1."""
    first = arguments.split(":", maxsplit=1)[0].rpartition("=")[2].strip()
    return values.strength(first)
