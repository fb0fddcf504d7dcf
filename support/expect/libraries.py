"""What must be true of several libraries: which there are, which is active, what each keeps to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World


class ExpectLibraries(Expectation):
    """Checks on the libraries."""

    def are(self, names: list[str], *, active: str) -> None:
        """Exactly these, one of them open, each with the folders that it was given."""
        told = self._told()
        called, opened = sorted(one["name"] for one in told), [one["name"] for one in told if one["active"]]
        self._hold(called == sorted(names), f"the libraries are {names}", f"they are {called}")
        self._hold(opened == [active], f"“{active}” is open, and no other", f"open are {opened}")
        for one in told:
            wanted = {kind: [str(root)] for kind, root in self._world.library.several.roots[one["name"]].items()}
            self._hold(one["roots"] == wanted, f"“{one['name']}” has the folders {wanted}", f"it has {one['roots']}")

    def holds_on_disk(self, library: str, name: str) -> None:
        """The bytes that the hub offers lie in the library's folder, and in no other library's."""
        offered = self._world.downloads.offer_of(name)
        roots = {each: kinds[offered.kind] for each, kinds in self._world.library.several.roots.items()}
        found = [each for each, root in roots.items() if (root / offered.file_name).exists()]
        self._hold(found == [library], f"“{name}” lies in “{library}”", f"it lies in {found or 'no library'}")
        same = (roots[library] / offered.file_name).read_bytes() == offered.content
        self._hold(same, f"“{name}” lies there byte for byte", "the file differs")

    # Settings

    def settings_file_is_the_same(self) -> None:
        before, now = self._world.library.several.settings_file, self._world.library.several.settings_now()
        self._hold(now == before, "the file of settings is as it was", f"of {len(before)} bytes it has {len(now)} now")

    def number_of_downloads_was_wanted(self) -> None:
        wanted, told = self._world.library.changes.wanted, self._world.preferences.now()["concurrency"]
        # The last answer was lost with the studio: what it answered may or may not have been kept.
        self._hold(told in wanted[-2:], f"the number of downloads is {wanted[-2:]}", f"it is {told}")

    def _told(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self._world.client.library.libraries().must().body["libraries"]
        return told


def libraries(world: World) -> ExpectLibraries:
    """Checks on the libraries."""
    return ExpectLibraries(world)
