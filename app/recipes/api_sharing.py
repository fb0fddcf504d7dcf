"""Recipes for use elsewhere over HTTP: as prompt syntax, by a link, as a generation job."""

from __future__ import annotations

from pathlib import PurePosixPath

from fastapi import APIRouter, Response

from app.bodies import LimitedRoute
from app.recipes.api_services import HIDDEN, NONE, Book, LinksOf, SendingOf, SharesOf, Shown, problems
from app.recipes.shares import attachment
from app.recipes.syntax import syntax_of
from app.recipes.views import SentView, ShareView, SyntaxView

router = APIRouter(prefix="/api/lm", tags=["recipes"], route_class=LimitedRoute)


@router.get("/recipe/{recipe_id}/syntax", responses=NONE)
def syntax(recipe_id: str, recipes: Book, links: LinksOf) -> SyntaxView:
    """The recipe's LoRAs as a prompt names them."""
    return SyntaxView(syntax=syntax_of(recipes.get(recipe_id).reading.loras, links))


@router.get("/recipe/{recipe_id}/share", responses=NONE | HIDDEN)
def share(recipe_id: str, recipes: Book, showing: Shown, shares: SharesOf) -> ShareView:
    """A link that gives the picture to whoever holds it, for 300 seconds and without a key."""
    recipe = recipes.get(recipe_id)
    showing.refuse_hidden(recipe)
    link = shares.link(recipe.id)
    return ShareView(url=f"/api/lm/recipe/share/{link.token}", expires_at=link.expires_at)


@router.get(
    "/recipe/share/{token}",
    response_class=Response,
    responses=HIDDEN | problems(_404="this is no link of this studio", _410="the link has expired"),
)
def shared(token: str, recipes: Book, showing: Shown, shares: SharesOf) -> Response:
    """The picture behind a link, as a file with all that it says of itself."""
    recipe = recipes.get(shares.recipe_id(token))
    showing.refuse_hidden(recipe)
    recipe, data = recipes.picture(recipe.id)
    headers = {
        "Content-Disposition": attachment(recipe.name + PurePosixPath(recipe.picture).suffix),
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, media_type=recipe.content_type, headers=headers)


@router.post(
    "/recipe/{recipe_id}/send-to-generation",
    status_code=201,
    responses=NONE | problems(_429="the queue is full; Retry-After says when to come again"),
)
def send(recipe_id: str, sending: SendingOf, response: Response) -> SentView:
    """Queue a generation job with the recipe's settings."""
    sent = sending.send(recipe_id)
    response.headers["Location"] = sent.url
    return SentView.of(sent)
