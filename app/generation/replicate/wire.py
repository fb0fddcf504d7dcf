"""HTTP towards Replicate: every answer is checked, every silence told apart by whether the question was heard."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from app.errors import Unavailable
from app.generation.faults import BackendFailed
from app.generation.replicate.errors import NoAnswer, fault_of
from app.generation.replicate.model import Model
from app.generation.replicate.prediction import Prediction

CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0
# Above it Replicate asks for an address in place of a data URL. Source: "Create a prediction", input files.
LARGEST_DATA_URL_BYTES = 256 * 1024
LARGEST_OUTPUT_BYTES = 10 * 1024 * 1024
DELIVERY = "replicate.delivery"
# Pages of a hundred predictions that are looked through for a lost one.
MOST_PAGES = 5


class Wire:
    """The line to the API; connects when it is first used. May be used by several threads.

    Nothing is ever sent twice in here. Raises Unavailable for a url that is no address.
    """

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unavailable("REPLICATE_URL is no address; it begins with https://")
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self._token = token
        self._lock = threading.Lock()
        self._made: httpx.Client | None = None

    def close(self) -> None:
        with self._lock:
            if self._made is not None:
                self._made.close()

    def model(self, reference: str) -> Model:
        """What `owner/name` or `owner/name:version` takes. Raises BackendFailed where there is none."""
        name, _, version = reference.partition(":")
        path = f"/v1/models/{quote(name)}" + (f"/versions/{quote(version)}" if version else "")
        body = self._told("GET", path, about=f"model {reference}: see REPLICATE_MODEL")
        described = body if version else body.get("latest_version")
        schema = described.get("openapi_schema") if isinstance(described, Mapping) else None
        return Model.of(name, version or None, schema)

    def create(self, model: Model, inputs: Mapping[str, Any], *, wait_seconds: int, webhook: str | None) -> Prediction:
        """Order one prediction; it costs money. wait_seconds: the answer may be held back so long for its end.

        Raises NoAnswer, of which `sent` tells whether it may have been ordered all the same; Throttled, Trouble
        and what a refusal means.
        """
        order: dict[str, Any] = {"version": model.reference, "input": dict(inputs)}
        if webhook is not None:
            order |= {"webhook": webhook, "webhook_events_filter": ["completed"]}
        headers = {"Prefer": f"wait={wait_seconds}" if wait_seconds else "respond-async"}
        timeout = httpx.Timeout(READ_SECONDS + wait_seconds, connect=CONNECT_SECONDS)
        about = f"the model {model.name}"
        return self._prediction("POST", "/v1/predictions", about, json=order, headers=headers, timeout=timeout)

    def get(self, prediction_id: str, urls: Mapping[str, str]) -> Prediction:
        path = self._own(urls.get("get")) or f"/v1/predictions/{prediction_id}"
        return self._prediction("GET", path, "prediction of that id")

    def cancel(self, prediction_id: str, urls: Mapping[str, str]) -> Prediction:
        """It ends as canceled, unless it has ended; harmless then."""
        path = self._own(urls.get("cancel")) or f"/v1/predictions/{prediction_id}/cancel"
        return self._prediction("POST", path, "prediction of that id")

    def created_since(self, moment: datetime) -> Iterator[Prediction]:
        """The newest first, page by page, as far as anybody looks."""
        path: str | None = f"/v1/predictions?created_after={quote(moment.isoformat())}"
        for _ in range(MOST_PAGES):
            if path is None:
                return
            body = self._told("GET", path, about="list of predictions")
            found = body.get("results")
            for one in found if isinstance(found, list) else []:
                prediction = Prediction.of(one)
                if prediction is not None:
                    yield prediction
            path = self._own(body.get("next"))

    def upload(self, data: bytes, content_type: str) -> str:
        """Keep a file at Replicate for a day; its address. Source: "HTTP API", files.create."""
        name = f"reference.{content_type.rpartition('/')[2]}"
        body = self._told("POST", "/v1/files", about="the file", files={"content": (name, data, content_type)})
        urls = body.get("urls")
        address = urls.get("get") if isinstance(urls, Mapping) else None
        if not isinstance(address, str):
            raise BackendFailed("Replicate took a reference image and told no address of it")
        return address

    def secret(self) -> str:
        """What webhooks are signed with. Source: "Verify webhooks", webhooks.default.secret.get."""
        return str(self._told("GET", "/v1/webhooks/default/secret", about="secret of webhooks").get("key") or "")

    def output(self, address: str) -> bytes | None:
        """A file that a prediction gave; None when it is no longer kept. It comes from Replicate, or not at all.

        Raises BackendFailed for an address elsewhere and for what is too large, NoAnswer, Trouble.
        """
        own = self._own(address)
        host = urlsplit(address).hostname or ""
        delivered = host == DELIVERY or host.endswith(f".{DELIVERY}")
        # Certificates are looked at where the API itself is spoken to by TLS, and only there.
        secure = self.url.startswith("https:") and address.startswith("https://")
        if own is None and not (delivered and secure):
            raise BackendFailed("the prediction's picture is not at Replicate")
        # The token is for the API alone; whoever delivers the files must not learn it.
        headers = {} if own is None else {"Authorization": f"Bearer {self._token}"}
        try:
            with self._client().stream("GET", own or address, headers=headers) as answer:
                if answer.status_code in (404, 410):
                    return None
                if answer.status_code != 200:
                    answer.read()
                    raise fault_of(answer.status_code, _body(answer), answer.headers, about="the picture")
                return _at_most(answer, LARGEST_OUTPUT_BYTES)
        except httpx.HTTPError as error:
            raise _silence(error) from error

    def _prediction(self, method: str, path: str, about: str, **more: Any) -> Prediction:
        prediction = Prediction.of(self._told(method, path, about=about, **more))
        if prediction is None:
            raise NoAnswer("Replicate does not answer as its API does (no prediction)", sent=True)
        return prediction

    def _told(
        self, method: str, path: str, *, about: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Mapping[str, Any]:
        allowed = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        try:
            answer = self._client().request(method, path, headers=allowed, **more)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _silence(error) from error
        body = _body(answer)
        if answer.status_code not in (200, 201, 202):
            raise fault_of(answer.status_code, body, answer.headers, about=about)
        if not isinstance(body, Mapping):
            raise NoAnswer("Replicate does not answer as its API does (no JSON)", sent=True)
        return body

    def _own(self, address: object) -> str | None:
        """The address below the API's own; None for one elsewhere, which must not be given the token."""
        if not isinstance(address, str) or not address.startswith(f"{self.url}/"):
            return None
        return address.removeprefix(self.url)

    def _client(self) -> httpx.Client:
        with self._lock:
            if self._made is None:
                timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
                tls: ssl.SSLContext | bool = _tls() if self.url.startswith("https:") else False
                self._made = httpx.Client(base_url=self.url, timeout=timeout, trust_env=False, verify=tls)
            return self._made


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # milliseconds, so once


def _body(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return answer.text[:2000]


def _at_most(answer: httpx.Response, limit: int) -> bytes:
    got = bytearray()
    for chunk in answer.iter_bytes():
        got += chunk
        if len(got) > limit:
            raise BackendFailed(f"the prediction's picture has more than {limit // 1024 // 1024} MiB")
    return bytes(got)


def _silence(error: Exception) -> NoAnswer:
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)):
        return NoAnswer("Replicate cannot be reached", sent=False)
    what = "does not answer" if isinstance(error, httpx.TimeoutException) else "broke off its answer"
    return NoAnswer(f"Replicate {what}", sent=True)
