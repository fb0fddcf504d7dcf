"""The studio, wired: the only place where services meet the ports that they use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from app import __version__, health, preferences_api, undo
from app.characters import api as characters_api
from app.characters.service import Characters
from app.clock import Clock, SystemClock
from app.database import Database
from app.downloads import api as downloads_api
from app.downloads.pictures import PictureFetcher
from app.downloads.service import DownloadQueue
from app.downloads.shelf import Shelf
from app.downloads.sources import Sources
from app.downloads.transfer import Transfer, Tuning
from app.downloads.web import Web
from app.errors import answer_with_problems
from app.events import Channel
from app.generation import api as generation_api
from app.generation.backends import build_backend
from app.generation.dispatcher import Pool
from app.generation.portraits import Portraits
from app.generation.recipe_jobs import RecipeJobs
from app.generation.references import References
from app.generation.service import Generation
from app.home import living_in, name_of
from app.library import api as library_api
from app.library import changes_api, libraries_api, previews_api
from app.library.changes import Changes
from app.library.libraries import Libraries
from app.library.service import Library
from app.library.watching import Watching
from app.model_files import ModelKind
from app.preferences import KeptPreferences, Preferences
from app.recipes import api as recipes_api
from app.recipes import api_changes, api_sharing, batch_api, exchange_api
from app.recipes.batch import Batches
from app.recipes.exchange import Exchange
from app.recipes.linking import Linking, Links
from app.recipes.repairing import Repair
from app.recipes.sending import Sending
from app.recipes.service import Recipes
from app.recipes.shares import Shares
from app.recipes.views import Showing
from app.recipes.watching import Watcher
from app.security import Guard
from app.settings import Settings
from app.storage.folder import FolderStore
from app.storage.port import ObjectStore

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
    generation_api.router,
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
    services = _services(settings, clock, database, web, preferences)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with living_in(settings.studio_home):
            # First of all: what a crash has cut short is finished before anybody looks at the library.
            services["library_changes"].start()
            services["downloads"].start()
            services["generation"].start()
            services["recipes"].start()
            watchers = _watchers(settings, services)
            if settings.library_watch:
                services["library_watching"].start()
            yield
            for watcher in watchers:
                watcher.close()
            services["recipe_batches"].close()
            services["recipes"].close()
            services["generation"].close()
            services["downloads"].close()
            services["library_changes"].close()
            services["library"].close()
            services["library_watching"].close()
            web.close()
            database.close()

    app = FastAPI(title="Proofsheet studio", version=__version__, lifespan=lifespan)
    for name, service in services.items():
        setattr(app.state, name, service)
    answer_with_problems(app)
    app.add_middleware(
        Guard,
        api_keys=[key.get_secret_value() for key in settings.api_keys],
        allowed_origins=settings.allowed_origins,
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


def _services(
    settings: Settings, clock: Clock, database: Database, web: Web, preferences: KeptPreferences
) -> dict[str, Any]:
    """Each noun's service, under the name that its `api.py` finds it by."""
    store = FolderStore(settings.store_folder)
    library = _library(clock, database, preferences)
    generation = _generation(settings, clock, database, store)
    characters = Characters(database=database, clock=clock, store=store, painter=Portraits(generation))
    recipes = _recipes(
        library, generation, settings=settings, clock=clock, database=database, web=web, preferences=preferences
    )
    changes = Changes(library, clock=clock, roots=preferences.every_root, owner=lambda: name_of(settings.studio_home))
    library.follow_renames(recipes["recipes"].model_renamed)
    return {
        "health": health.Health(settings=settings, database=database, backend=generation.backend.condition),
        "preferences": preferences,
        "library": library,
        "libraries": Libraries(settings=preferences, library=library),
        "library_watching": _watching(library, preferences),
        "downloads": _downloads(
            library, settings=settings, clock=clock, database=database, web=web, preferences=preferences
        ),
        "library_changes": changes,
        **recipes,
        "undoers": (changes.restored, recipes["recipes"].undo),
        "generation": generation,
        "references": References(fetch=PictureFetcher(web).fetch, character=characters.read),
        "characters": characters,
    }


def _recipes(
    library: Library,
    generation: Generation,
    *,
    settings: Settings,
    clock: Clock,
    database: Database,
    web: Web,
    preferences: KeptPreferences,
) -> dict[str, Any]:
    recipes = Recipes(database=database, clock=clock, folder=settings.recipes_folder)
    links = Links(library)
    return {
        "recipes": recipes,
        "recipe_links": links,
        "recipe_showing": Showing(links=links, safe_mode=lambda: preferences.now.safe_mode),
        "recipe_linking": Linking(recipes=recipes, links=links),
        "recipe_repair": Repair(recipes=recipes),
        "recipe_shares": Shares(clock=clock, secret_file=settings.studio_home / ".share-secret"),
        "recipe_sending": Sending(recipes=recipes, links=links, painter=RecipeJobs(generation)),
        "recipe_batches": Batches(recipes=recipes, channel=Channel()),
        "recipe_exchange": Exchange(recipes=recipes, clock=clock),
        "recipe_fetch": PictureFetcher(web, field="url").fetch,
        "recipe_import_folder": settings.imports_folder,
    }


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


def _library(clock: Clock, database: Database, preferences: KeptPreferences) -> Library:
    library = Library(
        database=database,
        clock=clock,
        roots_of=preferences.roots_of,
        library_name=lambda: preferences.library_name,
        libraries=preferences.all_libraries,
        safe_mode=lambda: preferences.now.safe_mode,
    )
    preferences.follow(library.settings_changed)
    return library


def _watching(library: Library, preferences: KeptPreferences) -> Watching:
    watching = Watching(library=library, roots=lambda: {kind: tuple(preferences.roots_of(kind)) for kind in ModelKind})
    preferences.follow(watching.settings_changed)
    return watching


def _downloads(
    library: Library, *, settings: Settings, clock: Clock, database: Database, web: Web, preferences: KeptPreferences
) -> DownloadQueue:
    def tuning() -> Tuning:
        now = preferences.now
        return Tuning(
            connections=now.connections,
            speed_limit=now.speed_limit_bytes_per_second,
            stall_seconds=settings.download_stall_seconds,
            keep_free_bytes=now.keep_free_bytes,
            proxy=now.plain_proxy,
            keys=now.plain_keys,
        )

    hubs = {"civitai_url": settings.hub_url, "huggingface_url": settings.huggingface_url}
    queue = DownloadQueue(
        database=database,
        clock=clock,
        channel=Channel(),
        sources=Sources(web=web, preferences=lambda: preferences.now, **hubs),
        transfer=Transfer(web=web, clock=clock, tuning=tuning),
        shelf=Shelf(root_of=preferences.root_of, keep_free_bytes=lambda: preferences.now.keep_free_bytes),
        on_completed=library.register,
        concurrency=lambda: preferences.now.concurrency,
        **hubs,
    )
    preferences.follow(queue.wake)
    return queue


def _generation(settings: Settings, clock: Clock, database: Database, store: ObjectStore) -> Generation:
    backend = build_backend(settings, clock)
    return Generation(
        database=database,
        clock=clock,
        channel=Channel(),
        backend=backend,
        store=store,
        dispatcher=Pool(places=backend.places),
        holder=name_of(settings.studio_home),
        queue_limit=settings.generation_queue_limit,
        time_limit=timedelta(seconds=settings.generation_time_limit_seconds),
        keep=timedelta(days=settings.generation_keep_days),
    )
