"""Recipes over HTTP: parse, ask, answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Header, Query, Response, UploadFile
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from app.bodies import LimitedRoute
from app.conditional import already_held, quoted
from app.recipes.fingerprint import fingerprint
from app.recipes.inputs import metadata_of, tags_of
from app.recipes.pictures import LARGEST_BYTES
from app.recipes.recipe import Reading, lora_view
from app.recipes.service import Draft, Order, Recipes
from app.recipes.tables import Recipe
from app.sentences import CLEAN, SAID

router = APIRouter(prefix="/api/lm", tags=["recipes"], route_class=LimitedRoute)

NO_SETTINGS = "this picture carries no settings that the studio can read; a screenshot or a messenger drops them"


async def _recipes(connection: HTTPConnection) -> Recipes:
    recipes: Recipes = connection.app.state.recipes
    return recipes


Book = Annotated[Recipes, Depends(_recipes)]
Upload = Annotated[UploadFile, File(description="PNG, JPEG or WebP; at most 10 MiB and 36 megapixels")]
IfNoneMatch = Annotated[str | None, Header()]
Name = Annotated[str, Form(max_length=200), CLEAN, SAID]


class LoraView(BaseModel):
    name: str
    strength: float
    hash: str | None = None


class AnalysisView(BaseModel):
    """What a picture says. format: null when nothing was recognised, and message says so."""

    format: str | None
    confidence: float
    settings: dict[str, Any]
    loras: list[LoraView]
    fingerprint: str
    message: str | None = None

    @classmethod
    def of(cls, reading: Reading) -> AnalysisView:
        loras = [lora_view(lora) for lora in reading.loras]
        return cls(
            format=reading.format,
            confidence=reading.confidence,
            settings=reading.settings.said(),
            loras=[LoraView(**lora) for lora in loras],
            fingerprint=fingerprint(loras),
            message=NO_SETTINGS if reading.format is None else None,
        )


class RecipeView(BaseModel):
    """A recipe as others see it. width, height: of the picture, in pixels; settings: as the picture says."""

    id: str
    name: str
    tags: list[str]
    settings: dict[str, Any]
    loras: list[LoraView]
    fingerprint: str
    format: str | None
    confidence: float
    image_url: str
    content_type: str
    width: int
    height: int
    size_bytes: int
    created_at: datetime

    @classmethod
    def of(cls, recipe: Recipe) -> RecipeView:
        return cls(
            id=recipe.id,
            name=recipe.name,
            tags=recipe.tags,
            settings=recipe.settings,
            loras=[LoraView(**lora) for lora in recipe.loras],
            fingerprint=recipe.fingerprint,
            format=recipe.format,
            confidence=recipe.confidence,
            image_url=f"/api/lm/recipe/{recipe.id}/image",
            content_type=recipe.content_type,
            width=recipe.width,
            height=recipe.height,
            size_bytes=recipe.size_bytes,
            created_at=recipe.created_at,
        )


class RecipePage(BaseModel):
    items: list[RecipeView]
    total: int
    page: int
    page_size: int


@router.post("/recipes/analyze-image")
def analyse(image: Upload, recipes: Book) -> AnalysisView:
    """How a picture was made, as far as it says so itself; nothing is kept."""
    return AnalysisView.of(recipes.analyse(_bytes(image)))


@router.post("/recipes", status_code=201)
@router.post("/recipes/save", status_code=201)
def save(
    image: Upload,
    name: Name,
    recipes: Book,
    response: Response,
    *,
    tags: Annotated[str, Form(description="a JSON list, or separated by commas")] = "",
    metadata: Annotated[str, Form(description='JSON: {"settings": …, "loras": …}; else read from the picture')] = "",
) -> RecipeView:
    settings, loras = metadata_of(metadata)
    draft = Draft(name=name, picture=_bytes(image), tags=tags_of(tags), settings=settings, loras=loras)
    recipe = recipes.save(draft)
    response.headers["Location"] = f"/api/lm/recipe/{recipe.id}"
    response.headers["ETag"] = _etag(recipe)
    return RecipeView.of(recipe)


@router.get("/recipes")
def find(
    recipes: Book,
    search: Annotated[str, Query(max_length=200)] = "",
    sort: Order = "date",
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> RecipePage:
    """Recipes that hold every word of `search`; the newest first, or by name."""
    found = recipes.find(search=search, order=sort, page=page, page_size=page_size)
    items = [RecipeView.of(recipe) for recipe in found.items]
    return RecipePage(items=items, total=found.total, page=page, page_size=page_size)


@router.get("/recipe/{recipe_id}", response_model=RecipeView)
def get(recipe_id: str, recipes: Book, response: Response, if_none_match: IfNoneMatch = None) -> RecipeView | Response:
    recipe = recipes.get(recipe_id)
    if already_held(if_none_match, _etag(recipe)):
        return Response(status_code=304, headers={"ETag": _etag(recipe)})
    response.headers["ETag"] = _etag(recipe)
    return RecipeView.of(recipe)


@router.get("/recipe/{recipe_id}/image", response_class=Response)
def picture(recipe_id: str, recipes: Book, if_none_match: IfNoneMatch = None) -> Response:
    """The recipe's picture, byte for byte as it was saved."""
    recipe, data = recipes.picture(recipe_id)
    headers = {"ETag": quoted(recipe.sha256), "X-Content-Type-Options": "nosniff"}
    if already_held(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=recipe.content_type, headers=headers)


@router.delete("/recipe/{recipe_id}", status_code=204)
def delete(recipe_id: str, recipes: Book) -> None:
    recipes.delete(recipe_id)


def _etag(recipe: Recipe) -> str:
    return quoted(f"{recipe.id}-{recipe.version}")


def _bytes(upload: UploadFile) -> bytes:
    """The upload, one byte beyond the limit at most: enough for its check to see that it is too large."""
    return upload.file.read(LARGEST_BYTES + 1)
