"""What can be changed while the studio runs: asked for at every turn, kept in one file in its home."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from app.downloads.keys import fault_of_key
from app.errors import Conflict, InvalidInput, NotFound, Unavailable
from app.model_files import ModelKind
from app.preferences_roots import DEFAULT_LIBRARY, Labelled, fault_of_name, refuse_overlaps
from app.preferences_values import BytesPerSecond, FreeBytes, Key, Places, Proxy, Roots, Strict, Template
from app.sentences import CLEAN
from app.settings import Settings

log = logging.getLogger("app")

MAX_KEYS = 100


class Preferences(BaseModel):
    """One state of them all.

    concurrency: downloads at the same time; connections: of one download. speed_limit_bytes_per_second: of all
    downloads together. library_roots: of the default library, by kind; new models go into the first. libraries: the
    other ones' roots, each of every kind; active_library: whose models are shown. path_template: folders below a root.
    keys: by host, each sent to that host alone. keep_free_bytes: what downloads leave free on a disk.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    concurrency: Places
    connections: Places
    speed_limit_bytes_per_second: BytesPerSecond | None
    library_roots: dict[ModelKind, Roots]
    libraries: dict[str, dict[ModelKind, Roots]] = {}
    active_library: str = DEFAULT_LIBRARY
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
    def all_libraries(self) -> dict[str, dict[ModelKind, list[Path]]]:
        """The roots of every library by kind, the default one's first."""
        return {DEFAULT_LIBRARY: self.library_roots, **self.libraries}

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

    @property
    def library_name(self) -> str:
        """The library that is open."""
        return self._now.active_library

    def all_libraries(self) -> Mapping[str, Mapping[ModelKind, Sequence[Path]]]:
        return self._now.all_libraries

    def every_root(self) -> Sequence[Path]:
        """Where models of any kind lie, in any library."""
        return [root for roots in self._now.all_libraries.values() for of_kind in roots.values() for root in of_kind]

    def roots_of(self, kind: ModelKind) -> Sequence[Path]:
        """Where models of this kind lie in the library that is open."""
        now = self._now
        return now.all_libraries[now.active_library][kind]

    def root_of(self, kind: ModelKind) -> Path:
        """Where new models of this kind go now."""
        return self.roots_of(kind)[0]

    def follow(self, changed: Callable[[], None]) -> None:
        """Have `changed` called after every change."""
        self._followers.append(changed)

    def change(self, change: Change) -> Preferences:
        """All of it or nothing. Raises InvalidInput naming the field, Unavailable when it cannot be kept."""
        _check_keys(change)
        return self._keep(lambda: _merged(self._chosen, change), list(change.library_roots or ()))

    def add_library(self, name: str, roots: Mapping[ModelKind, Sequence[Path]]) -> None:
        """Another library; kinds that are left out get folders of their own in the studio's home.

        Raises InvalidInput naming the field, Conflict when the name is taken, Unavailable.
        """
        fault = fault_of_name(name)
        if fault is not None:
            raise InvalidInput(f"name: {fault}", field="name")
        own = self._path.parent.absolute() / "libraries" / name
        every = {kind: list(roots.get(kind) or [own / kind]) for kind in ModelKind}

        def added() -> dict[str, Any]:
            taken = next((one for one in self._now.all_libraries if one.casefold() == name.casefold()), None)
            if taken is not None:
                raise Conflict(f"there is a library {taken!r} already; choose another name", code="taken")
            refuse_overlaps(_labelled(self._now), [(f"roots.{kind}", name, kind, every[kind]) for kind in every])
            known = self._chosen.get("libraries", {})
            return {**self._chosen, "libraries": {**known, name: {str(k): _plain(v) for k, v in every.items()}}}

        self._keep(added)

    def activate_library(self, name: str) -> None:
        """Show the models of this library from now on. Raises NotFound, Unavailable."""

        def activated() -> dict[str, Any]:
            self._refuse_unknown(name)
            return {**self._chosen, "active_library": name}

        self._keep(activated)

    def remove_library(self, name: str) -> None:
        """Forget a library; its files stay. Raises NotFound, Conflict for the one that is open, Unavailable."""

        def removed() -> dict[str, Any]:
            self._refuse_unknown(name)
            if name == self._now.active_library:
                raise Conflict(f"the library {name!r} is open; open another one first", code="active")
            if name == DEFAULT_LIBRARY:
                raise Conflict(f"the library {name!r} is the settings' own and cannot be removed", code="default")
            left = {one: roots for one, roots in self._chosen.get("libraries", {}).items() if one != name}
            return {**self._chosen, "libraries": left}

        self._keep(removed)

    def _refuse_unknown(self, name: str) -> None:
        known = self._now.all_libraries
        if name not in known:
            raise NotFound(f"there is no library {name[:100]!r}; there are {', '.join(known)}")

    def _keep(self, choose: Callable[[], dict[str, Any]], roots_of: Sequence[ModelKind] = ()) -> Preferences:
        """Have what is chosen in force and on the disk, or neither. roots_of: kinds with other roots than before."""
        with self._lock:
            chosen = choose()
            now = self._with(chosen)
            every = _labelled(now)
            wanted = [one for one in every if one[1] == DEFAULT_LIBRARY and one[2] in roots_of]
            refuse_overlaps([one for one in every if one not in wanted], wanted)
            self._write(chosen)
            self._chosen, self._now = chosen, now
        for changed in self._followers:
            changed()
        return now

    def _with(self, chosen: dict[str, Any]) -> Preferences:
        roots = {**self._defaults.library_roots, **chosen.get("library_roots", {})}
        now = Preferences.model_validate({**vars(self._defaults), **chosen, "library_roots": roots})
        if now.active_library not in now.all_libraries:
            raise ValueError(f"active_library: there is no library {now.active_library!r}")
        incomplete = next((name for name, roots in now.libraries.items() if len(roots) < len(ModelKind)), None)
        if incomplete is not None:
            raise ValueError(f"libraries.{incomplete}: it has no folder for one of the kinds")
        return now

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


def _labelled(now: Preferences) -> list[Labelled]:
    return [
        (f"library_roots.{kind}", library, kind, roots)
        for library, by_kind in now.all_libraries.items()
        for kind, roots in by_kind.items()
    ]


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
