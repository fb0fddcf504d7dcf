"""What lies beside a model: its sidecar, other programs' notes about it, its preview.

The sidecar is `<name>.metadata.json`, as ComfyUI-Lora-Manager writes it. What it does not say is asked of
`<name>.civitai.info` (Civitai Helper), `<name>.cm-info.json` (Stability Matrix) and `<name>.json` (AUTOMATIC1111).
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

log = logging.getLogger("app.library")

SIDECAR = ".metadata.json"
# The first that says something is believed.
SIDECARS = (SIDECAR, ".civitai.info", ".cm-info.json", ".json")
# Previews, the best first: a picture, then what is called `<name>.preview`, then what moves or few can show.
STILL = (".webp", ".png", ".jpeg", ".jpg")
MOVING = (".mp4", ".gif", ".webm", ".avif", ".jxl")
FURTHER = (*STILL, *MOVING)
PREVIEWS = (*STILL, *(f".preview{suffix}" for suffix in FURTHER), *MOVING)

MAX_SIDECAR_BYTES = 16 * 1024 * 1024
MAX_NUMBER = 2**63
LEVEL = "preview_nsfw_level"
# On Civitai's scale of 1, 2, 4, 8, 16 the first that is not for everybody.
MATURE_LEVEL = 4

# Under which key of a sidecar each change is written.
KEYS = {
    "base_model": "base_model",
    "tags": "tags",
    "trained_words": "trainedWords",
    "favorite": "favorite",
    "notes": "notes",
    "mature": "nsfw",
    "excluded": "exclude",
    "name": "file_name",
    "path": "file_path",
    "sha256": "sha256",
    "preview": "preview_url",
}


class BrokenSidecar(ValueError):
    """A sidecar that cannot be read; the message says what is wrong with it."""


@dataclass(frozen=True)
class About:
    """What sidecars say of a model; None for what they do not say."""

    base_model: str | None = None
    tags: tuple[str, ...] | None = None
    trained_words: tuple[str, ...] | None = None
    favorite: bool | None = None
    notes: str | None = None
    model_id: int | None = None
    model_version_id: int | None = None
    mature: bool | None = None
    excluded: bool | None = None

    def or_else(self, other: About) -> About:
        """This, and what the other says where this says nothing."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return About(**{name: getattr(other, name) if value is None else value for name, value in said.items()})

    @property
    def said(self) -> dict[str, Any]:
        """What is said, by the names of a model's fields."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in told.items() if value is not None}


def sidecar_of(model: Path) -> Path:
    """Where a model's sidecar lies, whether or not there is one."""
    return model.with_name(model.stem + SIDECAR)


def read(model: Path, suffixes: Iterable[str] = SIDECARS) -> tuple[About, str | None]:
    """What the sidecars of these suffixes say together, and why one of them cannot be read; None when all can."""
    about, fault = About(), None
    for suffix in suffixes:
        path = model.with_name(model.stem + suffix)
        try:
            about = about.or_else(_about(_loaded(path)))
        except FileNotFoundError:
            continue
        except BrokenSidecar as error:
            # A file that is only called .json may be anybody's.
            if suffix != SIDECARS[-1]:
                fault = fault or f"{path.name}: {error}"
        except OSError as error:
            fault = fault or f"{path.name}: {error.strerror or 'it cannot be read'}"
    return about, fault


def rewritten(sidecar: Path, changes: Mapping[str, Any]) -> bytes:
    """A sidecar's text with these changes, by the keys of KEYS; whatever else it says stays.

    Raises BrokenSidecar when there is one that cannot be read, OSError.
    """
    try:
        said = _loaded(sidecar)
    except FileNotFoundError:
        said = {}
    told = said | {KEYS[name]: list(value) if isinstance(value, tuple) else value for name, value in changes.items()}
    if changes.get("mature") is False and LEVEL in said:
        told[LEVEL] = 1
    return json.dumps(told, indent=2, ensure_ascii=False).encode("utf-8", "replace")


def write(sidecar: Path, changes: Mapping[str, Any]) -> None:
    """Write `rewritten` in the sidecar's place, whole or not at all. Raises BrokenSidecar, OSError."""
    replace(sidecar, rewritten(sidecar, changes))


def replace(path: Path, content: bytes) -> None:
    """Give a file another content, whole or not at all; it is made when it is missing. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # Others may read what lies beside a model, as they may read the model.
        Path(name).chmod(path.stat().st_mode if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _loaded(path: Path) -> dict[str, Any]:
    """A sidecar's members. Raises BrokenSidecar, OSError."""
    with path.open("rb") as file:
        content = file.read(MAX_SIDECAR_BYTES + 1)
    if len(content) > MAX_SIDECAR_BYTES:
        raise BrokenSidecar(f"it has more than {MAX_SIDECAR_BYTES // 2**20} MiB")
    try:
        said = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BrokenSidecar("it is no UTF-8 text") from error
    except (ValueError, RecursionError) as error:
        raise BrokenSidecar(f"it is not JSON: {error}" if content else "it is empty") from error
    if not isinstance(said, dict):
        raise BrokenSidecar("it is JSON, and no object of names and values")
    return said


def _about(said: dict[str, Any]) -> About:
    """What a sidecar says in the words of any of the programs; what makes no sense is as if it were not said."""
    hub = _object(said.get("civitai"))
    model = _object(hub.get("model")) or _object(said.get("model"))
    return About(
        base_model=_text(said, "base_model", "baseModel", "BaseModel", "sd version") or _text(hub, "baseModel"),
        tags=_first(_texts(said, "tags", "Tags"), _texts(model, "tags")),
        trained_words=_first(
            _texts(said, "trained_words", "trainedWords", "TrainedWords", "activation text"),
            _texts(hub, "trainedWords"),
        ),
        favorite=_truth(said.get("favorite")),
        notes=_long(said.get("notes")),
        model_id=_number(said, "model_id", "modelId", "ModelId") or _number(hub, "modelId"),
        model_version_id=_number(said, "model_version_id", "modelVersionId", "VersionId")
        or _number(hub, "id")
        # Civitai Helper keeps the hub's own description of the version.
        or (_number(said, "id") if "modelId" in said else None),
        mature=_mature(said, hub, model),
        excluded=_truth(said.get("exclude")),
    )


def _mature(said: dict[str, Any], hub: dict[str, Any], model: dict[str, Any]) -> bool | None:
    """Whether its preview is not for everybody; what is said of its model counts where nothing is said of itself."""
    own = [_truth(said.get("nsfw"))]
    level = said.get(LEVEL)
    if type(level) is int:
        own.append(level >= MATURE_LEVEL)
    if True in own or False in own:
        return True in own
    told = [_truth(one) for one in (said.get("Nsfw"), hub.get("nsfw"), model.get("nsfw"))]
    return next((one for one in told if one is not None), None)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _first(*lists: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return next((one for one in lists if one is not None), None)


def clean(text: str) -> str:
    """Text that every database and every answer takes: no halves of characters, no zero."""
    return text.encode("utf-8", "replace").decode().replace("\0", "").strip()


def _long(value: Any) -> str | None:
    return clean(value) if isinstance(value, str) else None


def _text(said: dict[str, Any], *names: str) -> str | None:
    found = (said.get(name) for name in names)
    return next((clean(one) for one in found if isinstance(one, str) and clean(one)), None)


def _texts(said: dict[str, Any], *names: str) -> tuple[str, ...] | None:
    """A list of texts, or one text with commas, each once."""
    for name in names:
        value = said.get(name)
        if isinstance(value, str):
            value = value.split(",")
        if isinstance(value, list):
            return tuple(dict.fromkeys(filter(None, (clean(one) for one in value if isinstance(one, str)))))
    return None


def _number(said: dict[str, Any], *names: str) -> int | None:
    found = (said.get(name) for name in names)
    return next((one for one in found if type(one) is int and 0 < one < MAX_NUMBER), None)


@contextmanager
def completed(sidecar: Path, about: Mapping[str, Any]) -> Iterator[None]:
    """Have a sidecar say this, too, as well as can be; what it says already stays, and so does one that is broken.

    about: members of the sidecar itself. A sidecar that was made for it goes again when the body fails.
    """
    is_new = False
    if about:
        try:
            is_new = _complete(sidecar, about)
        except (OSError, BrokenSidecar) as error:
            # No model is refused because of what is only said of it.
            log.warning("%s cannot be completed: %s", sidecar.name, error)
    try:
        yield
    except BaseException:
        if is_new:
            sidecar.unlink(missing_ok=True)
        raise


def _complete(sidecar: Path, about: Mapping[str, Any]) -> bool:
    """Whether it is new."""
    is_new = not sidecar.exists()
    said = {} if is_new else _loaded(sidecar)
    told = {**about, **said}
    if told != said:
        replace(sidecar, json.dumps(told, indent=2, ensure_ascii=False).encode("utf-8", "replace"))
    return is_new
