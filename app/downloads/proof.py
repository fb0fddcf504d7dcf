"""Whether a file is what its name and its hub say, by its own bytes."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from pathlib import Path

from app.downloads.faults import TransferFailed
from app.model_files import SAFETENSORS, BrokenHeader, read_header

SNIFFED_BYTES = 512
GGUF = ".gguf"

_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|\?xml|!--)", re.IGNORECASE)
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[\"\[{\]])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# The second protocol of pickle and its successors; and the ZIP file that PyTorch puts a pickle into.
_PICKLE = re.compile(rb"\x80[\x02-\x05]|PK\x03\x04")


def prove(path: Path, name: str, *, is_safetensors: bool) -> None:
    """Raise TransferFailed unless a file may be kept as a model called `name`.

    is_safetensors: whether that format was promised, whatever the name says. Codes: not_a_model for a page,
    unsafe_pickle for a pickle where safetensors was promised, broken_file for what is damaged, empty_file. OSError
    is the disk's.
    """
    with path.open("rb") as file:
        head = file.read(SNIFFED_BYTES)
    if not head:
        raise TransferFailed("empty_file", f"{name} was not kept: it is empty")
    if is_safetensors or name.lower().endswith(SAFETENSORS):
        try:
            read_header(path)
        except BrokenHeader as error:
            # Only now: the length that begins a sound header may look like the start of anything else.
            _refuse_page(head, name)
            if _PICKLE.match(head):
                raise TransferFailed(
                    "unsafe_pickle",
                    f"{name} was not kept: safetensors was promised and a pickle came, which could run any program",
                ) from error
            raise TransferFailed("broken_file", f"{name} is no safetensors file: {error}") from error
        return
    _refuse_page(head, name)
    if name.lower().endswith(GGUF) and not head.startswith(b"GGUF"):
        raise TransferFailed("broken_file", f"{name} is no GGUF file: it does not begin like one")


def _refuse_page(head: bytes, name: str) -> None:
    for what, pattern in (("a web page", _PAGE), ("a JSON answer", _JSON)):
        if pattern.match(head):
            raise TransferFailed("not_a_model", f"{name} was not kept: {what} came instead of a model")
    if _is_text(head):
        raise TransferFailed("not_a_model", f"{name} was not kept: text came instead of a model")


def _is_text(head: bytes) -> bool:
    """Whether a file begins with nothing but text, as no format of weights does."""
    try:
        # Not to its end: the last character may be cut.
        text = getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(text) is None
