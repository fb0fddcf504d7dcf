"""The reference images of a request: found wherever the caller says that they are, and checked before anything else."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from app.errors import InvalidInput, NotFound
from app.generation.inputs import InferenceRequest
from app.recipes.pictures import check

_DATA_URL = re.compile(r"data:image/(?:png|jpeg|webp);base64,", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


class References:
    """Finds reference images: uploaded, inside the request, among the characters, or on the web.

    fetch: the bytes at an address; it decides which addresses may be read, and names image_url in what it
    raises. character: the bytes of a stored character reference by its UUID; raises NotFound.
    """

    def __init__(self, *, fetch: Callable[[str], bytes], character: Callable[[str], bytes]) -> None:
        self._fetch = fetch
        self._character = character

    def of(self, request: InferenceRequest, uploaded: bytes | None) -> tuple[bytes, ...]:
        """The request's references as whole, decodable picture files, the characters last and in their order.

        () for a request without one. It may wait for another server. Raises InvalidInput, TooLarge, and what
        `fetch` and `character` raise.
        """
        ids = request.character_references
        twice = next((one for one in ids if ids.count(one) > 1), None)
        if twice is not None:
            raise InvalidInput(
                f"character_references names {twice} twice; name each once", field="character_references"
            )
        return self._first(request, uploaded) + tuple(self._stored(one, "character_references") for one in ids)

    def _first(self, request: InferenceRequest, uploaded: bytes | None) -> tuple[bytes, ...]:
        """The picture that comes with the request, or that it names itself."""
        by_address = request.image_url is not None
        if (uploaded is not None) + (request.image is not None) + by_address > 1:
            raise InvalidInput(
                "image and image_url give more than one reference image; give one of them",
                field="image_url" if by_address else "image",
            )
        if request.image_url is not None:
            return (check(self._fetch(request.image_url), field="image_url").data,)
        if request.image is not None:
            uploaded = self._named(request.image)
        return () if uploaded is None else (check(uploaded, field="image").data,)

    def _named(self, image: str) -> bytes:
        if _UUID.fullmatch(image):
            return self._stored(image.lower(), "image")
        start = _DATA_URL.match(image)
        if start is None:
            hint = "; an address belongs into image_url" if image[:8].lower().startswith(("http:", "https:")) else ""
            raise InvalidInput(
                "image must be a data URL of a PNG, JPEG or WebP picture (data:image/png;base64,…), "
                f"or the UUID of a stored character reference{hint}",
                field="image",
            )
        try:
            return base64.b64decode(image[start.end() :], validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput("image must hold its picture in base64, this is not base64", field="image") from error

    def _stored(self, image_id: str, field: str) -> bytes:
        try:
            return check(self._character(image_id), field=field).data
        except NotFound as error:
            raise InvalidInput(f"{field}: there is no stored character reference {image_id}", field=field) from error
