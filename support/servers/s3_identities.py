"""Who may come to the S3 server: the administrator, a studio that may write, and one that may only read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

REGION = "us-east-1"


@dataclass(frozen=True)
class Identity:
    """Who may do what, in every bucket. Read covers objects, List their names, Admin the buckets themselves."""

    name: str
    access_key: str
    secret_key: str = field(repr=False)
    actions: tuple[str, ...]


ADMIN = Identity(
    "admin", "AKIAPROOFSHEETADMIN0", "admin-secret-0123456789", ("Admin", "Read", "Write", "List", "Tagging")
)
APP = Identity("app", "AKIAPROOFSHEETAPP000", "app-secret-0123456789+/=", ("Read", "Write", "List", "Tagging"))
READ_ONLY = Identity("read-only", "AKIAPROOFSHEETREAD00", "read-secret-0123456789", ("Read", "List"))
IDENTITIES = (ADMIN, APP, READ_ONLY)


def configured(identity: Identity) -> dict[str, Any]:
    """The identity in the form of SeaweedFS's configuration."""
    keys = {"accessKey": identity.access_key, "secretKey": identity.secret_key}
    return {"name": identity.name, "credentials": [keys], "actions": list(identity.actions)}
