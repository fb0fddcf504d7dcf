"""Many small objects out of the store, by its own links: a fifth of what boto3 takes for each."""

from __future__ import annotations

import http.client
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from app.errors import StorageTimeout
from app.storage.port import ObjectStore

# What is larger is streamed; there the cost of asking does not count.
SMALL_BYTES = 4 * 1024 * 1024
SECONDS = 4.0


class Fetching:
    """Connections to the store, one for each thread, while many objects are fetched.

    Whatever is unusual is left to the store itself, which knows what it means: a proxy, a certificate, a refusal, an
    object that is not there. After that no more is tried here.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._own = threading.local()
        self._connections: list[http.client.HTTPConnection] = []
        self._usual = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()

    def small(self, key: str, size_bytes: int) -> bytes | None:
        """An object of that size; None: ask the store. Raises StorageTimeout."""
        if not self._usual or size_bytes > SMALL_BYTES:
            return None
        link = self._store.url(key)
        if link is None:
            return None
        try:
            data = self._get(link.url, size_bytes)
        except TimeoutError as error:
            raise StorageTimeout(
                f"the store does not answer within {SECONDS:g} seconds; see whether AWS_ENDPOINT_URL is in good health"
            ) from error
        except (OSError, http.client.HTTPException, ValueError):
            data = None
        if data is None:
            self._usual = False
        return data

    def _get(self, url: str, size_bytes: int) -> bytes | None:
        parts = urlsplit(url)
        connection = self._connection(parts.scheme, parts.netloc)
        connection.request("GET", url[len(f"{parts.scheme}://{parts.netloc}") :])
        response = connection.getresponse()
        if response.status != 200 or response.length != size_bytes:
            connection.close()
            return None
        return response.read()

    def _connection(self, scheme: str, place: str) -> http.client.HTTPConnection:
        with suppress(AttributeError):
            known: http.client.HTTPConnection = self._own.connection
            return known
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        self._own.connection = connection = kind(place, timeout=SECONDS)
        self._connections.append(connection)
        return connection
