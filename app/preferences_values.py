"""The values that preferences may have: their limits, and what is wrong with others in words that repeat no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from app.downloads.templates import check_template
from app.errors import InvalidInput
from app.preferences_roots import root

MAX_ROOTS = 20
MAX_NUMBER = 2**63


def _template(template: str) -> str:
    try:
        check_template(template)
    except InvalidInput as error:
        raise ValueError(error.message.removeprefix("path_template: ")) from error
    return template


def _text(secret: object) -> object:
    # Pydantic's own words would repeat what was sent.
    if not isinstance(secret, str | SecretStr):
        raise ValueError("this must be text")
    return secret


def _proxy(proxy: SecretStr) -> SecretStr:
    try:
        address = httpx.URL(proxy.get_secret_value())
    except httpx.InvalidURL as error:
        raise ValueError("this is no address of a proxy") from error
    if address.scheme != "http" or not address.host or address.raw_path not in (b"", b"/"):
        raise ValueError("a proxy is written like http://proxy.example:3128")
    return proxy


Places = Annotated[int, Field(ge=1, le=16, strict=True)]
BytesPerSecond = Annotated[int, Field(ge=1, lt=MAX_NUMBER, strict=True)]
FreeBytes = Annotated[int, Field(ge=0, lt=MAX_NUMBER, strict=True)]
Roots = Annotated[list[Annotated[Path, AfterValidator(root)]], Field(min_length=1, max_length=MAX_ROOTS)]
Template = Annotated[str, AfterValidator(_template)]
Key = Annotated[SecretStr, BeforeValidator(_text)]
Proxy = Annotated[SecretStr, BeforeValidator(_text), AfterValidator(_proxy)]
Strict = Annotated[bool, Field(strict=True)]
