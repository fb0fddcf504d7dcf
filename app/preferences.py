"""What can be changed while the studio runs: asked for at every turn, kept in one file in its home."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from app.downloads.keys import fault_of_key
from app.downloads.templates import check_template
from app.errors import InvalidInput, Unavailable
from app.model_files import ModelKind
from app.sentences import CLEAN
from app.settings import Settings

log = logging.getLogger("app")

MAX_ROOTS = 20
MAX_KEYS = 100
MAX_NUMBER = 2**63


def _root(folder: Path) -> Path:
    text = str(folder)
    if not folder.is_absolute() or ".." in folder.parts or not text.isprintable():
        raise ValueError(f"{text!r} is no library root; name a folder by its whole path")
    try:
        there = next(path for path in (folder, *folder.parents) if path.exists())
    except OSError as error:
        raise ValueError(f"{text[:100]!r} cannot be a library root: {error.strerror}") from error
    if not there.is_dir():
        raise ValueError(f"{str(there)!r} is a file; a library root is a folder")
    return folder


def _template(template: str) -> str:
    try:
        check_template(template)
    except InvalidInput as error:
        raise ValueError(error.message.removeprefix("path_template: ")) from error
    return template


def _text(secret: object) -> object:
    # Pydantic's own words would repeat what was sent.
    if not isinstance(secret, str | SecretStr):
        raise ValueError("this must be text")
    return secret


def _proxy(proxy: SecretStr) -> SecretStr:
    try:
        address = httpx.URL(proxy.get_secret_value())
    except httpx.InvalidURL as error:
        raise ValueError("this is no address of a proxy") from error
    if address.scheme != "http" or not address.host or address.raw_path not in (b"", b"/"):
        raise ValueError("a proxy is written like http://proxy.example:3128")
    return proxy


Places = Annotated[int, Field(ge=1, le=16, strict=True)]
BytesPerSecond = Annotated[int, Field(ge=1, lt=MAX_NUMBER, strict=True)]
FreeBytes = Annotated[int, Field(ge=0, lt=MAX_NUMBER, strict=True)]
Roots = Annotated[list[Annotated[Path, AfterValidator(_root)]], Field(min_length=1, max_length=MAX_ROOTS)]
Template = Annotated[str, AfterValidator(_template)]
Key = Annotated[SecretStr, BeforeValidator(_text)]
Proxy = Annotated[SecretStr, BeforeValidator(_text), AfterValidator(_proxy)]
Strict = Annotated[bool, Field(strict=True)]


class Preferences(BaseModel):
    """One state of them all.

    concurrency: downloads at the same time; connections: of one download. speed_limit_bytes_per_second: of all
    downloads together. library_roots: by kind; new models go into the first. path_template: folders below it.
    keys: by host, each sent to that host alone. keep_free_bytes: what downloads leave free on a disk.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    concurrency: Places
    connections: Places
    speed_limit_bytes_per_second: BytesPerSecond | None
    library_roots: dict[ModelKind, Roots]
    path_template: Template = ""
    keys: dict[str, Key] = {}
    proxy: Proxy | None
    safe_mode: Strict = False
    keep_free_bytes: FreeBytes

    @classmethod
    def of(cls, settings: Settings) -> Preferences:
        """As the settings have them, before anybody has changed any."""
        return cls(
            concurrency=settings.download_concurrency,
            connections=settings.download_connections,
            speed_limit_bytes_per_second=settings.download_speed_limit,
            library_roots={kind: [settings.folder_of(kind).absolute()] for kind in ModelKind},
            proxy=settings.proxy,
            keep_free_bytes=settings.download_keep_free_bytes,
        )

    @property
    def plain_proxy(self) -> str | None:
        return None if self.proxy is None else self.proxy.get_secret_value()

    @property
    def plain_keys(self) -> dict[str, str]:
        return {host: key.get_secret_value() for host, key in self.keys.items()}


class Change(BaseModel):
    """What shall be changed; what is left out stays. null: back to none, or to the default."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    concurrency: Places | None = None
    connections: Places | None = None
    speed_limit_bytes_per_second: BytesPerSecond | None = None
    library_roots: dict[ModelKind, Roots | None] | None = None
    path_template: Template | None = None
    keys: Annotated[dict[Annotated[str, CLEAN], Key | None], Field(max_length=MAX_KEYS)] | None = Field(
        default=None, description="by host; null forgets one, the others stay"
    )
    proxy: Proxy | None = None
    safe_mode: Strict | None = None
    keep_free_bytes: FreeBytes | None = None


class KeptPreferences:
    """The preferences of one studio. path: a file that only its owner may read; it holds what was changed.

    Raises Unavailable when the file cannot be understood: a studio that forgot a root would lose its models.
    """

    def __init__(self, *, path: Path, defaults: Preferences) -> None:
        self._path = path
        self._defaults = defaults
        self._lock = threading.Lock()
        self._followers: list[Callable[[], None]] = []
        self._chosen = self._read()
        self._now = self._with(self._chosen)

    @property
    def now(self) -> Preferences:
        return self._now

    def root_of(self, kind: ModelKind) -> Path:
        """Where new models of this kind go now."""
        return self._now.library_roots[kind][0]

    def follow(self, changed: Callable[[], None]) -> None:
        """Have `changed` called after every change."""
        self._followers.append(changed)

    def change(self, change: Change) -> Preferences:
        """All of it or nothing. Raises InvalidInput naming the field, Unavailable when it cannot be kept."""
        _check_keys(change)
        with self._lock:
            chosen = _merged(self._chosen, change)
            now = self._with(chosen)
            self._write(chosen)
            self._chosen, self._now = chosen, now
        for changed in self._followers:
            changed()
        return now

    def _with(self, chosen: dict[str, Any]) -> Preferences:
        roots = {**self._defaults.library_roots, **chosen.get("library_roots", {})}
        return Preferences.model_validate({**vars(self._defaults), **chosen, "library_roots": roots})

    def _read(self) -> dict[str, Any]:
        try:
            chosen = json.loads(self._path.read_text("utf-8"))
            if not isinstance(chosen, dict):
                raise ValueError("it holds no object")
            self._with(chosen)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            why = _fault_in(error)
            raise Unavailable(f"the preferences in {self._path} cannot be read: {why}; mend or remove it") from error
        return chosen

    def _write(self, chosen: dict[str, Any]) -> None:
        try:
            # Made by tempfile for its owner alone, as it holds keys.
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".preferences-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(chosen, file, indent=2)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise Unavailable(f"the settings cannot be kept: {error.strerror}; nothing was changed") from error


def _check_keys(change: Change) -> None:
    for host, key in (change.keys or {}).items():
        fault = fault_of_key(host, key.get_secret_value() if key is not None else "-")
        if fault is not None:
            raise InvalidInput(f"keys.{host[:100]}: {fault}", field=f"keys.{host[:100]}")


def _merged(chosen: dict[str, Any], change: Change) -> dict[str, Any]:
    """What has been chosen by now, ready for JSON; a null takes a choice back."""
    merged = dict(chosen)
    for name in change.model_fields_set:
        value = getattr(change, name)
        if name in ("library_roots", "keys") and value is not None:
            parts = merged.get(name, {}) | {str(key): _plain(part) for key, part in value.items()}
            merged[name] = {key: part for key, part in parts.items() if part is not None}
        else:
            merged[name] = _plain(value)
            # A limit or proxy of the environment can be lifted; everything else goes back to its default.
            if value is None and name not in ("speed_limit_bytes_per_second", "proxy"):
                del merged[name]
    return merged


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return [str(part) for part in value] if isinstance(value, list) else value


def _fault_in(error: Exception) -> str:
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
    return str(error)
