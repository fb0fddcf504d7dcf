"""The text that NovelAI and others hide in a picture's transparency: one bit a pixel, column by column.

Layout: the signature, the payload's length in bits (four bytes, big-endian), the payload; packed with gzip when the
signature says so. Source: the public readers of NovelAI's pictures.
"""

from __future__ import annotations

import zlib

from PIL import Image

_PLAIN, _PACKED = b"stealth_pnginfo", b"stealth_pngcomp"
_HEAD = len(_PLAIN) + 4
_MOST = 1024 * 1024
_BIT = bytes(48 + (value & 1) for value in range(256))  # the character 0 or 1


def text(image: Image.Image) -> str | None:
    """What is hidden in a decoded picture; None when nothing is, or more than 1 MiB. Never fails."""
    if image.mode != "RGBA":
        return None
    alpha = image.getchannel("A")
    head = _bytes(alpha, _HEAD)
    signature, length = head[: len(_PLAIN)], int.from_bytes(head[len(_PLAIN) : _HEAD], "big") // 8
    if signature not in (_PLAIN, _PACKED) or not 0 < length <= _MOST:
        return None
    payload = _bytes(alpha, _HEAD + length)[_HEAD:]
    if signature == _PACKED:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            payload = unpacker.decompress(payload, _MOST)
        except zlib.error:
            return None
    return payload.decode("utf-8", "replace")


def _bytes(alpha: Image.Image, count: int) -> bytes:
    """The first `count` hidden bytes; fewer when the picture has no more pixels."""
    columns = min(-(-count * 8 // alpha.height), alpha.width)
    across = alpha.crop((0, 0, columns, alpha.height)).transpose(Image.Transpose.TRANSPOSE)
    bits = across.tobytes().translate(_BIT)[: count * 8]
    whole = len(bits) // 8 * 8
    return int(bits[:whole], 2).to_bytes(whole // 8, "big") if whole else b""
