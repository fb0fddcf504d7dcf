"""The studio, wired: the only place that builds it and says what runs from its start to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app import __version__, health, preferences_api, undo
from app.characters import api as characters_api
from app.characters import assets_api, contract
from app.clock import Clock, SystemClock
from app.database import Database
from app.downloads import api as downloads_api
from app.downloads.web import Web
from app.errors import answer_with_problems
from app.generation import api as generation_api
from app.generation.backends import build_backend
from app.generation.replicate import api as replicate_api
from app.home import living_in
from app.library import api as library_api
from app.library import changes_api, libraries_api, previews_api
from app.preferences import KeptPreferences, Preferences
from app.recipes import api as recipes_api
from app.recipes import api_changes, api_sharing, batch_api, exchange_api
from app.recipes.watching import Watcher
from app.security import Guard
from app.settings import Settings
from app.wiring import services_of

ROUTERS = (
    health.router,
    preferences_api.router,
    downloads_api.router,
    library_api.router,
    library_api.live_router,
    libraries_api.router,
    changes_api.router,
    previews_api.router,
    undo.router,
    recipes_api.router,
    api_changes.router,
    api_sharing.router,
    batch_api.router,
    batch_api.large,
    batch_api.live_router,
    exchange_api.router,
    exchange_api.large,
    characters_api.router,
    assets_api.router,
    generation_api.router,
    replicate_api.router,
)


def offers(settings: Settings) -> frozenset[str]:
    """What the image backend of these settings can do, in the words of `@needs.…`."""
    return build_backend(settings, SystemClock()).offers


def build_studio(settings: Settings, *, clock: Clock | None = None) -> FastAPI:
    """A studio, ready to be served; nothing runs before its lifespan starts.

    clock: the machine's own by default. Raises Unavailable when its home or database cannot be used.
    """
    clock = clock or SystemClock()
    settings.studio_home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    database.create_tables()
    preferences = KeptPreferences(path=settings.studio_home / "preferences.json", defaults=Preferences.of(settings))
    web = Web(
        clock=clock,
        allow_private=settings.allow_private_addresses,
        stall_seconds=settings.download_stall_seconds,
        keys=lambda: preferences.now.plain_keys,
        proxy=lambda: preferences.now.plain_proxy,
    )
    services = services_of(settings, clock, database, web, preferences)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with living_in(settings.studio_home):
            # First of all: what a crash has cut short is finished before anybody looks at the library.
            services["library_changes"].start()
            services["downloads"].start()
            services["generation"].start()
            services["recipes"].start()
            services["characters"].start()
            watchers = _watchers(settings, services)
            if settings.library_watch:
                services["library_watching"].start()
            yield
            for watcher in watchers:
                watcher.close()
            services["recipe_batches"].close()
            services["recipes"].close()
            services["characters"].close()
            services["generation"].close()
            services["downloads"].close()
            services["library_changes"].close()
            services["library"].close()
            services["library_watching"].close()
            web.close()
            services["store"].close()
            database.close()

    app = FastAPI(title="Proofsheet studio", version=__version__, lifespan=lifespan)
    for name, service in services.items():
        setattr(app.state, name, service)
    answer_with_problems(app)
    app.add_middleware(
        Guard,
        api_keys=[key.get_secret_value() for key in settings.api_keys],
        allowed_origins=settings.allowed_origins,
        refusals={contract.PREFIX: contract.refusal},
    )
    if settings.allowed_origins:
        # Outside the guard: a browser asks before it asks, without a key, and reads only what this lets it read.
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["ETag", "Location"],
        )
    for router in ROUTERS:
        # Not include_router: that computes every route anew for each studio, 13 ms at its first request.
        app.router.routes.extend(router.routes)
    return app


def _watchers(settings: Settings, services: dict[str, Any]) -> list[Watcher]:
    """Those who watch folders, at work; none unless the settings name one."""
    watchers: list[Watcher] = []
    if settings.recipe_watch_folder is not None:
        ledger = settings.studio_home / "watched-recipes.jsonl"
        batches = services["recipe_batches"]
        watchers.append(Watcher(batches=batches, folder=settings.recipe_watch_folder, ledger=ledger))
    for watcher in watchers:
        watcher.start()
    return watchers
