"""Hugging Face: a file of a repository at a revision, and what the hub promises of it.

Source: huggingface_hub, `get_hf_file_metadata`: HEAD of the resolve address answers with X-Linked-Etag (the
SHA-256 of a large file), X-Linked-Size, and X-Error-Code when it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import quote, urlsplit

import httpx

from app.downloads.faults import TransferFailed
from app.downloads.offer import Offer
from app.downloads.orders import DEFAULT_REVISION, Order
from app.downloads.stop import Stop
from app.downloads.web import Web

# A renamed repository, or one written in other capitals, is moved to its address of today.
MAX_MOVES = 3

REFUSALS = {
    "RepoNotFound": ("not_there", "there is no repository {repo_id}, or it is private; check its name, or give a key"),
    "RevisionNotFound": ("not_there", "{repo_id} has no revision {revision}; check it, or leave it out"),
    "EntryNotFound": ("not_there", "{repo_id} has no file {filename} at revision {revision}"),
    "DisabledRepo": ("gone", "{repo_id} has been taken down"),
}
GATED = "{repo_id} is gated: accept its licence on its page, then give the key of the account that did"
BY_STATUS = {
    401: ("sign_in_needed", "there is no {repo_id}, or only for those who sign in; check its name, or give a key"),
    403: ("access_denied", "the key that was given may not read {repo_id}"),
    404: ("not_there", "there is no file {filename} at revision {revision} of {repo_id}"),
    410: ("gone", "{repo_id} has this file no longer"),
}


class HuggingFace:
    """Asks the hub at `base_url`."""

    def __init__(self, *, web: Web, base_url: str) -> None:
        self._web = web
        self._base_url = base_url.rstrip("/")

    def address_of(self, repo_id: str, revision: str, filename: str) -> str:
        """The resolve address; a revision's slashes are encoded, a file's are not."""
        return f"{self._base_url}/{quote(repo_id)}/resolve/{quote(revision, safe='')}/{quote(filename)}"

    def offer_of(self, order: Order, stop: Stop) -> Offer:
        """The file that an order names. Raises what Web.look raises, and TransferFailed for a refusal.

        A small file is kept without LFS: its ETag is a Git sum, and no SHA-256 is promised of it.
        """
        repo_id, filename = order.repo_id or "", order.filename or ""
        revision = order.revision or DEFAULT_REVISION
        address = self.address_of(repo_id, revision, filename)
        status, headers = self._look(address, stop)
        if status >= 400:
            _refuse(status, headers, repo_id=repo_id, revision=revision, filename=filename)
        size = headers.get("x-linked-size", "")
        owner, _, name = repo_id.rpartition("/")
        return Offer(
            (address,),
            filename,
            order.kind,
            sha256=sum_in(headers.get("x-linked-etag")),
            size_bytes=int(size) if size.isascii() and size.isdigit() and len(size) < 19 else None,
            values={"author": owner or name, "model_name": name, "version_name": revision},
        )

    def _look(self, address: str, stop: Stop) -> tuple[int, Mapping[str, str]]:
        """Status and headers (names in lower case) of the answer that speaks of the file itself."""
        for _ in range(MAX_MOVES):
            status, found = self._web.look(address, stop)
            headers = {name.lower(): value for name, value in found.items()}
            moved = _moved(address, status, headers)
            if moved is None:
                return status, headers
            address = moved
        raise TransferFailed("too_many_redirects", f"{urlsplit(address).hostname} redirects in circles")


def sum_in(etag: str | None) -> str | None:
    """The SHA-256 that an X-Linked-Etag is, in lower case; None when it is another kind of tag."""
    found = re.fullmatch(r'(?:W/)?"?([0-9a-fA-F]{64})"?', etag.strip(), re.ASCII) if etag else None
    return found[1].lower() if found else None


def _moved(address: str, status: int, headers: Mapping[str, str]) -> str | None:
    """Where else on the same host the file is described; a redirect elsewhere leads to its bytes."""
    target = headers.get("location")
    describes = "x-linked-etag" in headers or "x-linked-size" in headers
    if not 300 <= status < 400 or target is None or describes:
        return None
    try:
        here, there = httpx.URL(address), httpx.URL(address).join(target)
    except httpx.InvalidURL as error:
        raise TransferFailed("unsafe_address", f"{urlsplit(address).hostname} redirects to no address") from error
    same = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
    return str(there) if same else None


def _refuse(status: int, headers: Mapping[str, str], **names: str) -> NoReturn:
    told = headers.get("x-error-code", "")
    if told == "GatedRepo":
        code, sentence = ("sign_in_needed" if status == 401 else "access_denied"), GATED
    else:
        unknown = ("refused", "the hub refused {filename} of {repo_id}")
        code, sentence = REFUSALS.get(told) or BY_STATUS.get(status, unknown)
    raise TransferFailed(code, f"{sentence.format(**names)} ({status})")
