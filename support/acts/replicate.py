"""What a scenario does with Replicate, which a studio paints through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from support.bdd import StepError
from support.waiting import until

if TYPE_CHECKING:
    from support.servers.replicate.trouble import FailureMode
    from support.world import World

# Its logs tell each inference step, and it paints with and without a reference image.
MODEL = "black-forest-labs/flux-dev"
MODEL_OF_SEVERAL = "black-forest-labs/flux-2-pro"
# Where the studio can be told; nothing is ever sent there but by `deliver`.
PUBLIC_ADDRESS = "https://studio.example"
TROUBLES: dict[str, FailureMode] = {
    "fails": "fails",
    "finds something improper": "refuses what it sees",
    "sends a web page": "sends a web page",
    "gives nothing": "gives nothing",
    "is cancelled by somebody else": "cancels",
}


class Provider:
    """Verbs on Replicate."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._model = MODEL
        self._has_token = True
        self._webhooks = False
        self._is_deaf = False

    @property
    def settings(self) -> dict[str, Any]:
        """What a studio needs to paint through the double."""
        from support.servers.replicate import TOKEN  # noqa: PLC0415  # as in World

        chosen: dict[str, Any] = {"replicate_url": self._world.replicate.url, "replicate_model": self._model}
        if self._has_token:
            chosen["replicate_api_token"] = TOKEN
        if self._webhooks:
            chosen["replicate_webhook_secret"] = self._world.replicate.webhook_secret
            chosen["replicate_webhook_url"] = PUBLIC_ADDRESS
        return chosen

    def deliver(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Bring a webhook to the studio, as Replicate would over the Internet. Raises OSError when none runs."""
        client = self._world.client if self._world.studio_runs else None
        if client is None or self._is_deaf:
            raise OSError("nobody answers there")
        return client.ask("POST", urlsplit(url).path, headers=dict(headers), content=body).status

    # What it is like

    def paint_with_several_references(self) -> None:
        """Where a model must be chosen for that."""
        if "replicate" in self._world.environment.offers:
            self._decide("_model", MODEL_OF_SEVERAL)

    def have_no_token(self) -> None:
        self._decide("_has_token", False)

    def tell_the_studio(self) -> None:
        self._decide("_webhooks", True)

    def tell_twice(self) -> None:
        self.tell_the_studio()
        self._world.replicate.tells_twice()

    def sign_wrongly(self) -> None:
        self.tell_the_studio()
        _ = self._world.client  # the studio is built with the secret that was right
        self._world.replicate.postman.secret = "whsec_bm90IHRoZSBzZWNyZXQ="

    def _decide(self, name: str, value: Any) -> None:
        if self._world.studio_runs:
            raise StepError("say what Replicate is like before the studio is first used")
        setattr(self, name, value)

    # What goes wrong

    def trouble(self, what: str, times: int | None = None, after: int = 0) -> None:
        self._world.replicate.fails(TROUBLES[what], times=times, after=after)

    def throttle(self, duration: timedelta) -> None:
        self._world.replicate.throttles(duration.total_seconds())

    def lose_the_answer(self) -> None:
        self._world.replicate.fails("loses the answer", times=1)

    def drop_the_order(self) -> None:
        self._world.replicate.fails("drops the order", times=1)

    def ask_for_payment(self) -> None:
        self._world.replicate.fails("asks for payment")

    def revoke_the_token(self) -> None:
        self._world.replicate.accepts_another_token()

    # What happens

    def finish_while_the_studio_restarts(self) -> None:
        """The last inference step ends while there is no studio."""
        self._world.restart()
        self._world.clock.advance(self._world.pace.step)
        if not until(lambda: not self._world.replicate.running()):
            raise StepError("Replicate never finished its picture")
        self._world.client.health().must()

    def wait_for_its_turn(self, prompt: str) -> None:
        """Bring a job to where Replicate has told it to come again later."""
        self._world.jobs.ask(prompt).must()
        if not until(lambda: self._world.clock.sleepers):
            raise StepError(f"the job {prompt!r} waits for nothing: it is {self._world.jobs.view(prompt)}")

    def let_time_pass(self, prompt: str, duration: timedelta) -> None:
        self.wait_for_its_turn(prompt)
        self._world.clock.advance(duration)
        self._world.jobs.ended(prompt)
