"""What settings a bucket can be found by: checked at the start, so that no picture is the first to tell."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Source: Amazon S3, "General purpose bucket naming rules".
_BUCKET = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_REGION = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)


def storage_fault(name: str | None, value: object, access_key: object) -> str | None:
    """What is wrong with one setting of a store on S3, as the end of a sentence; None: nothing.

    access_key: AWS_ACCESS_KEY_ID, which the secret must come with. No value is told: it may be a secret.
    """
    if name == "aws_secret_access_key":
        if (value is None) != (access_key is None):
            return "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together: set both, or neither"
        return None
    text = "" if value is None else str(value)
    if name == "storage_bucket":
        if not text:
            return "STORAGE_BACKEND=s3 needs the name of the bucket"
        return None if _BUCKET.fullmatch(text) else "this is no bucket's name: 3 to 63 of a-z, 0-9, - and ."
    if name == "aws_region":
        return None if _REGION.fullmatch(text) else "this is no region's name; one is such as us-east-1"
    return _endpoint_fault(text) if text else None


def _endpoint_fault(text: str) -> str | None:
    right = "it should be such as https://s3.example.com:9000"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"this is no address: {right}"
    if parts.scheme not in ("http", "https") or not host:
        return f"this is no address: {right}"
    if parts.username is not None or parts.query or parts.fragment:
        return f"no keys, ? or # belong into this address: {right}"
    return None
