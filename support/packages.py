"""Packages of models as hubs offer them, and those that were made to do harm."""

from __future__ import annotations

import io
import tarfile
import zipfile

from support.builders import safetensors

SUFFIXES = {"zip archive": ".zip", "tar archive": ".tar"}
HARMLESS = "neon-city.safetensors"
GROWN_BYTES = 300_000_000


def archive(packing: str, models: list[tuple[str, int]]) -> bytes:
    """A package of models, each given by its path in it and its size."""
    members = [(path, safetensors(path, size)) for path, size in models]
    return _zipped(members) if packing == "zip archive" else _tarred(members)


def harmful(harm: str) -> bytes:
    """A zip archive with a good model and something that must not be unpacked."""
    good = (HARMLESS, safetensors(HARMLESS, 50_000))
    other = safetensors("evil", 50_000)
    if harm == "a link":
        return _with_link(good)
    if harm == "no end":
        return _zipped([good, ("old-film.safetensors", other)])[:-30_000]
    bad = {
        "a file that climbs out": ("../../evil.safetensors", other),
        "a file for the root folder": ("/tmp/evil.safetensors", other),
        "a file that grows absurdly": ("evil.safetensors", _growing()),
        "a damaged model": ("evil.safetensors", other[:-1000]),
    }[harm]
    return _zipped([good, bad])


def _zipped(members: list[tuple[str, bytes]]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for path, content in members:
            package.writestr(path, content)
    return file.getvalue()


def _tarred(members: list[tuple[str, bytes]]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as package:
        for path, content in members:
            member = tarfile.TarInfo(path)
            member.size = len(content)
            package.addfile(member, io.BytesIO(content))
    return file.getvalue()


def _with_link(good: tuple[str, bytes]) -> bytes:
    """A zip archive whose second member is a symbolic link, as Unix writes them: the mode in the upper half."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr(*good)
        link = zipfile.ZipInfo("evil.safetensors")
        link.create_system = 3
        link.external_attr = 0o120777 << 16
        package.writestr(link, "/etc/passwd")
    return file.getvalue()


def _growing() -> bytes:
    """A valid safetensors file of nothing but zeros: a thousandth of it when packed."""
    head = b'{"weight": {"dtype": "F32", "shape": [75000000], "data_offsets": [0, 300000000]}}'
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head + bytes(GROWN_BYTES)
