"""What must be true of what a studio tells of its generation: how it is, what it can do, its measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.backends import DOUBLES, OWN_DISK, OWN_S3, OWN_STUDIO
from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World


class ExpectObserving(Expectation):
    """Checks on the last answer of a studio that was looked at."""

    def degraded(self, because: str) -> None:
        """It can work, but not as it should; some part says why."""
        answer = self._world.answered
        health = answer.body
        found = f"it says {health['status']}: {health['parts']}"
        self._hold(health["status"] == "degraded" and answer.status == 200, "the studio is degraded", found)
        told = " ".join(f"{part} {why}" for part, why in health["parts"].items() if why != "ready")
        self._hold(because.lower() in told.lower(), f"it is degraded because of {because!r}", found)

    def offers_what_was_promised(self) -> None:
        """What it offers is what scenarios are run for, and the other way round."""
        told = set(self._world.answered.must().body["offers"])
        environment = self._world.environment
        added = DOUBLES.get(environment.backend, frozenset())
        promised = environment.offers - OWN_STUDIO - OWN_DISK - OWN_S3
        lacking = sorted(promised - added - told)
        self._hold(not lacking, "the backend offers what this run was promised", f"it does not offer {lacking}")
        more = sorted(told - promised)
        self._hold(not more, "this run was promised all that the backend offers", f"it offers {more}, too")

    def gives_reasons(self) -> None:
        body = self._world.answered.must().body
        for idle in body["not_applied"]:
            self._hold(bool(idle["why"].strip()), f"it is told why {idle['name']} is not at work", "it is not")
        both = {idle["name"] for idle in body["not_applied"]} & set(body["applied"])
        self._hold(not both, "nothing is both at work and not", f"{sorted(both)} is")
        self._hold(body["places"] >= 1, "at least one picture is painted at a time", f"told is {body['places']}")

    def count_pictures(self, count: int) -> None:
        self._is("proofsheet_pictures_total", count)

    def count_failures(self, count: int, cause: str) -> None:
        self._is(f'proofsheet_jobs_failed_total{{cause="{cause}"}}', count)

    def nothing_goes_on(self) -> None:
        self._is("proofsheet_jobs_pending", 0)
        self._is("proofsheet_jobs_running", 0)

    def _is(self, measure: str, wanted: int) -> None:
        lines = self._world.answered.must().content.decode().splitlines()
        values = dict(line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
        found = values.get(measure)
        told = "nothing" if found is None else found
        self._hold(found is not None and float(found) == wanted, f"{measure} is told as {wanted}", f"told is {told}")


def observed(world: World) -> ExpectObserving:
    """Checks on the last answer of a studio that was looked at."""
    return ExpectObserving(world)
