"""What a scenario does with several libraries: makes them, changes between them, takes them away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.world import World

DEFAULT = "default"
KINDS = ("loras", "checkpoints", "embeddings")


class Libraries:
    """Verbs on libraries; remembers where each keeps its models, and which one is active."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.active = DEFAULT
        self.others: dict[str, dict[str, Path]] = {}
        self.settings_file = b""

    @property
    def roots(self) -> dict[str, dict[str, Path]]:
        """By library and by kind, in the order in which they were made."""
        return {DEFAULT: {kind: self._world.home / "models" / kind for kind in KINDS}, **self.others}

    def root_of(self, kind: str) -> Path:
        return self.roots[self.active][kind]

    def make(self, name: str) -> None:
        """A library of its own, beside the studio's home; it is not active yet."""
        folders = {kind: self._world.folder / name / kind for kind in KINDS}
        for folder in folders.values():
            folder.mkdir(parents=True)
        self.add(name, folders)
        self._world.answered.must()
        self.others[name] = folders

    def add(self, name: str, folders: Mapping[str, Path]) -> None:
        roots = {kind: [str(folder)] for kind, folder in folders.items()}
        self._world.ask(self._world.client.library.add_library(name, roots))

    def add_at(self, name: str, place: str) -> None:
        """A library whose LoRAs would lie in a place that it may not have."""
        loras = self.root_of("loras")
        places = {
            "where the LoRAs lie": loras,
            "in a folder of the LoRAs": loras / "styles",
            "above the LoRAs": loras.parent.parent,
            "where the checkpoints lie": self.root_of("checkpoints"),
            "in a folder that is a link to the LoRAs": self._link_to(loras),
            "in a file": self._file(),
            "somewhere below": Path("models/loras"),
        }
        self._world.library.disk.remember()
        self.add(name, {"loras": places[place]})

    def _link_to(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        link = self._world.folder / "link"
        link.symlink_to(folder, target_is_directory=True)
        return link

    def _file(self) -> Path:
        file = self._world.folder / "file"
        file.write_bytes(b"a file")
        return file

    def activate(self, name: str) -> None:
        answer = self._world.ask(self._world.client.library.activate_library(name))
        if answer.accepted:
            self.active = name

    def must_activate(self, name: str) -> None:
        self.activate(name)
        self._world.answered.must()

    def make_with(self, library: str, name: str) -> None:
        self.make(library)
        self._put_into(library, name, name)

    def make_with_another(self, library: str, name: str) -> None:
        """A library that holds another model of the same name; the scenario calls it `another name`."""
        self.make(library)
        self._put_into(library, name, f"another {name}")

    def _put_into(self, library: str, name: str, called: str) -> None:
        """Put a model into a library that is open for as long as that takes."""
        placed, ids = self._world.library.disk.placed, self._world.library.ids
        known, before = (placed.get(name), ids.pop(name, None)), self.active
        self.must_activate(library)
        self._world.library.disk.put(name, said={"ss_tag": library} if called != name else None)
        placed[called], ids[called] = placed.pop(name), ids.pop(name)
        if known[0] is not None:
            placed[name] = known[0]
        if known[1] is not None:
            ids[name] = known[1]
        self.must_activate(before)

    def add_elsewhere(self, name: str) -> None:
        folder = self._world.folder / "elsewhere"
        folder.mkdir()
        self.add(name, {"loras": folder})

    def set_second_folder(self, name: str) -> None:
        """One more folder for LoRAs, beside the one that the studio has; a model lies in it."""
        folder = self._world.folder / "second"
        self.others["second"] = {"loras": folder}
        disk, before = self._world.library.disk, self.active
        self.active = "second"
        disk.copy_in(name)
        self.active = before
        self._world.preferences.must_set(library_roots={"loras": [str(self.root_of("loras")), str(folder)]})

    def set_wrongly(self, what: str) -> None:
        """Ask for a setting that cannot be, beside one that can."""
        roots = self.root_of("loras")
        wishes: dict[str, dict[str, Any]] = {
            "what nobody knows": {"colour": "red"},
            "a folder of LoRAs that is a file": {"library_roots": {"loras": [str(self._file())]}},
            "a folder of LoRAs somewhere below": {"library_roots": {"loras": ["models/loras"]}},
            "a folder of LoRAs that holds the others": {"library_roots": {"loras": [str(roots), str(roots.parent)]}},
            "no folder of LoRAs at all": {"library_roots": {"loras": []}},
            "a folder of a kind that does not exist": {"library_roots": {"upscalers": [str(roots)]}},
            'safe mode to "perhaps"': {"safe_mode": "perhaps"},
        }
        self.settings_file = self.settings_now()
        self._world.preferences.set(connections=7, **wishes[what])

    def settings_now(self) -> bytes:
        """The file that the settings are kept in; nothing when there is none yet."""
        file = self._world.home / "preferences.json"
        return file.read_bytes() if file.exists() else b""

    def remove(self, name: str) -> None:
        self._world.library.disk.remember()
        self._world.ask(self._world.client.library.remove_library(name))
