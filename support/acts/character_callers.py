"""What a scenario does with callers of different rights: those who hold a key, and those who hold none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from support.client import Answer

if TYPE_CHECKING:
    from support.world import World

CAPTAIN = "a captain with a red coat"


class CharacterCallers:
    """Verbs on whoever calls; the scenario itself looks with the studio's own key."""

    def __init__(self, world: World) -> None:
        self._world = world

    def make(self, key: str | None) -> None:
        """Have a set made. key: what the caller shows; None: nothing."""
        self._look_with_the_right_key()
        self._world.characters.remember()
        headers = {} if key is None else {"X-API-Key": key}
        self._ask_with(headers, lambda: self._world.characters.take(self._world.characters.ask(CAPTAIN)))

    def have_made(self, key: str) -> None:
        self.make(key)
        self._world.answered.must()

    def make_as_called(self, host: str) -> None:
        """Have a set made by somebody who calls the studio by another name, as a page of that name would."""
        self._world.characters.remember()
        self._ask_with({"Host": host}, lambda: self._world.characters.take(self._world.characters.ask(CAPTAIN)))

    def fetch_without_key(self) -> None:
        self._world.characters.remember()
        image_id = self._world.characters.first["id"]
        self._ask_with({}, lambda: self._world.ask(self._world.client.characters.reference(image_id)))

    def _look_with_the_right_key(self) -> None:
        key = self._world.settings.get("api_keys")
        if key is not None:
            self._world.client.headers["X-API-Key"] = str(key)

    def _ask_with(self, headers: dict[str, str], ask: Callable[[], Answer | None]) -> None:
        with self._shown(headers):
            ask()

    @contextmanager
    def _shown(self, headers: dict[str, str]) -> Iterator[None]:
        client = self._world.client
        usual, client.headers = client.headers, headers
        try:
            yield
        finally:
            client.headers = usual
