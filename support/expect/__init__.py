"""What a Then says, in product words: `expect.download(world, name).completed()`.

Each check names its promise, what it found instead, and the nearest evidence, under both runners.
"""

from support.expect.character_uploads import uploads
from support.expect.characters import characters
from support.expect.cloud import cloud
from support.expect.comfyui import servers
from support.expect.downloads import download
from support.expect.downloads_all import downloads
from support.expect.downloads_hub import hub
from support.expect.downloads_told import told
from support.expect.generation import pictures
from support.expect.job import job
from support.expect.job_assets import job_assets
from support.expect.jobs import heard, jobs
from support.expect.libraries import libraries
from support.expect.library import library
from support.expect.library_changed import library_changed
from support.expect.library_model import model
from support.expect.library_previews import preview
from support.expect.observing import observed
from support.expect.preferences import preferences
from support.expect.recipe_exchange import exchange
from support.expect.recipe_imports import imported
from support.expect.recipe_settings import settings_read
from support.expect.recipes import recipe
from support.expect.recipes_all import recipes
from support.expect.replicate import provider
from support.expect.studio import refused, studio

__all__ = [
    "characters",
    "cloud",
    "download",
    "downloads",
    "exchange",
    "heard",
    "hub",
    "imported",
    "job",
    "job_assets",
    "jobs",
    "libraries",
    "library",
    "library_changed",
    "model",
    "observed",
    "pictures",
    "preferences",
    "preview",
    "provider",
    "recipe",
    "recipes",
    "refused",
    "servers",
    "settings_read",
    "studio",
    "told",
    "uploads",
]
