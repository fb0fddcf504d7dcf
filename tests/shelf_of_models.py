"""Models for tests of the library: entries as they might be, and files as they lie on a disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.database import Database
from app.library.model import Model
from app.library.service import Library
from app.model_files import ModelKind
from support.clock import NOON, VirtualClock

LORAS = ModelKind.LORAS


def entry(name: str, **facts: Any) -> Model:
    """An entry of the default library; its hash is its name's."""
    sha256 = hashlib.sha256(str(facts.get("sha256", name)).encode()).hexdigest()
    said: dict[str, Any] = {
        "id": hashlib.md5(f"{name}{facts.get('folder')}".encode()).hexdigest(),
        "library": "default",
        "kind": LORAS,
        "root": "/models",
        "folder": "",
        "file_name": f"{name}.safetensors",
        "name": name,
        "size_bytes": 1000,
        "mtime_ns": 1,
        "autov3": None,
        "added_at": NOON,
        "modified_at": NOON + timedelta(minutes=1),
    }
    return Model(**{**said, **facts, "sha256": sha256, "autov2": sha256[:10]})


def weights(content: bytes, said: Mapping[str, str] | None = None) -> bytes:
    """A safetensors file. said: what its trainer wrote into its header."""
    tensor = {"dtype": "U8", "shape": [len(content)], "data_offsets": [0, len(content)]}
    header = json.dumps({"__metadata__": dict(said or {}), "weight": tensor}).encode()
    return len(header).to_bytes(8, "little") + header + content


def put(folder: Path, name: str, content: bytes | None = None) -> Path:
    """A file in a folder, of its own content where none is given."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(name.encode() if content is None else content)
    return path


class Home:
    """A studio's library on a folder and a database of its own, restarted at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.roots = {kind: [folder / kind] for kind in ModelKind}
        self.library_name = "default"
        self.loras = folder / "loras"
        self.loras.mkdir(exist_ok=True)
        self.database_url = f"sqlite:///{folder / 'studio.db'}"

    @contextmanager
    def library(self) -> Iterator[Library]:
        database = Database(self.database_url)
        database.create_tables()
        try:
            yield Library(
                database=database,
                clock=self.clock,
                roots_of=lambda kind: self.roots[kind],
                library_name=lambda: self.library_name,
            )
        finally:
            database.close()


def named(library: Library, kind: ModelKind = LORAS) -> list[str]:
    """The files that the library lists, by name."""
    return [model.file for model in library.catalogue.ordered(kind, "name")]
