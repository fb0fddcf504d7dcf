"""The studio's settings: read once, from the environment or a `.env` file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from app.model_files import ModelKind
from app.settings_storage import storage_fault

Commas = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Every setting, its unit and its default. Unknown values are refused at the start."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    studio_home: Path = Field(default=Path.home() / ".proofsheet", description="folder where everything local lives")
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL of the database; default: `studio.db` in STUDIO_HOME"
    )
    backend: Literal["mock", "comfyui", "replicate"] = Field(
        default="mock", description="the image backend: `mock`, `comfyui` or `replicate`"
    )
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="keys that callers must send as X-API-Key, separated by commas; none: loopback only"
    )
    allowed_origins: Commas = Field(
        default=(), description="web origins besides the studio's own that may call it, separated by commas"
    )
    download_concurrency: int = Field(default=2, ge=1, le=16, description="downloads that run at the same time")
    download_connections: int = Field(
        default=16, ge=1, le=16, description="connections that one download may open at the same time"
    )
    download_speed_limit: int | None = Field(
        default=None, ge=1, description="bytes per second that all downloads together may take; none: unlimited"
    )
    download_keep_free_bytes: int = Field(
        default=512 * 1024 * 1024, ge=0, description="bytes on the disk that downloads leave free"
    )
    download_stall_seconds: float = Field(
        default=30, gt=0, description="seconds that a download's connection may be silent before it counts as broken"
    )
    hub_url: str = Field(default="https://civitai.com", description="address of the Civitai-style model hub")
    huggingface_url: str = Field(default="https://huggingface.co", description="address of the Hugging Face hub")
    proxy: SecretStr | None = Field(
        default=None, description="address of the HTTP proxy that downloads go through, its user and password included"
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="whether downloads and pictures by address may come from loopback and private addresses",
    )
    library_watch: bool = Field(
        default=False, description="whether the library's folders are watched, so that new models need no scan"
    )
    recipe_watch_folder: Path | None = Field(
        default=None, description="folder whose new pictures become recipes by themselves; none: no folder is watched"
    )
    import_folder: Path | None = Field(
        default=None, description="folder below which many pictures are imported at once; default: STUDIO_HOME/import"
    )
    generation_queue_limit: int = Field(
        default=500, ge=1, description="generation jobs that may wait at the same time; one more is refused with 429"
    )
    generation_time_limit_seconds: float = Field(
        default=600, gt=0, description="seconds that one attempt at a job may take"
    )
    generation_keep_days: float = Field(
        default=30, gt=0, description="days that the pictures of a finished job are kept; its record stays"
    )
    mock_step_seconds: float = Field(
        default=0, ge=0, description="seconds that the mock backend takes for each inference step"
    )
    mock_memory_pixels: int = Field(
        default=4 * 1024 * 1024,
        gt=0,
        description="pixels that the mock backend has memory for, all of a batch together",
    )
    comfyui_urls: Commas = Field(
        default=("http://127.0.0.1:8188",), description="addresses of ComfyUI servers, separated by commas"
    )
    comfyui_workflow: Literal["checkpoint", "kontext"] = Field(
        default="checkpoint",
        description="`checkpoint`: one file with all parts; `kontext`: FLUX.1-Kontext in parts, which can edit",
    )
    comfyui_checkpoint: str | None = Field(
        default=None,
        description="the checkpoint (for `kontext`: the diffusion model) to paint with; default: the first",
    )
    comfyui_clip: Commas = Field(default=(), description="for `kontext`: the two text encoders, CLIP-L first, then T5")
    comfyui_vae: str | None = Field(default=None, description="for `kontext`: the VAE")
    comfyui_denoise: float = Field(
        default=0.75, gt=0, le=1, description="for `checkpoint`: how much of a reference picture is painted anew"
    )
    replicate_api_token: SecretStr | None = Field(default=None, description="the token for Replicate's API")
    replicate_url: str = Field(default="https://api.replicate.com", description="address of Replicate's API")
    replicate_model: str = Field(
        default="black-forest-labs/flux-kontext-pro", description="the model on Replicate to paint with"
    )
    replicate_webhook_secret: SecretStr | None = Field(
        default=None, description="what Replicate signs its webhooks with, `whsec_…`"
    )
    replicate_webhook_url: str | None = Field(
        default=None,
        description="address at which Replicate reaches this studio; none: the studio asks instead of being told",
    )
    storage_backend: Literal["local", "s3"] = Field(
        default="local",
        description="where characters and job assets are kept: `local`: in STUDIO_HOME; `s3`: in a bucket, too",
    )
    storage_bucket: str | None = Field(
        default=None, validate_default=True, description="the bucket's name; `s3` needs one"
    )
    serve_from_cloud: bool = Field(
        default=False, description="whether callers get links into the bucket instead of pictures"
    )
    presigned_url_expiry: int = Field(
        default=3600, ge=1, le=604_800, description="seconds that a link into the bucket can be opened"
    )
    asset_backup_limit: int = Field(default=10, ge=1, description="versions of a job's final video that are kept")
    aws_access_key_id: SecretStr | None = Field(
        default=None, description="the bucket's key; none: profile, container or instance role are asked"
    )
    aws_secret_access_key: SecretStr | None = Field(
        default=None, validate_default=True, description="the secret that belongs to AWS_ACCESS_KEY_ID"
    )
    aws_session_token: SecretStr | None = Field(default=None, description="what temporary keys come with")
    aws_region: str = Field(default="us-east-1", description="the bucket's region")
    aws_endpoint_url: str | None = Field(
        default=None, description="address of an S3 server other than Amazon's, its buckets found by path"
    )

    @field_validator("storage_bucket", "aws_secret_access_key", "aws_endpoint_url", "aws_region")
    @classmethod
    def _fit_for_s3(cls, value: Any, checked: ValidationInfo) -> Any:
        # With `local` they say nothing: a machine may have them in its environment for other programs.
        if checked.data.get("storage_backend") == "s3":
            fault = storage_fault(checked.field_name, value, checked.data.get("aws_access_key_id"))
            if fault is not None:
                raise ValueError(fault)
        return value

    @field_validator(
        "replicate_api_token", "replicate_webhook_secret", "replicate_webhook_url", "storage_bucket",
        "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_endpoint_url",
        mode="before",
    )  # fmt: skip
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("studio_home", "recipe_watch_folder", "import_folder")
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser()

    @field_validator("api_keys", "allowed_origins", "comfyui_urls", "comfyui_clip", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @classmethod
    def exactly(cls, **values: Any) -> Settings:
        """Settings from these values alone: neither the environment nor a `.env` file is read."""
        return _Exactly(**values)

    @property
    def database(self) -> str:
        """The database's URL, the default one filled in."""
        return self.database_url or f"sqlite:///{self.studio_home / 'studio.db'}"

    @property
    def models_folder(self) -> Path:
        return self.studio_home / "models"

    def folder_of(self, kind: ModelKind) -> Path:
        return self.models_folder / kind

    @property
    def recipes_folder(self) -> Path:
        return self.studio_home / "recipes"

    @property
    def imports_folder(self) -> Path:
        """The folder below which pictures are imported, the default one filled in."""
        return self.import_folder or self.studio_home / "import"

    @property
    def store_folder(self) -> Path:
        return self.studio_home / "store"


class _Exactly(Settings):
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def explain(error: ValidationError) -> str:
    """A person's reading of what is wrong with the settings, one line a setting."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        name = str(fault["loc"][0]).upper() if fault["loc"] else "settings"
        lines.append(f"{name}: {fault['msg']}")
    return "\n".join(lines)
