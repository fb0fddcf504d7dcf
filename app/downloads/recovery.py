"""What a studio that was killed had kept already, so that it is not fetched again."""

from __future__ import annotations

import json
from itertools import takewhile
from pathlib import Path

from app.downloads.archives import is_archive
from app.downloads.names import safe_file_name, unique_names
from app.downloads.shelf import Kept, holds
from app.downloads.sources import Source
from app.downloads.transfer import Part


def proof_of(part: Part) -> str:
    """What is written down of a whole file before it gets its name, as JSON."""
    return json.dumps({"name": part.name, "size_bytes": part.size_bytes, "sha256": part.sha256})


def kept_before(proof: str, source: Source, root: Path) -> tuple[Kept, int] | None:
    """The file of which an earlier run wrote `proof`, if it had its name before that run ended, and its size.

    None when it is not there, is not what the source promises now, or came out of a package. OSError is the disk's.
    """
    told = json.loads(proof)
    name, size_bytes, sha256 = safe_file_name(told["name"]), int(told["size_bytes"]), str(told["sha256"])
    if is_archive(name) or source.sha256 not in (None, sha256):
        return None
    candidates = (root / source.folder / one for one in unique_names(name, sha256))
    for path in takewhile(Path.is_file, candidates):
        if holds(path, size_bytes, sha256):
            return Kept(path, sha256, is_new=False), size_bytes
    return None
