"""What must be true of all downloads together: their order, their number, the disk, and that nothing else changed."""

from __future__ import annotations

import hashlib
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.download_words import FINAL
from support.expect.expectation import Expectation
from support.own_disk import FILLER
from support.parameter_types import Percent
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

MOMENT = timedelta(seconds=1)


class ExpectDownloads(Expectation):
    """Checks on every download that the scenario has asked for, and on whatever else there is."""

    @property
    def _names(self) -> list[str]:
        return list(self._world.downloads.ids)

    def all_completed(self) -> None:
        ended = {name: self._world.downloads.ended(name) for name in self._names}
        self._hold(set(ended.values()) == {"completed"}, "every download is complete", f"they are {ended}")

    # Their order

    def began_in_order(self, wanted: list[str]) -> None:
        began = [name for name, event in self._heard() if event == "started"]
        self._hold(began == wanted, f"the downloads begin as {_named(wanted)}", f"they began as {_named(began)}")

    def wait_in_order(self, wanted: list[str]) -> None:
        """Those that are queued, by the place that each is told."""
        queued = [view for view in self._views() if view["state"] == "queued"]
        found = [self._called(view) for view in sorted(queued, key=lambda view: int(view["place"]))]
        self._hold(found == wanted, f"waiting are, in this order, {_named(wanted)}", f"waiting are {_named(found)}")

    def never_ran_more_than(self, count: int) -> None:
        """By what listeners were told, and by what the hub sent at the same time."""
        running: set[str] = set()
        most = 0
        for name, event in self._heard():
            if event == "started":
                running.add(name)
            elif event not in ("progress", "verifying"):
                running.discard(name)
            most = max(most, len(running))
        self._hold(most == count, f"{count} download(s) run at the same time, not more", f"{most} did")
        peak = self._world.hub.peak_connections
        self._hold(peak <= count, f"{count} small file(s) are fetched at the same time", f"the hub sent {peak}")

    def came_in_that_time(self, size: int, share: Percent) -> None:
        came = self._world.course.came_bytes
        near = abs(came - size) <= size * share / 100
        self._hold(near, f"{size:,} bytes come in that time, within {share:g} %", f"{came:,} bytes came")

    # What is told

    def told_every_end(self) -> None:
        ids = {ids[-1] for ids in self._world.downloads.ids.values()}
        until(lambda: {e["id"] for e in self._events() if e["event"] in FINAL} >= ids)
        ends = [e["id"] for e in self._events() if e["event"] in FINAL]
        self._hold(sorted(ends) == sorted(ids), f"one end of each of {len(ids)} is told", f"{len(ends)} ends were told")

    def history_tells(self, wanted: list[tuple[str, str]]) -> None:
        history = self._world.client.downloads.history().must().body["downloads"]
        told = [(self._called(entry), entry["state"]) for entry in history]
        ours = [entry for entry in told if entry[0] in self._names]
        self._hold(ours == wanted, f"the history tells {wanted}", f"it tells {ours}")

    def counted(self, **wanted: int) -> None:
        """At least so many: others may use the studio, too; exactly so many in a studio of our own."""
        states = self._world.client.downloads.stats().must().body["states"]
        told = {state: states.get(state, 0) for state in wanted}
        alone = self._world.environment.studio_url is None
        right = told == wanted if alone else all(told[state] >= count for state, count in wanted.items())
        self._hold(right, f"counted are {wanted}", f"counted are {told}")

    # What must not have changed

    def left_all_else(self) -> None:
        """Every download is one that was asked for; every file is one that a download has brought or brings.

        And the library lists what was brought, with its right SHA-256, and nothing else; and the hub was asked
        nothing that it does not know.
        """
        strange = [str(seen) for seen in self._world.hub.unexpected] if self._hub_is_ours else []
        self._hold(not strange, "the hub is asked for what it has", f"it was asked {'; '.join(strange)}")
        if self._world.environment.studio_url is not None:
            return
        unasked = [view["name"] or view["id"] for view in self._views() if self._called(view) == view["id"]]
        self._hold(not unasked, "there is no download that nobody asked for", f"there is {_named(unasked)}")
        until(lambda: self._strays() == [], within=MOMENT)
        strays = self._strays()
        self._hold(not strays, "every file belongs to a download", f"there lies {', '.join(strays)}")
        brought, listed = self._brought(), self._listed()
        self._hold(listed == brought, f"the library lists {_sums(brought)}", f"it lists {_sums(listed)}")

    def stayed_inside(self) -> None:
        """No model lies in the scenario's folder outside the library, nor beside it, nor where packages aimed."""
        folder, models = self._world.folder, self._world.home / "models"
        found = [path for path in folder.rglob("*.safetensors") if not path.resolve().is_relative_to(models.resolve())]
        found += [path for path in folder.parent.glob("*.safetensors") if path.is_file()]
        found += [path for path in (Path("/tmp"), Path(tempfile.gettempdir())) if (path / "evil.safetensors").exists()]
        self._hold(not found, "nothing is stored outside the library", f"there lies {', '.join(map(str, found))}")

    @property
    def _hub_is_ours(self) -> bool:
        return bool(self._world.downloads.offered)

    def _strays(self) -> list[str]:
        """What lies below the models folder and belongs to no download; empty folders for partial files, too.

        What the hub said of a model lies beside it, in its sidecar.
        """
        models = self._world.home / "models"
        sidecars = {f"{file.rpartition('.')[0]}.metadata.json" for file in self._brought()}
        ended = {view["id"]: view["state"] in FINAL for view in self._views()}
        found = []
        for path in models.rglob("*"):
            inside = path.relative_to(models).as_posix()
            if path.name == ".partial" and path.is_dir():
                found += [inside] if not any(path.iterdir()) else []
            elif ".partial" in path.parts:
                found += [inside] if ended.get(path.name.partition(".")[0], True) else []
            elif not path.is_dir() and path.name != FILLER and inside not in sidecars and inside not in self._brought():
                found.append(inside)
        return sorted(found)

    def _brought(self) -> dict[str, str]:
        """The files of what was completed, below the models folder, with the SHA-256 of what lies there."""
        models = self._world.home / "models"
        views = [view for view in self._known() if view["state"] == "completed"]
        files = {f"{view['kind']}/{file}" for view in views for file in view["files"] or ()}
        return {file: _sum(models / file) for file in files}

    def _listed(self) -> dict[str, str]:
        library = self._world.library
        items = [(kind, item) for kind in library.KINDS for item in library.listed(kind)]
        return {"/".join(filter(None, (kind, i["folder"], i["file_name"]))): str(i["sha256"]) for kind, i in items}

    def _known(self) -> list[dict[str, Any]]:
        """Every download that the scenario asked for, also those that the list was cleared of."""
        answers = [self._world.client.downloads.get(i) for ids in self._world.downloads.ids.values() for i in ids]
        return [answer.body for answer in answers if answer.accepted]

    def _views(self) -> list[dict[str, Any]]:
        """Every download that the studio lists."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            body = self._world.client.downloads.list(limit=100, **cursor).must().body
            found += body["downloads"]
            if not body.get("next_cursor"):
                return found
            cursor = {"cursor": body["next_cursor"]}

    def _called(self, view: dict[str, Any]) -> str:
        return self._world.downloads.name_of(view["id"]) or str(view["id"])

    def _events(self) -> list[dict[str, Any]]:
        stream = self._world.downloads.stream
        return [event for event in (stream.heard if stream else []) if "id" in event]

    def _heard(self) -> list[tuple[str, str]]:
        """Each event as the download's name and what happened to it."""
        return [(self._world.downloads.name_of(e["id"]) or e["id"], e["event"]) for e in self._events()]


def downloads(world: World) -> ExpectDownloads:
    """Checks on all downloads together."""
    return ExpectDownloads(world)


def _named(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names) or "nothing"


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"


def _sums(files: dict[str, str]) -> str:
    return ", ".join(f"{file} ({sum_[:10]}…)" for file, sum_ in sorted(files.items())) or "nothing"
