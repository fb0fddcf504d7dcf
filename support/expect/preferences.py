"""What must be true of the settings that can be changed while the studio works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World


class ExpectPreferences(Expectation):
    """Checks on the settings, as the studio tells them."""

    def are(self, name: str, wanted: object) -> None:
        told = self._world.preferences.now().get(name)
        self._hold(told == wanted, f"{name} is set to {wanted}", f"it is {told}")

    def changed_none(self) -> None:
        self._changed_only(set())

    def changed_no_other(self) -> None:
        self._changed_only(self._world.preferences.set_names)

    def _changed_only(self, names: set[str]) -> None:
        before, now = self._world.preferences.before, self._world.preferences.now()
        changed = {name: value for name, value in now.items() if before.get(name) != value and name not in names}
        self._hold(not changed and before.keys() == now.keys(), "no other setting changes", f"changed are {changed}")

    def have_key(self, host: str, wanted: bool) -> None:
        told = self._world.preferences.now()["keys_set"]
        self._hold((host in told) == wanted, f"a key for {host} is set: {wanted}", f"keys are set for {told}")

    def never_told(self, key: str) -> None:
        """In no answer that tells of settings or downloads, on no channel, in no log."""
        client, stream = self._world.client, self._world.downloads.stream
        answers = (client.preferences.get(), client.downloads.list(), client.downloads.history(), self._world.answered)
        told = {answer.request: answer.content.decode("utf-8", "replace") for answer in answers}
        told["the channel"] = str(stream.heard) if stream else ""
        told["the log"] = "".join(path.read_text("utf-8", "replace") for path in self._world.folder.glob("*.log"))
        found = [where for where, text in told.items() if key in text]
        self._hold(not found, "a key is told nowhere", f"it is told by {', '.join(found)}")

    def not_on_the_disk(self, key: str) -> None:
        files = [path for path in self._world.home.rglob("*") if path.is_file()]
        found = [path.name for path in files if key.encode() in path.read_bytes()]
        self._hold(not found, "a key that was taken away is gone from the disk", f"it stands in {', '.join(found)}")


def preferences(world: World) -> ExpectPreferences:
    """Checks on the settings."""
    return ExpectPreferences(world)
