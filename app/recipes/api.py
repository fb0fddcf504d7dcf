"""Recipes over HTTP: parse, ask, answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.bodies import LimitedRoute
from app.conditional import already_held, quoted
from app.recipes import pictures
from app.recipes.api_forms import ANALYSIS_BODY, SAVE_BODY, read_analysis, read_save
from app.recipes.api_services import HIDDEN, NONE, Book, FetchOf, IfNoneMatch, Shown
from app.recipes.fingerprint import fingerprint
from app.recipes.inputs import Order, address_of, folder_of, metadata_of, search_fields_of, tags_of
from app.recipes.recipe import lora_view
from app.recipes.service import Draft, Wanted
from app.recipes.tables import Recipe
from app.recipes.views import AnalysisView, RecipePage, RecipeView

router = APIRouter(prefix="/api/lm", tags=["recipes"], route_class=LimitedRoute)

Listed = Annotated[list[str], Query(max_length=50, description="separated by commas, or repeated")]


@router.post("/recipes/analyze-image", openapi_extra=ANALYSIS_BODY)
async def analyse(request: Request, recipes: Book, showing: Shown, fetch: FetchOf) -> AnalysisView:
    """How a picture was made, as far as it says so itself; nothing is kept."""
    given = await read_analysis(request)

    def look() -> AnalysisView:
        data = given if isinstance(given, bytes) else fetch(address_of(given))
        reading = recipes.analyse(data)
        same = fingerprint([lora_view(lora) for lora in reading.loras])
        return showing.analysis(reading, recipes.alike(same))

    return await run_in_threadpool(look)


@router.post("/recipes", status_code=201, openapi_extra=SAVE_BODY)
@router.post("/recipes/save", status_code=201, openapi_extra=SAVE_BODY)
async def save(request: Request, recipes: Book, showing: Shown, response: Response) -> RecipeView:
    """Keep a picture as a recipe: what it says of itself, and what is known better."""
    form, picture = await read_save(request)
    known = metadata_of(form.metadata)
    draft = Draft(
        name=form.name,
        picture=picture,
        tags=tags_of(form.tags) if form.tags.strip() else None,
        settings=None if known.settings is None else known.settings.settings(),
        loras=None if known.loras is None else [lora.lora() for lora in known.loras],
        base_model=known.base_model,
        source=known.source,
        folder=known.folder,
        favorite=known.favorite,
        rating=known.rating,
        mature=known.mature,
    )

    def keep() -> tuple[Recipe, RecipeView, str]:
        recipe = recipes.save(draft)
        return recipe, showing.recipe(recipe), showing.etag(recipe)

    recipe, view, etag = await run_in_threadpool(keep)
    response.headers["Location"] = f"/api/lm/recipe/{recipe.id}"
    response.headers["ETag"] = etag
    return view


@router.get("/recipes")
def find(
    recipes: Book,
    showing: Shown,
    *,
    search: Annotated[str, Query(max_length=200)] = "",
    search_fields: Annotated[
        str, Query(max_length=100, description="where: title, tags, loras, prompt, separated by commas; none: all")
    ] = "",
    sort: Order = "date",
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=500, description="next_cursor of the page before")] = None,
    base_models: Listed = [],  # noqa: B006  # FastAPI copies its defaults
    tag_include: Listed = [],  # noqa: B006
    tag_exclude: Listed = [],  # noqa: B006
    favorite: bool | None = None,
    folder: Annotated[str | None, Query(max_length=300, description="'' for the top")] = None,
    recursive: bool = True,
    lora_hash: Annotated[str | None, Query(max_length=100)] = None,
    checkpoint_hash: Annotated[str | None, Query(max_length=100)] = None,
) -> RecipePage:
    """Recipes that hold every word of `search`; the newest first unless `sort` says otherwise."""
    wanted = Wanted(
        search=search,
        fields=search_fields_of(search_fields),
        base_models=_split(base_models),
        favorite=favorite,
        tag_include=_split(tag_include),
        tag_exclude=_split(tag_exclude),
        folder=None if folder is None else folder_of(folder),
        recursive=recursive,
        lora_hash=lora_hash,
        checkpoint_hash=checkpoint_hash,
    )
    found = recipes.find(wanted, order=sort, page=page, page_size=page_size, cursor=cursor)
    return RecipePage(
        items=showing.recipes(found.items),
        total=found.total,
        page=page,
        page_size=page_size,
        next_cursor=found.next_cursor,
    )


@router.get("/recipe/{recipe_id}", response_model=RecipeView, responses=NONE)
def get(
    recipe_id: str, recipes: Book, showing: Shown, response: Response, if_none_match: IfNoneMatch = None
) -> RecipeView | Response:
    recipe = recipes.get(recipe_id)
    etag = showing.etag(recipe)
    if already_held(if_none_match, etag):
        return Response(status_code=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return showing.recipe(recipe)


@router.get("/recipe/{recipe_id}/image", response_class=Response, responses=NONE | HIDDEN)
def picture(
    recipe_id: str,
    recipes: Book,
    showing: Shown,
    size: Annotated[int | None, Query(ge=16, le=1024, description="longer side of a thumbnail, in pixels")] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The recipe's picture with all that it says of itself, or a small WEBP of it that says the same."""
    recipe = recipes.get(recipe_id)
    showing.refuse_hidden(recipe)
    # Asked for anew each time: a change of the recipe is written into its picture, and safe mode may hide it.
    headers = {
        "ETag": quoted(recipe.sha256 if size is None else f"{recipe.sha256}-{size}"),
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if already_held(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    _, data = recipes.picture(recipe_id)
    if size is not None:
        return Response(pictures.resized(data, size), media_type="image/webp", headers=headers)
    return Response(data, media_type=recipe.content_type, headers=headers)


@router.post("/recipe/{recipe_id}/opened", status_code=204, responses=NONE)
def opened(recipe_id: str, recipes: Book) -> None:
    """Somebody has opened it: noted for the order `opened`. Reading alone changes nothing."""
    recipes.opened(recipe_id)


def _split(listed: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for text in listed for part in text.split(",") if part.strip())
