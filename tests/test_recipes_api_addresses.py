"""Recipes' pictures by their addresses: fetched as every picture is, one or many."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.recipe_studio import RecipeStudio, parameters, picture, serving

PICTURE = picture(parameters("a lighthouse by the sea"))


class Gallery(BaseHTTPRequestHandler):
    """A web server with one picture, one page, and nothing else."""

    def do_GET(self) -> None:
        found = {"/sea%20side.png": PICTURE, "/page": b"<html>"}.get(self.path.partition("?")[0])
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Length", str(len(found or b"")))
        self.end_headers()
        self.wfile.write(found or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nobody reads it."""


@pytest.fixture
def gallery() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gallery)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path, allow_private_addresses=True) as made:
        yield made


def test_a_picture_is_analysed_by_its_address(studio: RecipeStudio, gallery: str) -> None:
    told = studio.ask("POST", "/recipes/analyze-image", json={"url": f"{gallery}/sea%20side.png"})
    assert told["settings"]["prompt"] == "a lighthouse by the sea"
    assert studio.names() == []


@pytest.mark.parametrize("path", ["/page", "/absent"])
def test_an_address_without_a_picture_is_refused(studio: RecipeStudio, gallery: str, path: str) -> None:
    assert studio.refused("POST", "/recipes/analyze-image", json={"url": gallery + path})[0] == 422
    assert studio.names() == []


def test_many_are_imported_by_their_addresses_and_keep_where_they_came_from(studio: RecipeStudio, gallery: str) -> None:
    address = f"{gallery}/sea%20side.png"
    items = [{"url": f"{address}?token=secret"}, {"url": f"{gallery}/page"}, {"url": f"{gallery}/absent"}]
    told = studio.imported(studio.ask("POST", "/recipes/batch-import", 202, json={"items": items})["id"])
    assert (told["added"], sorted(failed["name"] for failed in told["failed"])) == (
        1, [f"{gallery}/absent", f"{gallery}/page"],
    )  # fmt: skip
    recipe = studio.ask("GET", "/recipes")["items"][0]
    assert (recipe["name"], recipe["source"]) == ("sea side", address)
