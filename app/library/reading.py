"""What a model file and what lies beside it say of the model."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from app.library.base_models import UNKNOWN, base_model_of
from app.library.hashes import Sums, sha256_of
from app.library.model import Model
from app.library.sidecars import read
from app.library.walking import Found
from app.model_files import SAFETENSORS, BrokenHeader, ModelKind, metadata_of, read_header


@dataclass(frozen=True)
class Contents:
    """A file's sums, and the free text of its header."""

    sums: Sums
    metadata: Mapping[str, str]


def contents_of(path: Path, sha256: str | None = None, stop: threading.Event | None = None) -> Contents:
    """What stands in a file; `sha256` spares hashing a file whose sum is known.

    Raises OSError when it cannot be read, BrokenHeader when a safetensors file is none, Interrupted.
    """
    metadata = _metadata_of(path)
    return Contents(Sums.of(sha256 or sha256_of(path, stop), metadata), metadata)


def new_model(library: str, kind: ModelKind, found: Found, now: datetime) -> Model:
    """An entry for a file that nothing is known of yet, its sums least of all."""
    return Model(
        id=uuid.uuid4().hex,
        library=library,
        kind=kind,
        root=found.root,
        folder=found.folder,
        file_name=found.name,
        name=found.stem,
        size_bytes=found.size_bytes,
        mtime_ns=found.mtime_ns,
        sha256="",
        autov2="",
        autov3=None,
        added_at=now,
        modified_at=now,
    )


def with_contents(model: Model, found: Found, contents: Contents) -> Model:
    """The model with what its file is now."""
    sums = contents.sums
    changed = replace(
        model,
        size_bytes=found.size_bytes,
        mtime_ns=found.mtime_ns,
        sha256=sums.sha256,
        autov2=sums.autov2,
        autov3=sums.autov3,
    )
    return with_neighbours(changed, found, contents.metadata)


def with_neighbours(model: Model, found: Found, metadata: Mapping[str, str] | None = None) -> Model:
    """The model with what lies beside it now. What a sidecar that cannot be read had said before stays."""
    placed = replace(model, preview=found.preview, sidecar_stamp=found.sidecar_stamp, sidecar_fault=None)
    about, fault = read(found.path) if found.sidecar_stamp else (None, None)
    if fault is not None and model.sidecar_stamp:
        return replace(placed, sidecar_fault=fault)
    said = {} if about is None else about.said
    if said.get("base_model", UNKNOWN) == UNKNOWN:
        said["base_model"] = base_model_of(_read_again(found.path) if metadata is None else metadata)
    return replace(placed, **{**_UNSAID, **said}, sidecar_fault=fault)


# What a model is while no sidecar says otherwise. Whether it is excluded is not forgotten with its sidecar.
_UNSAID = {
    "tags": (),
    "trained_words": (),
    "favorite": False,
    "notes": "",
    "model_id": None,
    "model_version_id": None,
    "mature": False,
}


def _metadata_of(path: Path) -> dict[str, str]:
    return metadata_of(read_header(path)) if path.suffix.lower() == SAFETENSORS else {}


def _read_again(path: Path) -> dict[str, str]:
    try:
        return _metadata_of(path)
    except (OSError, BrokenHeader):  # changed since it was hashed: the next scan reads it whole
        return {}
