"""What must be true of the studio as a whole: its health, its refusals, who it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World


class ExpectRefused(Expectation):
    """Checks on a refusal: a problem document that names what was wrong."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._answer = world.answered

    def because(self, why: str) -> None:
        self._hold(not self._answer.accepted, f"it is refused because of {why!r}", "it was accepted")
        self._hold(self._answer.status < 500, "the refusal says what the caller can do", "the studio failed")
        whole = f"{self._answer.field or ''} {self._answer.reason}"
        self._hold(
            why.lower() in whole.lower(),
            f"it is refused because of {why!r}",
            f"the reason told is: {self._answer.reason}",
        )
        self._is_problem()

    def in_field(self, field: str) -> None:
        self._hold(self._answer.field == field, f"the refusal names {field}", f"it names {self._answer.field}")

    def turned_away(self) -> None:
        self._hold(self._answer.status in (401, 403), "the caller is turned away", "the caller was answered")
        self._is_problem()

    def _is_problem(self) -> None:
        self._hold(self._answer.is_problem, "a refusal is told as a problem document", "it is told in another form")


class ExpectStudio(Expectation):
    """Checks on the studio's own state."""

    def ready(self) -> None:
        health = self._world.answered.body
        self._hold(health["status"] == "ready", "the studio is ready", f"it is {health['status']}: {health['parts']}")

    def names_its_backend(self) -> None:
        told, wanted = self._world.answered.body["backend"], self._world.environment.backend
        self._hold(told == wanted, f"the studio names its backend, {wanted}", f"it names {told}")

    def failed(self, part: str) -> None:
        answer = self._world.answered
        health = answer.body
        self._hold(
            health["status"] == "failed" and answer.status == 503,
            "the studio has failed",
            f"it says {health['status']}",
        )
        self._hold(health["parts"].get(part, "ready") != "ready", f"it names its {part}", f"it names {health['parts']}")

    def answered(self) -> None:
        answer = self._world.answered
        self._hold(answer.accepted, "the caller is answered", f"it was refused: {answer.reason}")

    def readable_by(self, origin: str) -> None:
        """A browser gives a page only the answers that name it. Source: the Fetch standard's CORS protocol."""
        named = self._world.answered.headers.get("access-control-allow-origin")
        self._hold(named in (origin, "*"), f"pages of {origin} may read the answer", f"the answer names {named}")

    def turned_the_listener_away(self) -> None:
        became = self._world.studio.listener
        self._hold((became or "").startswith("turned away"), "the listener is turned away", f"it was {became}")


def refused(world: World) -> ExpectRefused:
    """Checks on the refusal that the last question met."""
    return ExpectRefused(world)


def studio(world: World) -> ExpectStudio:
    """Checks on the studio's own state."""
    return ExpectStudio(world)
