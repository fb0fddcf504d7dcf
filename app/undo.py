"""Undoing a deletion, whatever was deleted: asked of every noun that lets it be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from app.errors import PROBLEM_TYPE, NotFound

router = APIRouter(tags=["studio"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"description": "there is no such deletion", "content": {PROBLEM_TYPE: {}}},
    409: {"description": "its time is over, or a file has taken the place of one", "content": {PROBLEM_TYPE: {}}},
}


# Answers the ids of what came back. Raises NotFound for a deletion of another noun, Conflict.
Undoer = Callable[[str], Sequence[str]]


async def _undoers(connection: HTTPConnection) -> Sequence[Undoer]:
    undoers: Sequence[Undoer] = connection.app.state.undoers
    return undoers


class Undo(BaseModel):
    model_config = ConfigDict(extra="forbid")

    batch_id: Annotated[str, Field(max_length=100)]


class Restored(BaseModel):
    """restored: the ids of what came back, models or recipes."""

    restored: list[str]


@router.post("/api/lm/undo-delete", responses=_ANSWERS)
def undo(wanted: Undo, undoers: Annotated[Sequence[Undoer], Depends(_undoers)]) -> Restored:
    """Bring back what was deleted together, all or none."""
    for undone in undoers:
        try:
            return Restored(restored=list(undone(wanted.batch_id)))
        except NotFound:
            continue
    raise NotFound(f"there is nothing to undo under {wanted.batch_id!r}", field="batch_id")
