"""The studio's settings: read once, from the environment or a `.env` file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from app.model_files import ModelKind

Commas = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Every setting, its unit and its default. Unknown values are refused at the start."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    studio_home: Path = Field(default=Path.home() / ".proofsheet", description="folder where everything local lives")
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL of the database; default: `studio.db` in STUDIO_HOME"
    )
    backend: Literal["mock"] = Field(default="mock", description="the image backend: `mock`")
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        default=(), description="keys that callers must send as X-API-Key, separated by commas; none: loopback only"
    )
    allowed_origins: Commas = Field(
        default=(), description="web origins besides the studio's own that may call it, separated by commas"
    )
    download_concurrency: int = Field(default=2, ge=1, le=16, description="downloads that run at the same time")
    download_stall_seconds: float = Field(
        default=30, gt=0, description="seconds that a download's connection may be silent before it counts as broken"
    )
    hub_url: str = Field(default="https://civitai.com", description="address of the Civitai-style model hub")
    allow_private_addresses: bool = Field(
        default=False, description="whether downloads may come from loopback and private addresses"
    )

    @field_validator("studio_home")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        return value.expanduser()

    @field_validator("api_keys", "allowed_origins", mode="before")
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
