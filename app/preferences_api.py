"""The settings that can be changed while the studio runs, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from app.model_files import ModelKind
from app.preferences import Change, KeptPreferences, Preferences

router = APIRouter(tags=["studio"])


async def _preferences(connection: HTTPConnection) -> KeptPreferences:
    preferences = connection.app.state.preferences
    assert isinstance(preferences, KeptPreferences)
    return preferences


Kept = Annotated[KeptPreferences, Depends(_preferences)]


class PreferencesView(BaseModel):
    """What is in force. Keys and passwords are never told: keys_set names the hosts that have one."""

    concurrency: int
    connections: int
    speed_limit_bytes_per_second: int | None
    library_roots: dict[ModelKind, list[Path]]
    path_template: str
    keys_set: list[str]
    proxy: str | None
    proxy_password_set: bool
    safe_mode: bool
    keep_free_bytes: int

    @classmethod
    def of(cls, preferences: Preferences) -> PreferencesView:
        proxy = None if preferences.proxy is None else httpx.URL(preferences.proxy.get_secret_value())
        return cls(
            concurrency=preferences.concurrency,
            connections=preferences.connections,
            speed_limit_bytes_per_second=preferences.speed_limit_bytes_per_second,
            library_roots=preferences.library_roots,
            path_template=preferences.path_template,
            keys_set=sorted(preferences.keys),
            proxy=None if proxy is None else str(proxy.copy_with(username=None, password=None)),
            proxy_password_set=proxy is not None and bool(proxy.userinfo),
            safe_mode=preferences.safe_mode,
            keep_free_bytes=preferences.keep_free_bytes,
        )


@router.get("/api/lm/settings")
def get(preferences: Kept) -> PreferencesView:
    return PreferencesView.of(preferences.now)


@router.patch("/api/lm/settings")
def change(wanted: Change, preferences: Kept) -> PreferencesView:
    """All that is sent or nothing; what is left out stays, null takes a choice back."""
    return PreferencesView.of(preferences.change(wanted))
