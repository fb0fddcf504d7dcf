"""Changes of the library over HTTP: parse, ask, answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from app.errors import PROBLEM_TYPE
from app.library.api import ModelView, view_of
from app.library.changes import Changes
from app.library.deletions import Deletion
from app.model_files import ModelKind
from app.sentences import CLEAN, SAID

router = APIRouter(prefix="/api/lm/{kind:model_kind}", tags=["library"])

MAX_IDS = 10_000
CHANGES: dict[int | str, dict[str, Any]] = {
    404: {"description": "there is no such model", "content": {PROBLEM_TYPE: {}}},
    409: {"description": "a name is taken, or something else is in the way", "content": {PROBLEM_TYPE: {}}},
    503: {"description": "the disk is full, or may not be written", "content": {PROBLEM_TYPE: {}}},
}


async def _changes(connection: HTTPConnection) -> Changes:
    changes = connection.app.state.library_changes
    assert isinstance(changes, Changes)
    return changes


ChangesOf = Annotated[Changes, Depends(_changes)]
Text = Annotated[str, CLEAN]


class Name(BaseModel):
    model_config = ConfigDict(extra="forbid")

    # Taken as it is: what is no name is refused in words of its own.
    name: Annotated[str, Field(max_length=1000, description="without its suffix, which stays")]


class Folder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    folder: Annotated[str, Field(max_length=4000, description="below the library root; empty for the root itself")]


class Ids(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Text], Field(min_length=1, max_length=MAX_IDS)]


class Told(BaseModel):
    """What is said of a model; what is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True)

    favorite: bool = False
    tags: Annotated[list[Annotated[str, CLEAN, SAID, Field(max_length=200)]], Field(max_length=200)] = []
    base_model: Annotated[str, CLEAN, SAID, Field(max_length=200)] = ""
    notes: Annotated[str, CLEAN, Field(max_length=20_000)] = ""
    mature: bool = False

    @property
    def said(self) -> dict[str, Any]:
        told = self.model_dump(exclude_unset=True)
        return told | ({"tags": tuple(dict.fromkeys(told["tags"]))} if "tags" in told else {})


class DeletionView(BaseModel):
    """files: what was taken away, below the library root."""

    model_config = ConfigDict(from_attributes=True)

    batch_id: str
    undo_until: datetime
    files: list[str]

    @classmethod
    def of(cls, deletion: Deletion) -> DeletionView:
        return cls.model_validate(deletion)


@router.patch("/{model_id}", responses=CHANGES)
def edit(kind: ModelKind, model_id: str, told: Told, changes: ChangesOf) -> ModelView:
    """Say something else of a model; it stands in its sidecar from then on."""
    return view_of(changes.library, changes.edit(kind, model_id, told.said))


@router.post("/{model_id}/rename", responses=CHANGES)
def rename(kind: ModelKind, model_id: str, wanted: Name, changes: ChangesOf) -> ModelView:
    """Another name for a model and all that belongs to it; recipes that use it follow."""
    return view_of(changes.library, changes.rename(kind, model_id, wanted.name))


@router.post("/{model_id}/move", responses=CHANGES)
def move(kind: ModelKind, model_id: str, wanted: Folder, changes: ChangesOf) -> ModelView:
    """Another folder for a model and all that belongs to it; recipes that use it follow."""
    return view_of(changes.library, changes.move(kind, model_id, wanted.folder))


@router.post("/{model_id}/exclude", responses=CHANGES)
def exclude(kind: ModelKind, model_id: str, changes: ChangesOf) -> ModelView:
    """Have a model out of lists, searches and look-ups; it stays on the disk."""
    return view_of(changes.library, changes.set_excluded(kind, model_id, True))


@router.post("/{model_id}/include", responses=CHANGES)
def include(kind: ModelKind, model_id: str, changes: ChangesOf) -> ModelView:
    return view_of(changes.library, changes.set_excluded(kind, model_id, False))


@router.delete("/{model_id}", responses=CHANGES)
def delete(kind: ModelKind, model_id: str, changes: ChangesOf) -> DeletionView:
    """Delete a model and all that belongs to it; POST /api/lm/undo-delete brings it back for 20 seconds."""
    return DeletionView.of(changes.delete(kind, [model_id]))


@router.post("/bulk-delete", responses=CHANGES)
def delete_all(kind: ModelKind, wanted: Ids, changes: ChangesOf) -> DeletionView:
    """Delete several models at once, all or none."""
    return DeletionView.of(changes.delete(kind, wanted.ids))
