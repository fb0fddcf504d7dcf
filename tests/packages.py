"""Packages of models, sound and hostile, as bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Sequence

from support.builders import safetensors

Members = Sequence[tuple[str, bytes]]

MODEL = safetensors("neon-city", 2_000)
OTHER = safetensors("old-film", 3_000)
GOOD = ("neon-city.safetensors", MODEL)


def zipped(members: Members, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", compression) as package:
        warnings.filterwarnings("ignore", message="Duplicate name")  # which is what some of them are for
        for path, content in members:
            package.writestr(zipfile.ZipInfo(path), content, compression)
    return buffer.getvalue()


def tarred(members: Members) -> bytes:
    def fill(package: tarfile.TarFile) -> None:
        for path, content in members:
            add(package, path, content)

    return _tar(fill)


def gzipped(members: Members) -> bytes:
    return gzip.compress(tarred(members))


def add(package: tarfile.TarFile, path: str, content: bytes) -> None:
    info = tarfile.TarInfo(path)
    info.size = len(content)
    package.addfile(info, io.BytesIO(content))


def zip_with_mode(path: str, mode: int) -> bytes:
    """A sound model, and an entry that says it is a link, a device or a socket."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr(*GOOD)
        info = zipfile.ZipInfo(path)
        info.create_system = 3
        info.external_attr = mode << 16
        package.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def zip_encrypted() -> bytes:
    """As an encrypting tool marks its entries: bit 0 of the flags, in both headers."""
    data = bytearray(zipped([GOOD], zipfile.ZIP_STORED))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def zip_with_nul() -> bytes:
    """An entry called one thing by those who stop at NUL and another by those who do not."""
    name = "neon-city.safetensors"
    return zipped([(name, MODEL)]).replace(name.encode(), b"neon.pt\0afetensors..x"[: len(name)])


def zip_that_lies(size_bytes: int) -> bytes:
    """An entry whose announced size is another than what is packed, in both headers."""
    data = bytearray(zipped([GOOD]))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data[at : at + 4] = size_bytes.to_bytes(4, "little")
    return bytes(data)


def zip_with_long_list() -> bytes:
    """A few entries whose comments make the list of contents longer than any package needs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for number in range(40):
            info = zipfile.ZipInfo(f"{number}.safetensors")
            info.comment = b"x" * 65_000
            package.writestr(info, MODEL)
    return buffer.getvalue()


def tar_with(kind: bytes, path: str = "evil.safetensors", target: str = "/etc/passwd") -> bytes:
    """A sound model, and an entry of another type: a link, a device, a pipe."""

    def fill(package: tarfile.TarFile) -> None:
        add(package, *GOOD)
        info = tarfile.TarInfo(path)
        info.type = kind
        info.linkname = target
        package.addfile(info)

    return _tar(fill)


def tar_with_damaged_entry() -> bytes:
    """Two models, the header of the second overwritten."""
    data = bytearray(tarred([GOOD, ("old-film.safetensors", OTHER)]))
    at = data.index(b"old-film")
    data[at : at + 8] = b"xxxxxxxx"
    return bytes(data)


def gzip_with_wrong_sum() -> bytes:
    """A packed tar that unpacks without a fault, to other bytes than were packed."""
    data = bytearray(gzipped([GOOD]))
    data[-8] ^= 1
    return bytes(data)


def gzip_without_end() -> bytes:
    """A packed tar with nothing but zeros behind its end."""
    return gzip.compress(tarred([GOOD]) + bytes(32 * 1024 * 1024))


def tar_with_endless_header() -> bytes:
    """A header that announces gigabytes of a name, and a packed stream that would deliver them."""
    info = tarfile.TarInfo("././@LongLink")
    info.type = tarfile.GNUTYPE_LONGNAME
    info.size = 4 * 1024**3
    head = info.tobuf(tarfile.GNU_FORMAT)
    return gzip.compress(head + bytes(16 * 1024 * 1024))


def tar_with_negative_size() -> bytes:
    """A size below zero, in the form that GNU tar writes for large ones."""
    info = tarfile.TarInfo(GOOD[0])
    info.size = 0
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[124:136] = b"\xff" * 11 + b"\x00"
    head[148:156] = b" " * 8
    head[148:156] = f"{sum(head):06o}\0 ".encode()
    return bytes(head) + bytes(2048)


def _tar(fill: Callable[[tarfile.TarFile], None]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as package:
        fill(package)
    return buffer.getvalue()
