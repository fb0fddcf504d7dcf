"""How the studio is: looked up when asked, never remembered."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from app import __version__
from app.database import Database
from app.errors import Unavailable
from app.generation.port import Condition, ConditionName
from app.settings import Settings
from app.storage.port import ObjectStore

router = APIRouter(tags=["studio"])

# A store that hangs must not keep whoever asks how the studio is: it is told as it was last known.
STORE_WITHIN_SECONDS = 0.15
# The worst of the parts is the whole's.
WORST_FIRST: tuple[ConditionName, ...] = ("failed", "starting", "degraded", "ready")


class HealthView(BaseModel):
    """status: the worst of the parts'; parts: each with 'ready', or what is wrong.

    degraded: pictures can be made, but not as they should be, such as by one of two servers, or without the bucket.
    """

    status: ConditionName
    version: str
    backend: str
    parts: dict[str, str]


class Health:
    """Looks at each thing that the studio cannot work without."""

    def __init__(
        self, *, settings: Settings, database: Database, backend: Callable[[], Condition], store: ObjectStore
    ) -> None:
        self.database = database
        self._settings = settings
        self._backend = backend
        self._store = store

    def look(self) -> HealthView:
        parts = {
            "database": _condition(self.database.ping),
            "home": _condition(self._write_home),
            "backend": self._backend(),
            "store": self._store_condition(),
        }
        found = {condition.name for condition in parts.values()}
        return HealthView(
            status=next(condition for condition in WORST_FIRST if condition in found),
            version=__version__,
            backend=self._settings.backend,
            parts={name: condition.why or condition.name for name, condition in parts.items()},
        )

    def _store_condition(self) -> Condition:
        wrong = self._store.condition(STORE_WITHIN_SECONDS)
        if not wrong:
            return Condition("ready")
        # Without its bucket the studio keeps on this machine what it makes; without its folder it cannot.
        return Condition("failed" if self._store.name == "local" else "degraded", wrong)

    def _write_home(self) -> None:
        try:
            with tempfile.TemporaryFile(dir=self._settings.studio_home) as probe:
                probe.write(b"proof")
        except OSError as error:
            raise Unavailable(f"the studio's home cannot be written: {error.strerror}") from error


def _condition(check: Callable[[], None]) -> Condition:
    try:
        check()
    except Unavailable as error:
        return Condition("failed", error.message)
    return Condition("ready")


async def _health(connection: HTTPConnection) -> Health:
    health: Health = connection.app.state.health
    return health


@router.get("/health")
def health(health: Annotated[Health, Depends(_health)], response: Response) -> HealthView:
    """Whether the studio can work: 200 when ready or degraded, 503 when a part has failed or still starts."""
    view = health.look()
    response.status_code = 200 if view.status in ("ready", "degraded") else 503
    return view
