"""What went wrong at a bucket, told as the studio's own error: the setting to look at, and never a key.

Only NoSuchKey is "not found". Sources: Amazon S3 API Reference, "Error responses"; botocore's exceptions.
"""

from __future__ import annotations

from app.errors import (
    Conflict,
    NoSuchObject,
    StorageMisplaced,
    StorageRefused,
    StorageTimeout,
    StorageUnavailable,
    StorageUnreachable,
    StudioError,
)
from app.storage.s3_settings import S3Settings

_NO_KEY = frozenset({"NoSuchKey"})
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_MISPLACED = frozenset(
    {"NoSuchBucket", "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "InvalidBucketName",
     "IllegalLocationConstraintException", "404", "301", "307"}
)  # fmt: skip
_WRONG_KEYS = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
     "InvalidClientTokenId", "AuthFailure", "NotSignedUp", "401"}
)  # fmt: skip
_REFUSED = frozenset({"AccessDenied", "AccountProblem", "AllAccessDisabled", "Forbidden", "403"})
_BUSY = frozenset({"SlowDown", "RequestTimeout", "TooManyRequests"})
_KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def told(error: Exception, where: S3Settings, key: str | None = None) -> StudioError:
    """The studio's error for one of botocore's, to be raised from it. key: the object that it was about."""
    from botocore import exceptions as boto  # noqa: PLC0415  # not to be paid for before the bucket is used

    bucket = named(where)
    match error:
        case StudioError():
            return error
        case boto.ClientError():
            return answered(code_of(error), status_of(error), _words_of(error), where, key)
        case boto.ConnectTimeoutError() | boto.ReadTimeoutError():
            explained: StudioError = StorageTimeout(f"{bucket} does not answer in time")
        case boto.NoCredentialsError() | boto.CredentialRetrievalError() | boto.TokenRetrievalError() | boto.SSOError():
            explained = StorageRefused(
                f"there are no keys for {bucket}: set {_KEYS}, or have a profile or role give them"
            )
        case boto.PartialCredentialsError() | boto.ProfileNotFound() | boto.ConfigParseError():
            explained = StorageRefused(f"AWS's own configuration gives no keys for {bucket}: set {_KEYS}, or mend it")
        case boto.ConnectionError() | boto.HTTPClientError() | boto.IncompleteReadError() | OSError():
            explained = StorageUnreachable(f"{bucket} cannot be reached: is it up, and AWS_ENDPOINT_URL right?")
        case _ if type(error).__name__ == "ResponseParserError":
            explained = StorageUnavailable(
                f"what answers at {where.server} is no S3 server: is AWS_ENDPOINT_URL right?"
            )
        case _:
            explained = StorageUnavailable(f"{bucket} cannot be used: {type(error).__name__}")
    return explained


def answered(code: str, status: int, words: str, where: S3Settings, key: str | None) -> StudioError:
    """The studio's error for S3's own answer: its code, its HTTP status, what it says."""
    if code in _NO_KEY:
        return NoSuchObject(f"there is no object {key!r}")
    if code in _TAKEN:
        return Conflict(f"there is an object {key!r} already")
    return _in_trouble(code, status, words, named(where))


def _in_trouble(code: str, status: int, words: str, bucket: str) -> StorageUnavailable:
    if code in _MISPLACED:
        return StorageMisplaced(f"there is no {bucket.removeprefix('the ')}: are STORAGE_BUCKET and AWS_REGION right?")
    if code in _WRONG_KEYS:
        return StorageRefused(f"{bucket} does not accept the studio's keys ({code}): look at {_KEYS}")
    if code == "RequestTimeTooSkewed":
        return StorageRefused(f"{bucket} refuses the studio because this machine's clock is wrong: set it")
    if code in _REFUSED or status in (401, 403):
        return StorageRefused(f"{bucket} does not let the studio's keys do that ({code}): look at its policy")
    if status >= 500 or code in _BUSY:
        return StorageUnreachable(f"{bucket} says that it cannot serve now ({code})")
    return StorageUnavailable(f"{bucket} refuses: {words or code}")


def named(where: S3Settings) -> str:
    """The bucket in words that may be told to anybody."""
    return f"the bucket {where.bucket!r} at {where.server}"


def code_of(error: Exception) -> str:
    """S3's code for what went wrong; the bare status where an answer has no body (HEAD)."""
    answer = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


def status_of(error: Exception) -> int:
    answer = getattr(error, "response", None) or {}
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _words_of(error: Exception) -> str:
    answer = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Message", ""))[:200]
