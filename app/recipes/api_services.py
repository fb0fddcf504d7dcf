"""What the recipes' routes ask for: each service under the name that the studio gives it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Header
from starlette.requests import HTTPConnection

from app.errors import PROBLEM_TYPE
from app.recipes.batch import Batches
from app.recipes.exchange import Exchange
from app.recipes.linking import Linking, Links
from app.recipes.port import Fetch
from app.recipes.repairing import Repair
from app.recipes.sending import Sending
from app.recipes.service import Recipes
from app.recipes.shares import Shares
from app.recipes.views import Showing


def _service(name: str) -> Callable[[HTTPConnection], Awaitable[Any]]:
    """What the studio keeps under this name, for a route to depend on."""

    async def service(connection: HTTPConnection) -> Any:
        return getattr(connection.app.state, name)

    return service


Book = Annotated[Recipes, Depends(_service("recipes"))]
Shown = Annotated[Showing, Depends(_service("recipe_showing"))]
LinksOf = Annotated[Links, Depends(_service("recipe_links"))]
LinkingOf = Annotated[Linking, Depends(_service("recipe_linking"))]
RepairOf = Annotated[Repair, Depends(_service("recipe_repair"))]
SharesOf = Annotated[Shares, Depends(_service("recipe_shares"))]
SendingOf = Annotated[Sending, Depends(_service("recipe_sending"))]
BatchesOf = Annotated[Batches, Depends(_service("recipe_batches"))]
ExchangeOf = Annotated[Exchange, Depends(_service("recipe_exchange"))]
FetchOf = Annotated[Fetch, Depends(_service("recipe_fetch"))]
IfNoneMatch = Annotated[str | None, Header()]


def problems(**told: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of refusals, each by its status: `_404="there is no such recipe"`."""
    return {
        int(status.removeprefix("_")): {"description": why, "content": {PROBLEM_TYPE: {}}}
        for status, why in told.items()
    }


NONE = problems(_404="there is no such recipe")
HIDDEN = problems(_403="the picture is mature, and safe mode hides those")
