"""Several libraries over HTTP: parse, ask, answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from app.errors import PROBLEM_TYPE
from app.library.libraries import Libraries, LibraryEntry
from app.model_files import ModelKind
from app.preferences_roots import root
from app.sentences import CLEAN

MAX_ROOTS = 20
router = APIRouter(prefix="/api/lm/libraries", tags=["library"])
_Answers = dict[int | str, dict[str, Any]]
_NONE: _Answers = {404: {"description": "there is no such library", "content": {PROBLEM_TYPE: {}}}}
_NOT_NOW: _Answers = {409: {"description": "its name is taken, or it is open", "content": {PROBLEM_TYPE: {}}}}


async def _libraries(connection: HTTPConnection) -> Libraries:
    libraries = connection.app.state.libraries
    assert isinstance(libraries, Libraries)
    return libraries


All = Annotated[Libraries, Depends(_libraries)]
Name = Annotated[str, CLEAN]
Roots = Annotated[list[Annotated[Path, AfterValidator(root)]], Field(min_length=1, max_length=MAX_ROOTS)]


class LibraryRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    roots: dict[ModelKind, Roots] = Field(description="kinds that are left out get folders in the studio's home")


class LibraryView(BaseModel):
    name: str
    active: bool
    roots: dict[ModelKind, list[Path]]

    @classmethod
    def of(cls, entry: LibraryEntry) -> LibraryView:
        return cls(name=entry.name, active=entry.active, roots={kind: list(r) for kind, r in entry.roots.items()})


class LibraryList(BaseModel):
    libraries: list[LibraryView]


@router.get("")
def find(libraries: All) -> LibraryList:
    return LibraryList(libraries=[LibraryView.of(entry) for entry in libraries.all()])


@router.post("", status_code=201, responses=_NOT_NOW)
def add(request: LibraryRequest, libraries: All) -> LibraryView:
    return LibraryView.of(libraries.add(request.name, request.roots))


@router.post("/{name}/activate", responses=_NONE)
def activate(name: str, libraries: All) -> LibraryView:
    return LibraryView.of(libraries.activate(name))


@router.delete("/{name}", status_code=204, responses=_NONE | _NOT_NOW)
def remove(name: str, libraries: All) -> None:
    libraries.remove(name)
