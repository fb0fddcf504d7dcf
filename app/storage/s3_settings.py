"""What a bucket is found and opened with."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.settings import Settings
from app.storage.presigning import Keys


@dataclass(frozen=True)
class S3Settings:
    """keys: None lets boto3's own chain find them (profile, container, instance role).

    endpoint: address of an S3 server other than Amazon's; None: Amazon's. expiry_seconds: of links.
    """

    bucket: str
    region: str = "us-east-1"
    endpoint: str | None = None
    keys: Keys | None = field(default=None, repr=False)
    expiry_seconds: int = 3600

    @classmethod
    def of(cls, settings: Settings) -> S3Settings:
        keys = None
        if settings.aws_access_key_id is not None and settings.aws_secret_access_key is not None:
            token = settings.aws_session_token
            keys = Keys(
                settings.aws_access_key_id.get_secret_value(),
                settings.aws_secret_access_key.get_secret_value(),
                token.get_secret_value() if token is not None else None,
            )
        return cls(
            bucket=settings.storage_bucket or "",
            region=settings.aws_region,
            endpoint=settings.aws_endpoint_url,
            keys=keys,
            expiry_seconds=settings.presigned_url_expiry,
        )

    @property
    def server(self) -> str:
        """The server in words that may be told."""
        return self.endpoint or f"Amazon S3 in {self.region}"
