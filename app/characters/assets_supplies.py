"""Where the contents of a job's files come from: its folder, and the reference pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app.characters.assets_results import Picture, Pictures
from app.characters.job_change import Supply
from app.characters.job_folder import JobFolder, folder_errors, sum_of
from app.characters.job_layout import METADATA, REFERENCES, MalformedJob, content_type_of
from app.characters.job_manifest import MAX_METADATA_BYTES, checked_metadata
from app.characters.job_moving import at_once
from app.errors import InvalidInput

EXTENSIONS = ("png", "jpg", "webp")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


def name_of(image_id: str, extension: str) -> str:
    if _UUID.fullmatch(image_id) is None:
        raise MalformedJob(f"{image_id[:64]!r} is no image ID; one is a UUID in small letters", field="image_id")
    if extension not in EXTENSIONS:
        raise InvalidInput(f"a picture's extension is one of {', '.join(EXTENSIONS)}", field="extension")
    return f"{image_id}.{extension}"


def pictures_in(paths: Iterable[str]) -> list[str]:
    """The ids of the reference pictures among a job's files."""
    names = (path.removeprefix(f"{REFERENCES}/").partition(".")[0] for path in paths if path.startswith(REFERENCES))
    return [name for name in names if _UUID.fullmatch(name)]


def metadata_of(folder: JobFolder) -> str:
    with folder_errors(folder.job_id), folder.open(METADATA) as stream:
        return checked_metadata(stream.read(MAX_METADATA_BYTES + 1))


def supplies_of(folder: JobFolder, paths: Sequence[str]) -> dict[str, Supply]:
    """The contents of these files, summed up; one that has gone meanwhile is not among them."""
    found: dict[str, Supply] = {}

    def look(path: str) -> None:
        with folder_errors(folder.job_id):
            summed = folder.sum_of(path)
        if summed is not None:
            found[path] = Supply(*summed, content_type_of(path), partial(_opened, folder, path))

    at_once(look, paths)
    return {path: found[path] for path in paths if path in found}


@contextmanager
def _opened(folder: JobFolder, path: str) -> Iterator[BinaryIO]:
    with folder_errors(folder.job_id), folder.open(path) as stream:
        yield stream


def copied(picture: Picture, pictures: Pictures) -> Supply:
    """A reference picture as the content of a job's file."""

    @contextmanager
    def read() -> Iterator[BinaryIO]:
        yield io.BytesIO(pictures.picture_of(picture.id))

    return Supply(picture.size_bytes, picture.sha256, picture.content_type, read)


def local(path: Path, content_type: str) -> Supply:
    """Any file of this machine as the content of a job's file. Raises OSError."""

    @contextmanager
    def read() -> Iterator[BinaryIO]:
        with path.open("rb") as stream:
            yield stream

    with path.open("rb") as stream:
        return Supply(*sum_of(stream), content_type, read)
