"""Each noun's services, made: the only place where they meet the ports that they use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app import health
from app.characters.assets import AssetPersistenceService
from app.characters.assets_book import JobReferences
from app.characters.service import Characters
from app.clock import Clock
from app.database import Database
from app.downloads.pictures import PictureFetcher
from app.downloads.service import DownloadQueue
from app.downloads.shelf import Shelf
from app.downloads.sources import Sources
from app.downloads.transfer import Transfer, Tuning
from app.downloads.web import Web
from app.events import Channel
from app.generation.backends import build_backend
from app.generation.dispatcher import Pool
from app.generation.portraits import Portraits
from app.generation.recipe_jobs import RecipeJobs
from app.generation.references import References
from app.generation.service import Generation
from app.home import name_of
from app.library.changes import Changes
from app.library.libraries import Libraries
from app.library.service import Library
from app.library.watching import Watching
from app.model_files import ModelKind
from app.preferences import KeptPreferences
from app.recipes.batch import Batches
from app.recipes.exchange import Exchange
from app.recipes.linking import Linking, Links
from app.recipes.repairing import Repair
from app.recipes.sending import Sending
from app.recipes.service import Recipes
from app.recipes.shares import Shares
from app.recipes.stripping import Intake
from app.recipes.views import Showing
from app.settings import Settings
from app.storage.building import build_store
from app.storage.folder import FolderStore
from app.storage.port import ObjectStore


def services_of(
    settings: Settings, clock: Clock, database: Database, web: Web, preferences: KeptPreferences
) -> dict[str, Any]:
    """Each noun's service, under the name that its `api.py` finds it by."""
    local, store = FolderStore(settings.store_folder), build_store(settings)
    library = _library(clock, database, preferences)
    generation = _generation(settings, clock, database, local)
    characters = _characters(settings, clock, database, Stores(local, store), generation)
    recipes = _recipes(
        library, generation, settings=settings, clock=clock, database=database, web=web, preferences=preferences
    )
    changes = Changes(library, clock=clock, roots=preferences.every_root, owner=lambda: name_of(settings.studio_home))
    library.follow_renames(recipes["recipes"].model_renamed)
    return {
        "health": health.Health(
            settings=settings, database=database, backend=generation.backend.condition, store=store
        ),
        "store": store,
        "settings": settings,
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
        "references": References(fetch=PictureFetcher(web).fetch, character=characters["characters"].picture_of),
        **characters,
    }


@dataclass(frozen=True)
class Stores:
    """local: this machine's folder; kept: where job assets go, the bucket if there is one."""

    local: ObjectStore
    kept: ObjectStore


def _characters(
    settings: Settings, clock: Clock, database: Database, stores: Stores, generation: Generation
) -> dict[str, Any]:
    used_by_jobs = JobReferences(database=database, clock=clock)
    characters = Characters(
        database=database,
        clock=clock,
        painter=Portraits(generation),
        pictures=Intake(),
        store=stores.local,
        cloud=stores.kept if settings.storage_backend == "s3" else None,
        serve_from_cloud=settings.serve_from_cloud,
        users=[used_by_jobs.jobs_using, generation.jobs_using],
        holder=name_of(settings.studio_home),
    )
    job_assets = AssetPersistenceService(
        store=stores.kept,
        pictures=characters,
        references=used_by_jobs,
        clock=clock,
        folder=settings.studio_home / "jobs",
        holder=lambda: name_of(settings.studio_home),
        limit=settings.asset_backup_limit,
        links=settings.serve_from_cloud,
    )
    return {"characters": characters, "job_assets": job_assets}


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
