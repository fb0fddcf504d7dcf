"""What must be true at the ComfyUI servers: what they were asked to paint, what is left there, whom they serve."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from support.expect.expectation import Expectation
from support.parameter_types import in_words
from support.waiting import until

if TYPE_CHECKING:
    from support.servers.comfyui import ComfyUI, Seen, SeenPrompt
    from support.world import World

SOMEBODY_ELSE = "somebody-else"


class ExpectServers(Expectation):
    """Checks on the servers of a scenario."""

    def asked_to_paint(self, prompt: str, times: int) -> None:
        asked = [seen for server in self._world.comfyui_servers for seen in self._prompts_for(server, prompt)]
        found = f"it was asked {len(asked)} time(s)"
        self._hold(len(asked) == times, f"the server is asked to paint “{prompt}” {times} time(s)", found)

    def asked_again_within(self, prompt: str, times: int, limit: timedelta) -> None:
        self.asked_to_paint(prompt, times)
        after = self._world.servers.restarted_after
        told = "never" if after is None else f"after {in_words(after)}"
        self._hold(
            after is not None and after <= limit, f"it is asked again within {in_words(limit)}", f"it was {told}"
        )

    def painted_nothing(self) -> None:
        asked = [str(seen) for server in self._world.comfyui_servers for seen in self._own(server)]
        self._hold(not asked, "no server was asked to paint", f"asked was {', '.join(asked)}")

    def hold_nothing_of_ours(self) -> None:
        """Neither running nor waiting; and whoever was stopped was stopped by name."""
        for server in self._world.comfyui_servers:
            until(lambda server=server: not self._unfinished(server))  # type: ignore[misc]
            left = [str(seen) for seen in self._unfinished(server)]
            self._hold(not left, "nothing of ours is left at the server", f"there is {', '.join(left)}")
            self._stopped_by_name(server)

    def finished(self, prompt: str) -> None:
        def outcomes() -> list[str]:
            return [seen.outcome for seen in self._prompts_for(self._world.comfyui, prompt)]

        until(lambda: outcomes() == ["success"])
        self._hold(outcomes() == ["success"], f"the server finishes “{prompt}”", f"it became {outcomes()}")

    def were_told_again(self) -> None:
        """The first word was lost; it took another one."""
        told = sum(self._is_word_to_stop(seen) for seen in self._world.comfyui.requests)
        self._hold(told > 1, "the server is told to stop more than once", f"it was told {told} time(s)")

    def still_paint_for_others(self) -> None:
        """Somebody else's picture was neither stopped nor taken out of the queue."""
        for server in self._world.comfyui_servers:
            others = [seen for seen in server.prompts() if seen.client_id == SOMEBODY_ELSE]
            outcomes = [seen.outcome for seen in others]
            self._hold(outcomes == ["running"], "somebody else's picture is still being painted", f"it is {outcomes}")
            self._stopped_by_name(server)

    def painted_by(self, which: str, prompt: str) -> None:
        for number, server in enumerate(self._world.comfyui_servers):
            asked = len(self._prompts_for(server, prompt))
            wanted = 1 if server is self._world.servers.named(which) else 0
            self._hold(
                asked == wanted, f"the {which} server alone paints it", f"server {number + 1} was asked {asked}×"
            )

    def paint_one_each(self) -> None:
        for server in self._world.comfyui_servers:
            until(lambda server=server: server.running() is not None)  # type: ignore[misc]
            count = len(self._own(server))
            self._hold(count == 1 and server.running() is not None, "each server paints one picture", f"{count} at one")

    def were_listened_to_first(self, prompt: str) -> None:
        """The channel was open before the prompt was handed in: what is told at once is heard."""
        server = self._world.comfyui
        asked = [seen.path.removeprefix("/api") for seen in server.requests]
        listened = asked.index("/ws") if "/ws" in asked else None
        handed = next(i for i, seen in enumerate(server.requests) if seen.method == "POST" and asked[i] == "/prompt")
        self._hold(
            listened is not None and listened < handed,
            f"the studio listens before it asks for “{prompt}”",
            "it never listened" if listened is None else "it listened afterwards",
        )

    def _stopped_by_name(self, server: ComfyUI) -> None:
        """Every word to stop names a prompt of ours: without a name it would stop whatever runs."""
        own = {seen.prompt_id for seen in self._own(server)}
        for seen in server.requests:
            if self._is_word_to_stop(seen):
                named = json.loads(seen.body or b"{}").get("prompt_id")
                self._hold(named in own, "the word to stop names our own picture", f"it names {named or 'none'}")

    @staticmethod
    def _is_word_to_stop(seen: Seen) -> bool:
        return seen.method == "POST" and seen.path.removeprefix("/api") == "/interrupt"

    def _unfinished(self, server: ComfyUI) -> list[SeenPrompt]:
        return [seen for seen in self._own(server) if seen.outcome in ("queued", "running")]

    def _own(self, server: ComfyUI) -> list[SeenPrompt]:
        return [seen for seen in server.prompts() if seen.client_id != SOMEBODY_ELSE]

    def _prompts_for(self, server: ComfyUI, prompt: str) -> list[SeenPrompt]:
        return [seen for seen in self._own(server) if json.dumps(prompt) in json.dumps(seen.graph)]


def servers(world: World) -> ExpectServers:
    """Checks on the servers of a scenario."""
    return ExpectServers(world)
