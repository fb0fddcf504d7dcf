"""What a caller asks to be downloaded: read from a request, compared, and kept as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, NoReturn, Protocol
from urllib.parse import quote

from app.downloads.addresses import fault_of_address
from app.downloads.folders import folder_of
from app.downloads.names import name_in_url
from app.downloads.rewriting import read_civitai, read_huggingface
from app.errors import InvalidInput
from app.model_files import ModelKind

DEFAULT_REVISION = "main"
MAX_NAME_CHARACTERS = 500
_REPO_ID = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)?", re.ASCII)


class SourceKind(StrEnum):
    """Who is asked for the bytes."""

    URL = "url"
    CIVITAI = "civitai"
    HUGGINGFACE = "huggingface"


@dataclass(frozen=True)
class Order:
    """One file that is asked for; the members of other sources than its own are None.

    model_version_id: None for the latest version of `model_id`. file: a name among the version's files; variant:
    how the hub's download address tells them apart; neither: the primary one. revision: never None for a
    repository. kind: None when the hub says it. relative_path: a folder below the kind's root, checked; None
    for where the template puts it. sha256: promised by the caller, in lower case.
    """

    source: SourceKind
    url: str | None = None
    model_id: int | None = None
    model_version_id: int | None = None
    file: str | None = None
    variant: str | None = None
    repo_id: str | None = None
    revision: str | None = None
    filename: str | None = None
    kind: ModelKind | None = None
    relative_path: str | None = None
    sha256: str | None = None

    @property
    def identity(self) -> str:
        """What makes two orders the same download: everything but the promised sum, in one line."""
        match self.source:
            case SourceKind.CIVITAI:
                # A question mark that is no name's: names are quoted.
                file = f"?{_quoted(self.variant)}" if self.variant else _quoted(self.file or "")
                what = [str(self.model_version_id or f"latest-of-{self.model_id}"), file]
            case SourceKind.HUGGINGFACE:
                what = [_quoted(each or "") for each in (self.repo_id, self.revision, self.filename)]
            case SourceKind.URL:
                what = [_quoted(self.url or "")]
        return ":".join([self.source, *what, self.kind or "", _quoted(self.relative_path or "")])

    @property
    def label(self) -> str:
        """What to call it in a sentence before its name is known; holds no secret of its address."""
        match self.source:
            case SourceKind.CIVITAI if self.file:
                return self.file
            case SourceKind.CIVITAI if self.model_version_id:
                return f"version {self.model_version_id}"
            case SourceKind.CIVITAI:
                return f"the latest version of model {self.model_id}"
            case SourceKind.HUGGINGFACE:
                return (self.filename or "").rpartition("/")[2]
            case SourceKind.URL:
                return name_in_url(self.url or "")

    def as_json(self) -> dict[str, Any]:
        """The members that are set, as plain JSON values."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Order:
        """The order that `as_json` gave. Raises ValueError or TypeError for anything else."""
        kind = members.get("kind")
        return cls(
            **{
                **members,
                "source": SourceKind(members["source"]),
                "kind": ModelKind(kind) if kind is not None else None,
            }
        )


class Asked(Protocol):
    """The members of a request that say what to download; None for those that were left out."""

    @property
    def urls(self) -> Sequence[str] | None: ...
    @property
    def source(self) -> SourceKind | None: ...
    @property
    def model_id(self) -> int | None: ...
    @property
    def model_version_id(self) -> int | None: ...
    @property
    def file(self) -> str | None: ...
    @property
    def repo_id(self) -> str | None: ...
    @property
    def revision(self) -> str | None: ...
    @property
    def filename(self) -> str | None: ...
    @property
    def kind(self) -> ModelKind | None: ...
    @property
    def relative_path(self) -> str | None: ...
    @property
    def sha256(self) -> str | None: ...


# Which members speak of which source, the one that names it first.
MEMBERS = {
    SourceKind.URL: ("urls",),
    SourceKind.CIVITAI: ("model_version_id", "model_id", "file"),
    SourceKind.HUGGINGFACE: ("repo_id", "filename", "revision"),
}


def orders_of(asked: Asked, *, civitai_url: str, huggingface_url: str) -> list[Order]:
    """What a request asks for, one order a file; addresses of the hubs' pages become orders of that hub.

    Raises InvalidInput naming the field that cannot be meant.
    """
    source = _source_of(asked)
    folder = _folder(asked.relative_path)
    sha256 = asked.sha256.lower() if asked.sha256 else None
    if source is SourceKind.CIVITAI:
        order = _on_civitai(asked)
    elif source is SourceKind.HUGGINGFACE:
        order = _in_repository(asked.repo_id, asked.revision, asked.filename, asked.kind)
    else:
        urls = asked.urls or ()
        if sha256 is not None and len(urls) > 1:
            _refuse("sha256", f"one sum cannot be promised of {len(urls)} addresses")
        orders = [
            _order_of_address(url, f"urls.{place}", asked.kind, civitai_url, huggingface_url)
            for place, url in enumerate(urls)
        ]
        return [replace(order, relative_path=folder, sha256=sha256) for order in orders]
    return [replace(order, relative_path=folder, sha256=sha256)]


def _source_of(asked: Asked) -> SourceKind:
    """The one source that the members speak of. Raises InvalidInput for none, and for two."""
    told = {kind: next((n for n in names if getattr(asked, n) is not None), None) for kind, names in MEMBERS.items()}
    named = {kind: name for kind, name in told.items() if name is not None}
    if not named:
        _refuse("urls", "say what to download: urls, model_version_id, model_id, or repo_id with filename")
    if len(named) > 1:
        first, second, *_ = named.values()
        _refuse(second, f"give {first} or {second}, not both")
    kind, name = named.popitem()
    if asked.source is not None and asked.source is not kind:
        _refuse("source", f"{name} speaks of {kind}, not of {asked.source}")
    return kind


def _folder(relative_path: str | None) -> str | None:
    folder = folder_of(relative_path)
    return folder.as_posix() if folder.parts else None


def _on_civitai(asked: Asked) -> Order:
    if asked.model_version_id is None and asked.model_id is None:
        _refuse("model_version_id", "say which version, or which model by model_id")
    if asked.kind is not None:
        _refuse("kind", "the hub says it for a version; leave it out")
    if asked.file is not None and not asked.file.strip():
        _refuse("file", "a file's name cannot be empty; leave it out for the primary one")
    return Order(SourceKind.CIVITAI, model_id=asked.model_id, model_version_id=asked.model_version_id, file=asked.file)


def _order_of_address(url: str, field: str, kind: ModelKind | None, civitai_url: str, huggingface_url: str) -> Order:
    fault = fault_of_address(url)
    if fault is not None:
        _refuse(field, fault)
    if version := read_civitai(url, civitai_url):
        return Order(
            SourceKind.CIVITAI,
            model_id=version.model_id,
            model_version_id=version.model_version_id,
            variant=version.variant,
            kind=kind,
        )
    if file := read_huggingface(url, huggingface_url):
        return _in_repository(file.repo_id, file.revision, file.filename, kind, field=field)
    return Order(SourceKind.URL, url=url, kind=kind or ModelKind.LORAS)


def _in_repository(
    repo_id: str | None, revision: str | None, filename: str | None, kind: ModelKind | None, *, field: str | None = None
) -> Order:
    """A file of a repository. field: the one to blame for every member, when an address named them all."""
    revision = revision or DEFAULT_REVISION
    if repo_id is None or not _REPO_ID.fullmatch(repo_id) or ".." in repo_id:
        _refuse(field or "repo_id", f"{repo_id!r} names no repository; one is named like owner/name")
    if filename is None:
        _refuse(field or "filename", "say which file of the repository")
    for name, value in (("filename", filename), ("revision", revision)):
        parts = value.split("/")
        if not all(part.strip(" .") for part in parts) or not value.isprintable() or len(value) > MAX_NAME_CHARACTERS:
            _refuse(field or name, f"{value!r} cannot be a {name} in a repository")
    return Order(
        SourceKind.HUGGINGFACE,
        repo_id=repo_id,
        revision=revision,
        filename=filename,
        kind=kind or ModelKind.LORAS,
    )


def _quoted(text: str) -> str:
    """A part of an identity: a colon in a name must not make two orders look like one."""
    return quote(text, safe="/", errors="surrogatepass")


def _refuse(field: str, message: str) -> NoReturn:
    raise InvalidInput(f"{field}: {message}", field=field)
