"""How the studio is: looked up when asked, never remembered."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from app import __version__
from app.database import Database
from app.errors import Unavailable
from app.settings import Settings

router = APIRouter(tags=["studio"])

Condition = Literal["ready", "failed"]


class HealthView(BaseModel):
    """status: 'ready' when every part is, else 'failed'; parts: each with 'ready', or what is wrong."""

    status: Condition
    version: str
    backend: str
    parts: dict[str, str]


class Health:
    """Looks at each thing that the studio cannot work without."""

    def __init__(self, *, settings: Settings, database: Database) -> None:
        self.database = database
        self._settings = settings
        self._parts: dict[str, Callable[[], None]] = {"database": database.ping, "home": self._write_home}

    def look(self) -> HealthView:
        parts = {name: _condition(check) for name, check in self._parts.items()}
        ready = all(condition == "ready" for condition in parts.values())
        return HealthView(
            status="ready" if ready else "failed",
            version=__version__,
            backend=self._settings.backend,
            parts=parts,
        )

    def _write_home(self) -> None:
        try:
            with tempfile.TemporaryFile(dir=self._settings.studio_home) as probe:
                probe.write(b"proof")
        except OSError as error:
            raise Unavailable(f"the studio's home cannot be written: {error.strerror}") from error


def _condition(check: Callable[[], None]) -> str:
    try:
        check()
    except Unavailable as error:
        return error.message
    return "ready"


async def _health(connection: HTTPConnection) -> Health:
    health: Health = connection.app.state.health
    return health


@router.get("/health")
def health(health: Annotated[Health, Depends(_health)], response: Response) -> HealthView:
    """Whether the studio can work: 200 when ready, 503 when a part has failed."""
    view = health.look()
    response.status_code = 200 if view.status == "ready" else 503
    return view
