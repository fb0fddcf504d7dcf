"""What the recipes' routes ask for: each service under the name that the studio gives it."""

from __future__ import annotations

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


async def _recipes(connection: HTTPConnection) -> Recipes:
    recipes: Recipes = connection.app.state.recipes
    return recipes


async def _showing(connection: HTTPConnection) -> Showing:
    showing: Showing = connection.app.state.recipe_showing
    return showing


async def _links(connection: HTTPConnection) -> Links:
    links: Links = connection.app.state.recipe_links
    return links


async def _linking(connection: HTTPConnection) -> Linking:
    linking: Linking = connection.app.state.recipe_linking
    return linking


async def _repair(connection: HTTPConnection) -> Repair:
    repair: Repair = connection.app.state.recipe_repair
    return repair


async def _shares(connection: HTTPConnection) -> Shares:
    shares: Shares = connection.app.state.recipe_shares
    return shares


async def _sending(connection: HTTPConnection) -> Sending:
    sending: Sending = connection.app.state.recipe_sending
    return sending


async def _batches(connection: HTTPConnection) -> Batches:
    batches: Batches = connection.app.state.recipe_batches
    return batches


async def _exchange(connection: HTTPConnection) -> Exchange:
    exchange: Exchange = connection.app.state.recipe_exchange
    return exchange


async def _fetch(connection: HTTPConnection) -> Fetch:
    fetch: Fetch = connection.app.state.recipe_fetch
    return fetch


Book = Annotated[Recipes, Depends(_recipes)]
Shown = Annotated[Showing, Depends(_showing)]
LinksOf = Annotated[Links, Depends(_links)]
LinkingOf = Annotated[Linking, Depends(_linking)]
RepairOf = Annotated[Repair, Depends(_repair)]
SharesOf = Annotated[Shares, Depends(_shares)]
SendingOf = Annotated[Sending, Depends(_sending)]
BatchesOf = Annotated[Batches, Depends(_batches)]
ExchangeOf = Annotated[Exchange, Depends(_exchange)]
FetchOf = Annotated[Fetch, Depends(_fetch)]
IfNoneMatch = Annotated[str | None, Header()]


def problems(**told: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of refusals, each by its status: `_404="there is no such recipe"`."""
    return {
        int(status.removeprefix("_")): {"description": why, "content": {PROBLEM_TYPE: {}}}
        for status, why in told.items()
    }


NONE = problems(_404="there is no such recipe")
HIDDEN = problems(_403="the picture is mature, and safe mode hides those")
