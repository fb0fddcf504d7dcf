"""How the hub's double resolves files of repositories as Hugging Face does.

The real thing: huggingface.co as of 2026, for files in large-file storage: `/{repo_id}/resolve/{revision}/{file}`
answers GET and HEAD with 302 to a signed link on another host, with X-Linked-Etag (the SHA-256), X-Linked-Size
and X-Repo-Commit; `/blob/` is the page about the file. Errors carry X-Error-Code and X-Error-Message; a
repository that does not exist is 401 without a code to whoever brings no key, and 404 RepoNotFound otherwise.
Left out: small files that are served without a redirect, Xet, the API about repositories, datasets and spaces,
whether a key is anybody's (any is taken where none is needed).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from support.servers.hub_memory import keys_of
from support.servers.hub_offers import Mood, Offered
from support.servers.serving import Exchange

ADDRESS = re.compile(r"/((?!api/)[^/]+(?:/[^/]+)?)/(resolve|blob)/(.+)", re.DOTALL)
TEXT = "text/plain; charset=utf-8"


def is_of_a_repository(path: str) -> bool:
    return ADDRESS.fullmatch(path) is not None


def find(exchange: Exchange, offers: Sequence[Offered]) -> Offered | None:
    """The file that an address means; None, once the error is answered, when there is none."""
    found = ADDRESS.fullmatch(exchange.path)
    repo_id, rest = (found[1], found[3]) if found else ("", "")
    # Names of repositories know no capital letters from small ones.
    files = [offered for offered in offers if (offered.repo_id or "").lower() == repo_id.lower()]
    if not files:
        if any(keys_of(exchange.seen)):
            _refuse(exchange, 404, "Repository not found", code="RepoNotFound")
        else:
            _refuse(exchange, 401, "Invalid username or password.")
        return None
    of_revision = [
        (offered, rest.removeprefix(f"{revision}/"))
        for offered in files
        for revision in (offered.revision, offered.commit)
        if rest.startswith(f"{revision}/")
    ]
    if not of_revision:
        _refuse(exchange, 404, f"Invalid rev id: {rest.partition('/')[0]}", code="RevisionNotFound")
        return None
    for offered, name in of_revision:
        if name == offered.file_name:
            return offered
    headers = {"X-Repo-Commit": of_revision[0][0].commit}
    _refuse(exchange, 404, "Entry not found", code="EntryNotFound", headers=headers)
    return None


def is_page(path: str) -> bool:
    found = ADDRESS.fullmatch(path)
    return found is not None and found[2] == "blob"


def answer_page(exchange: Exchange, offered: Offered) -> None:
    page = f"<!doctype html><title>{offered.file_name} · {offered.repo_id}</title>".encode()
    exchange.answer(200, {"Content-Type": "text/html; charset=utf-8"}, page)


def lacks_the_key(exchange: Exchange, offered: Offered, mood: Mood) -> bool:
    """Answer whoever lacks the key of a gated repository; False, and no answer, for everybody else."""
    keys = list(keys_of(exchange.seen))
    if mood.key is None or mood.key in keys:
        return False
    if keys:
        _refuse(exchange, 401, "Invalid credentials in Authorization header")
        return True
    told = f"Access to model {offered.repo_id} is restricted. You must have access to it and be authenticated"
    _refuse(exchange, 401, f"{told} to access it. Please log in.", code="GatedRepo")
    return True


def answer_resolved(exchange: Exchange, offered: Offered, mood: Mood, location: str) -> None:
    linked = {"X-Linked-Etag": f'"{offered.sha256}"'} if mood.checksum_told else {}
    headers = {
        "Location": location,
        "X-Repo-Commit": offered.commit,
        "X-Linked-Size": str(len(offered.content) + mood.wrong_length),
        **linked,
        "Accept-Ranges": "bytes",
        "Content-Type": TEXT,
    }
    exchange.answer(302, headers, f"Found. Redirecting to {location}".encode())


def _refuse(
    exchange: Exchange, status: int, message: str, *, code: str | None = None, headers: dict[str, str] | None = None
) -> None:
    one_line = re.sub(r"[\x00-\x1f\x7f]", "_", message).encode("ascii", "replace").decode()
    told = {"Content-Type": TEXT, "X-Error-Message": one_line, **(headers or {})}
    if code is not None:
        told["X-Error-Code"] = code
    if status == 401:
        told["WWW-Authenticate"] = 'Bearer realm="Authentication required", charset="UTF-8"'
    exchange.answer(status, told, message.encode())
