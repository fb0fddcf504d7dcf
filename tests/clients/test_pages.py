"""A front end's pages, served by the double: where the real server has them, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.servers.comfyui import ComfyUI

PAGE = "<!doctype html><title>A front end</title>"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[httpx.Client]:
    pages = tmp_path / "static"
    (pages / "extensions" / "core").mkdir(parents=True)
    (pages / "index.html").write_text(PAGE, "utf-8")
    (pages / "extensions" / "core" / "notes.js").write_text("export {}", "utf-8")
    (tmp_path / "secret.txt").write_text("not to be served", "utf-8")
    (pages / "extensions" / "way-out.txt").symlink_to(tmp_path / "secret.txt")
    with ComfyUI(front_end=pages) as double, httpx.Client(base_url=double.url, trust_env=False) as client:
        yield client


def test_the_root_is_the_front_ends_page_which_no_browser_keeps(web: httpx.Client) -> None:
    answer = web.get("/")
    assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, PAGE, "no-cache")


def test_an_extension_is_listed_under_the_address_that_serves_it(web: httpx.Client) -> None:
    assert web.get("/api/extensions").json() == ["/extensions/core/notes.js"]
    assert web.get("/extensions/core/notes.js").text == "export {}"


@pytest.mark.parametrize(
    "path",
    ["/api/index.html", "/nothing.html", "/extensions/core", "/extensions/way-out.txt", "/extensions/../../secret.txt"],
)
def test_what_is_no_page_is_not_found(web: httpx.Client, path: str) -> None:
    # As the path stands: a client of its own accord would shorten the dots away.
    request = web.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    assert web.send(request).status_code == 404


def test_the_interface_stays_reachable_under_both_addresses(web: httpx.Client) -> None:
    assert web.get("/api/queue").json() == web.get("/queue").json() == {"queue_running": [], "queue_pending": []}


def test_without_pages_the_double_has_no_extensions() -> None:
    with ComfyUI() as double:
        assert httpx.get(f"{double.url}/extensions", trust_env=False).json() == []
