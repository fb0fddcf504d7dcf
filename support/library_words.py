"""The words that sentences about the library choose from: kinds, companions, what is known of a model.

Read for its effect: each makes `{its name}` usable in patterns.
"""

from __future__ import annotations

import hashlib
from typing import Any

from support.parameter_types import parameter_type

# What is known of a model, as the studio calls it; of some, how a value is written there.
FIELDS = {
    "base model": "base_model",
    "tags": "tags",
    "trigger words": "trained_words",
    "favourite": "favorite",
    "notes": "notes",
    "mature": "mature",
    "colour": "colour",
}
LISTS = ("tags", "trigger words")
ANSWERS = ("favourite", "mature")


def known(told: dict[str, str]) -> dict[str, Any]:
    """What is known of a model in a product owner's words, as the studio's own names and values."""
    return {FIELDS[what]: value_of(what, text) for what, text in told.items()}


def value_of(what: str, text: str) -> Any:
    """`night, city` as tags, `yes` as a favourite, anything else as it is written."""
    if what in LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    return {"yes": True, "no": False}.get(text, text) if what in ANSWERS else text


@parameter_type("LoRA|checkpoint|embedding")
def weights(text: str) -> str:
    """A kind of model, as its address and its folder are called."""
    return {"LoRA": "loras", "checkpoint": "checkpoints", "embedding": "embeddings"}[text]


@parameter_type(
    "by its trainer|by the standard|by the standard, with 0x before it|"
    "by its trainer, and another by the standard|by its trainer, of an empty file"
)
def written(text: str) -> dict[str, str]:
    """Where a header names the hash of its own weights, as trainers and the ModelSpec standard do."""
    whole, other = AUTOV3 + "0" * 52, "f" * 64
    return {
        "by its trainer": {"sshs_model_hash": whole},
        "by the standard": {"modelspec.hash_sha256": whole},
        "by the standard, with 0x before it": {"modelspec.hash_sha256": f"0x{whole}"},
        "by its trainer, and another by the standard": {"sshs_model_hash": whole, "modelspec.hash_sha256": other},
        "by its trainer, of an empty file": {"sshs_model_hash": hashlib.sha256(b"").hexdigest()},
    }[text]


AUTOV3 = "d3b07384d113"


@parameter_type(
    "a sidecar|a picture|a small picture|a photo|a snapshot|a preview picture|a film|a WebM film|a moving picture|"
    "an AVIF|a JPEG XL"
)
def companion(text: str) -> str:
    """What may lie beside a model under its name, as the ending of its file."""
    return {
        "a sidecar": ".metadata.json",
        "a picture": ".png",
        "a small picture": ".webp",
        "a photo": ".jpeg",
        "a preview picture": ".preview.png",
        "a film": ".mp4",
        "a WebM film": ".webm",
        "a snapshot": ".jpg",
        "a moving picture": ".gif",
        "an AVIF": ".avif",
        "a JPEG XL": ".jxl",
    }[text]


@parameter_type("cut in half|empty|a list instead|no text at all")
def unreadable(text: str) -> bytes:
    """What a sidecar may have become that nobody can read."""
    return {
        "cut in half": b'{"base_model": "SDXL 1.0", "tags": ["ni',
        "empty": b"",
        "a list instead": b'["night", "city"]',
        "no text at all": bytes(range(128, 256)),
    }[text]


@parameter_type("a link to its folder|a folder that links to itself")
def link(text: str) -> str:
    """The links that people lay in a folder of models."""
    return text


@parameter_type("a text|a stray picture|a folder named like a model|an unfinished download|a link that leads nowhere")
def no_model(text: str) -> str:
    """What lies in a folder of models and is none."""
    return text


@parameter_type("its hash|its size|its tags")
def damage(text: str) -> str:
    """What of a model's entry may be damaged."""
    return text


@parameter_type("base model|tag|favourite|folder|folder alone", name="filter")
def narrowing(text: str) -> str:
    """By what a list may be narrowed."""
    return text


@parameter_type("an empty file|a web page|half a picture|a model")
def no_preview(text: str) -> str:
    """What people give for a preview by mistake."""
    return text


@parameter_type("(?:name|date|size)(?:, backwards)?")
def order(text: str) -> str:
    """The orders of a list, as the studio calls them."""
    by, _, backwards = text.partition(",")
    return f"{by}:desc" if backwards else f"{by}:asc"


@parameter_type("page|size of a page|order|favourite")
def measure(text: str) -> str:
    """What may be asked of a list, as the studio calls it."""
    return {"size of a page": "page_size", "order": "sort", "favourite": "favorite"}.get(text, text)


@parameter_type("a model that nobody knows|a model of another kind|what is no model's name")
def no_one(text: str) -> str:
    """What can be named where a LoRA should be."""
    return text


@parameter_type(
    "where the LoRAs lie|in a folder of the LoRAs|above the LoRAs|where the checkpoints lie|"
    "in a folder that is a link to the LoRAs|in a file|somewhere below"
)
def place_of_library(text: str) -> str:
    """Where no library may be."""
    return text


@parameter_type(
    "what nobody knows|a folder of LoRAs that is a file|a folder of LoRAs somewhere below|"
    "a folder of LoRAs that holds the others|no folder of LoRAs at all|a folder of a kind that does not exist|"
    'safe mode to "perhaps"'
)
def wrong_setting(text: str) -> str:
    """What cannot be set."""
    return text
