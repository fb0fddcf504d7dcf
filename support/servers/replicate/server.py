"""The double of Replicate's HTTP API: predictions, models, files, webhooks, limits, and what can go wrong.

Of the API as its documents describe it in 2026 ("HTTP API", "Create a prediction", "Prediction lifecycle", "Rate
limits", "Set up webhooks", "Verify webhooks"). Left out: deployments, trainings, streams, collections, prices, and
weights: pictures are computed from the words of the prompt, and change with everything that would change a real one.
"""

from __future__ import annotations

import base64
import threading
import uuid
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from app.clock import Clock, SystemClock
from support.servers.replicate import views
from support.servers.replicate.life import Life, Ordered, Pace
from support.servers.replicate.models import Offered
from support.servers.replicate.routes import Routes
from support.servers.replicate.trouble import FailureMode, Troubles
from support.servers.replicate.webhooks import Deliver, Postman, Sent, over_http
from support.servers.serving import Seen, Server

TOKEN = "r8_TheTokenOfADoubleThatLivesOnLoopback"  # nobody's
ENDS_WITHIN_SECONDS = 5.0
STRUCK_WHILE_IT_RUNS: tuple[FailureMode, ...] = (
    "fails", "refuses what it sees", "out of memory", "hangs", "sends a web page", "gives nothing", "cancels",
)  # fmt: skip


class Replicate:
    """The API on a loopback port, up once it is built. Its verbs may be used before and while it works.

    port: 0 picks a free one. step_seconds: of each inference step, by `clock`. holds_seconds: how long an answer
    is held back at most for `Prefer: wait`, by the machine's time: a scenario's clock may stand still. deliver:
    how a webhook reaches its receiver. Raises OSError when the port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        clock: Clock | None = None,
        step_seconds: float = 0.0,
        holds_seconds: float = 60.0,
        deliver: Deliver = over_http,
    ) -> None:
        self.clock = clock or SystemClock()
        self.pace = Pace(step_seconds=step_seconds)
        self.holds_seconds = holds_seconds
        self.troubles = Troubles()
        self.files: dict[str, tuple[bytes, str]] = {}
        self.requests: list[Seen] = []
        self.postman = Postman(f"whsec_{base64.b64encode(uuid.uuid4().bytes).decode()}", self.clock, deliver)
        self.token = TOKEN
        self.out_of_order: int | None = None
        self.lock = threading.RLock()
        self.throttled_until: datetime | None = None
        self._predictions: list[Ordered] = []
        self._lives: dict[str, Life] = {}
        self._closed = False
        self._server = Server(Routes(self).serve, port=port, now=self.clock.now)
        self.url = self._server.url

    def __enter__(self) -> Replicate:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing of it is left. Harmless when called again."""
        with self.lock:
            self._closed = True
            lives = list(self._lives.values())
        for life in lives:
            life.stop()
        for life in lives:
            life.thread.join(ENDS_WITHIN_SECONDS)
        self._server.close()

    # What it is like

    @property
    def webhook_secret(self) -> str:
        return self.postman.secret

    @property
    def step_seconds(self) -> float:
        return self.pace.step_seconds

    @step_seconds.setter
    def step_seconds(self, seconds: float) -> None:
        self.pace.step_seconds = seconds

    def starts_slowly(self, seconds: float) -> None:
        """A cold boot: a prediction is "starting" for so long, by the clock."""
        self.pace.start_seconds = seconds

    # What goes wrong

    def fails(self, mode: FailureMode, *, times: int | None = None, after: int = 0) -> None:
        """From now on, for so many orders; None: until works_again(). after: so many are spared first."""
        self.troubles.begin(mode, times, after)

    def works_again(self) -> None:
        self.troubles.end()
        self.out_of_order = self.throttled_until = None

    def throttles(self, seconds: float) -> None:
        """No order is taken for so long, by the clock; each is told when the next one is."""
        self.throttled_until = self.clock.now() + timedelta(seconds=seconds)

    def is_out_of_order(self, status: int = 503) -> None:
        """Every request is answered with that status, until works_again()."""
        self.out_of_order = status

    def accepts_another_token(self) -> None:
        """The token in use has been revoked."""
        self.token = f"r8_{uuid.uuid4().hex}"

    def tells_twice(self) -> None:
        """Every webhook is sent a second time, under the same id."""
        self.postman.twice = True

    # What it saw

    def log(self) -> str:
        """What it was asked, a line a request, and what became of each prediction and webhook."""
        lines = [str(seen) for seen in (*self.requests, *self.predictions(), *self.postman.sent)]
        return "\n".join(lines) or "no request"

    def predictions(self) -> list[Ordered]:
        """All that were ordered, which is all that is paid for, in their order."""
        with self.lock:
            return list(self._predictions)

    def running(self) -> list[Ordered]:
        return [one for one in self.predictions() if not one.ended.is_set()]

    @property
    def webhooks(self) -> list[Sent]:
        return list(self.postman.sent)

    # What its routes need

    def order(self, model: Offered, given: dict[str, Any], webhook: str | None, events: tuple[str, ...]) -> Ordered:
        """Begin a prediction. Raises OSError once the double closes."""
        ordered = Ordered(
            id=uuid.uuid4().hex[:26],
            model=model,
            input=given,
            webhook=webhook,
            events=events,
            created_at=self.clock.now(),
            trouble=self.troubles.spend(*STRUCK_WHILE_IT_RUNS),
            kind=str(given.get("output_format", model.choices.get("output_format", ["png"])[0])),
        )
        life = Life(
            ordered,
            clock=self.clock,
            pace=self.pace,
            references=lambda: [self.file(address) for address in _addresses(given)],
            tell=self._tell,
            lock=self.lock,
        )
        with self.lock:
            if self._closed:
                raise OSError("the double closes")
            self._predictions.append(ordered)
            self._lives[ordered.id] = life
            life.thread.start()
        return ordered

    def found(self, prediction_id: str) -> Ordered | None:
        return next((one for one in self.predictions() if one.id == prediction_id), None)

    def cancel(self, ordered: Ordered) -> None:
        self._lives[ordered.id].cancel()

    def file(self, address: str) -> bytes:
        """A file that an order names: inside a data URL, or uploaded before. Raises KeyError for none."""
        if address.startswith("data:"):
            return base64.b64decode(address.partition(",")[2])
        return self.files[address.rpartition("/")[2]][0]

    def _tell(self, ordered: Ordered, event: str) -> None:
        if ordered.webhook is not None and event in ordered.events:
            self.postman.tell(ordered.webhook, views.told(ordered, self.url, self.clock.now()))


def _addresses(given: dict[str, Any]) -> list[str]:
    """The files that an order names, in order."""
    named = [value for name, value in given.items() if "image" in name]
    flat = [one for value in named for one in (value if isinstance(value, list) else [value])]
    return [one for one in flat if isinstance(one, str)]
