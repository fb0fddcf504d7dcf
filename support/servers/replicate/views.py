"""Predictions, models and refusals as the API tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from support.servers.replicate.life import Ordered
from support.servers.replicate.models import Offered
from support.servers.replicate.painting import KINDS


def stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def told(ordered: Ordered, url: str, now: datetime) -> dict[str, Any]:
    """A prediction object. Source: "HTTP API", predictions.get."""
    removed = ordered.is_removed(now)
    output: Any = None
    if ordered.file is not None and not removed:
        output = f"{url}{file_path(ordered)}"
        output = [output] if ordered.model.is_list else output
    body: dict[str, Any] = {
        "id": ordered.id,
        "model": ordered.model.name,
        "version": ordered.model.version_told,
        "input": {} if removed else ordered.input,
        "logs": ordered.logs,
        "output": output,
        "data_removed": removed,
        "error": ordered.error,
        "source": "api",
        "status": ordered.status,
        "created_at": stamp(ordered.created_at),
        "urls": {
            "cancel": f"{url}/v1/predictions/{ordered.id}/cancel",
            "get": f"{url}/v1/predictions/{ordered.id}",
            "web": f"{url}/p/{ordered.id}",
        },
    }
    if ordered.started_at is not None:
        body["started_at"] = stamp(ordered.started_at)
    if ordered.completed_at is not None:
        body["completed_at"] = stamp(ordered.completed_at)
        started = ordered.started_at or ordered.completed_at
        body["metrics"] = {"predict_time": (ordered.completed_at - started).total_seconds()}
    return body


def file_path(ordered: Ordered) -> str:
    return f"/delivery/{ordered.id}/out-0.{ordered.kind}"


def content_type(ordered: Ordered) -> str:
    return KINDS[ordered.kind][1]


def model(offered: Offered, url: str) -> dict[str, Any]:
    """A model object. Source: "HTTP API", models.get."""
    owner, _, name = offered.name.partition("/")
    return {
        "url": f"{url}/{offered.name}",
        "owner": owner,
        "name": name,
        "visibility": "public",
        "is_official": offered.version is None,
        "latest_version": version(offered),
    }


def version(offered: Offered) -> dict[str, Any]:
    return {"id": offered.version_told, "cog_version": "0.9.1", "openapi_schema": offered.schema}


def refusal(status: int, title: str, detail: str, **more: Any) -> dict[str, Any]:
    """A problem document (RFC 7807), as the API has it."""
    return {"title": title, "detail": detail, "status": status, **more}
