"""Reference images on their way to a model: small ones inside the order, large ones uploaded before it."""

from __future__ import annotations

import base64
from typing import Any

from app.generation.port import Watch
from app.generation.replicate.model import Plan
from app.generation.replicate.wire import LARGEST_DATA_URL_BYTES, Wire
from app.recipes.pictures import check


def sent(plan: Plan, wire: Wire, watch: Watch) -> dict[str, Any]:
    """The inputs that the plan's files fill. Raises Stopped, and what an upload may raise."""
    inputs: dict[str, Any] = {}
    for name, files in plan.files.items():
        addresses = []
        for data in files:
            watch.check()
            addresses.append(_address(data, wire))
        inputs[name] = addresses if name in plan.lists else addresses[0]
    return inputs


def _address(data: bytes, wire: Wire) -> str:
    content_type = check(data).content_type
    if len(data) > LARGEST_DATA_URL_BYTES:
        return wire.upload(data, content_type)
    return f"data:{content_type};base64,{base64.b64encode(data).decode()}"
