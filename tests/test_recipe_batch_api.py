"""Imports of many pictures at the edge: from a folder, by addresses, in one form; each within its limits."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import InvalidInput
from app.recipes.batch_sources import files_below, title_of
from support.waiting import until
from tests.recipe_studio import RecipeStudio, parameters, picture, serving

FORM = "multipart/form-data; boundary=b"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path) as made:
        yield made


def put(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(parameters(f"picture {number} in {folder.name}")))


def begin(studio: RecipeStudio, **order: Any) -> dict[str, Any]:
    began = studio.ask("POST", "/recipes/batch-import", 202, json=order)
    return studio.imported(began["id"])


def uploaded(studio: RecipeStudio, files: list[tuple[str, bytes]], **fields: str) -> dict[str, Any]:
    parts = [("images", file) for file in files]
    began = studio.ask("POST", "/recipes/batch-import", 202, files=parts, data=fields)
    return studio.imported(began["id"])


def test_a_folder_is_imported_with_all_below_it(studio: RecipeStudio) -> None:
    put(studio.home / "import/holiday", "b.png", "a.PNG", "sea/c.png", ".hidden.png", ".git/d.png", "notes.txt")
    (studio.home / "import/holiday/torn.webp").write_bytes(b"RIFF")
    told = begin(studio, folder="holiday", tags=["sea"], into_folder="2026", at_a_time=10)
    assert told == {
        "id": told["id"], "state": "completed", "total": 4, "done": 4, "added": 3, "skipped": 0,
        "failed": [{"name": "holiday/torn.webp", "why": told["failed"][0]["why"]}],
    }  # fmt: skip
    assert studio.names(folder="2026", tag_include="sea") == ["a", "b", "c"]
    assert begin(studio, folder="")["skipped"] == 3


@pytest.mark.parametrize(
    "folder", ["..", "holiday/../..", "/etc", "a\\..", "absent", "out", "out/sub", "a.png", "empty"]
)
def test_only_folders_below_the_import_folder_are_read(studio: RecipeStudio, folder: str) -> None:
    put(studio.home / "import", "a.png")
    put(studio.home / "outside", "b.png", "sub/c.png")
    (studio.home / "import/empty").mkdir()
    (studio.home / "import/out").symlink_to(studio.home / "outside")
    refused = studio.refused("POST", "/recipes/batch-import", json={"folder": folder})
    assert refused == (422, "invalid_input", "folder")


def test_links_that_lead_out_are_refused_and_told_and_the_rest_is_kept(studio: RecipeStudio) -> None:
    put(studio.home / "import", "a.png")
    put(studio.home / "outside", "b.png")
    (studio.home / "import/out.png").symlink_to(studio.home / "outside/b.png")
    (studio.home / "import/in.png").symlink_to(studio.home / "import/a.png")
    (studio.home / "import/circle.png").symlink_to(studio.home / "import/circle.png")
    (studio.home / "import/folder").symlink_to(studio.home / "outside")
    os.mkfifo(studio.home / "import/pipe.png")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(studio.home / "import/s.png"))
        told = begin(studio, folder="")
    assert (told["added"], told["skipped"]) == (1, 1), "a link within is the same picture"
    assert sorted(failed["name"] for failed in told["failed"]) == ["circle.png", "out.png", "pipe.png", "s.png"]
    assert "leads out" in next(failed["why"] for failed in told["failed"] if failed["name"] == "out.png")


def test_an_import_folder_that_is_not_there_is_told(studio: RecipeStudio) -> None:
    assert studio.refused("POST", "/recipes/batch-import", json={"folder": ""}) == (422, "invalid_input", "folder")


def test_addresses_are_fetched_and_paths_told_by_name(studio: RecipeStudio) -> None:
    items = [{"url": "file:///etc/passwd"}, {"url": "/etc/passwd"}, {"url": "http://127.0.0.1:9/a.png"}]
    told = begin(studio, items=items, at_a_time=1)
    assert (told["state"], told["added"], [failed["name"] for failed in told["failed"]]) == (
        "completed", 0, [item["url"] for item in items],
    )  # fmt: skip


def test_uploaded_files_are_imported_under_their_names(studio: RecipeStudio) -> None:
    files = [
        ("first.png", picture(parameters("one"))), ("folder\\second.jpg", picture(kind="JPEG")),
        ("torn.png", b"\x89PNG"),
    ]  # fmt: skip
    told = uploaded(studio, files, tags='["t"]', into_folder="x", at_a_time="2")
    assert (told["added"], [failed["name"] for failed in told["failed"]]) == (2, ["torn.png"])
    assert studio.names(folder="x", tag_include="t") == ["first", "second"]
    assert uploaded(studio, files[:2])["skipped"] == 2


def test_a_file_without_a_name_is_one_unless_it_is_empty_too(studio: RecipeStudio) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="images"; filename=""\r\n\r\n'
    headers = {"Content-Type": FORM}
    began = studio.ask(
        "POST", "/recipes/batch-import", 202, headers=headers,
        content=part + b"\r\n" + part + picture() + b"\r\n--b--\r\n",
    )  # fmt: skip
    assert (studio.imported(began["id"])["added"], studio.names()) == (1, ["file 1"])
    alone = part + b"\r\n--b--\r\n"
    refused = studio.refused("POST", "/recipes/batch-import", headers=headers, content=alone)
    assert refused == (422, "invalid_input", "images")


def test_more_than_a_picture_may_have_is_told_of_that_file_alone(studio: RecipeStudio) -> None:
    told = uploaded(studio, [("large.png", b"\x89PNG" + b"x" * 10 * 1024 * 1024), ("a.png", picture())])
    assert (told["added"], [failed["name"] for failed in told["failed"]]) == (1, ["large.png"])
    assert "10 MiB" in told["failed"][0]["why"]


def test_two_hundred_files_come_in_one_form(studio: RecipeStudio) -> None:
    files = [(f"{number}.png", picture(parameters(f"picture {number}"), size=(8, 8))) for number in range(200)]
    files[77] = ("77.png", b"damaged")
    told = uploaded(studio, files)
    assert (told["total"], told["added"], [failed["name"] for failed in told["failed"]]) == (200, 199, ["77.png"])


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({}, "folder"), ({"folder": "", "items": [{"url": "http://a/b"}]}, "folder"), ({"items": []}, "items"),
        ({"folder": "", "at_a_time": 0}, "at_a_time"), ({"folder": "", "at_a_time": 11}, "at_a_time"),
        ({"folder": "", "at_a_time": "3"}, "at_a_time"), ({"folder": "", "into_folder": "../x"}, "into_folder"),
        ({"folder": "", "tags": [""]}, "tags.0"), ({"folder": "", "path": "/etc"}, "path"),
        ({"items": [{"path": "/etc/passwd"}]}, "items.0.url"), ({"items": [{"url": "x" * 8001}]}, "items.0.url"),
    ],
)  # fmt: skip
def test_an_order_is_refused_by_the_field_at_fault(studio: RecipeStudio, order: dict[str, Any], field: str) -> None:
    put(studio.home / "import", "a.png")
    assert studio.refused("POST", "/recipes/batch-import", json=order) == (422, "invalid_input", field)


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([("tags", (None, "a"))], "images"),
        ([("images", ("a.png", picture())), ("at_a_time", (None, "11"))], "at_a_time"),
        ([("images", ("a.png", picture())), ("at_a_time", (None, "x"))], "at_a_time"),
        ([("images", ("a.png", picture())), ("into_folder", (None, "/x"))], "into_folder"),
        ([("images", ("a.png", picture())), ("more", (None, "x"))], "more"),
        ([("images", ("a.png", picture())), ("tags", (None, "a")), ("tags", (None, "b"))], "tags"),
        ([("images", ("a.png", picture())), ("tags", (None, "x" * 100_001))], "tags"),
        ([("pictures", ("a.png", picture()))], "pictures"),
        ([("images", (None, "text"))], "images"),
        ([("images", ("a.png", b""))] * 1001, "images"),
    ],
)
def test_a_form_is_refused_by_the_field_at_fault(studio: RecipeStudio, parts: Any, field: str) -> None:
    assert studio.refused("POST", "/recipes/batch-import", files=parts) == (422, "invalid_input", field)
    assert studio.names() == []


@pytest.mark.parametrize(
    ("content", "kind", "field"),
    [
        (b"{", "application/json", "body"),
        (b"", "application/json", "body"),
        (b"x", "text/plain", "Content-Type"),
        (b"x", "multipart/form-data", "Content-Type"),
        (b"x", FORM, "body"),
        (b"--b\r\n", FORM, "body"),
        (b'--b\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\nx', FORM, "body"),
        (b"--b\r\n" + b"X: " + b"y" * 5000, FORM, "body"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(studio: RecipeStudio, content: bytes, kind: str, field: str) -> None:
    headers = {"Content-Type": kind}
    refused = studio.refused("POST", "/recipes/batch-import", content=content, headers=headers)
    assert refused == (422, "invalid_input", field)


def test_json_over_fifteen_mebibytes_is_refused_though_archives_are_not(studio: RecipeStudio) -> None:
    large = {"items": [{"url": "x" * (15 * 1024 * 1024)}]}
    assert studio.refused("POST", "/recipes/batch-import", json=large)[0] == 413


def test_what_was_uploaded_is_gone_from_the_disk_afterwards(studio: RecipeStudio, tmp_path: Path) -> None:
    before = set(Path("/tmp").glob("proofsheet-import-*"))
    uploaded(studio, [("a.png", picture())])
    studio.refused("POST", "/recipes/batch-import", files=[("images", ("a.png", picture())), ("x", (None, "y"))])
    assert until(lambda: set(Path("/tmp").glob("proofsheet-import-*")) <= before)


def test_a_listener_hears_each_picture_and_the_end(studio: RecipeStudio) -> None:
    put(studio.home / "import", "a.png", "b.png")
    stream = studio.listen("/ws/batch-import-progress")
    try:
        assert until(lambda: stream.heard)
        told = begin(studio, folder="", at_a_time=1)
        assert until(lambda: len(stream.heard) == 4)
        assert stream.heard[0] == {"event": "snapshot", "imports": []}
        assert [(event["event"], event["id"]) for event in stream.heard[1:]] == [
            ("imported", told["id"]), ("imported", told["id"]), ("completed", told["id"]),
        ]  # fmt: skip
        assert [event.get("name") for event in stream.heard[1:]] == ["a.png", "b.png", None]
    finally:
        stream.close()
    late = studio.listen(f"/ws/batch-import-progress?id={told['id']}")
    try:
        assert until(lambda: late.heard)
        assert late.heard == [{"event": "snapshot", "imports": [told]}]
    finally:
        late.close()


def test_an_import_is_forgotten_by_a_restart_and_says_so(tmp_path: Path) -> None:
    with serving(tmp_path) as studio:
        put(studio.home / "import", "a.png")
        told = begin(studio, folder="")
    with serving(tmp_path) as studio:
        answer = studio.client.get(f"/api/lm/recipes/batch-import/{told['id']}")
        assert (answer.status_code, "restart" in answer.json()["detail"]) == (404, True)
        assert studio.refused("POST", f"/recipes/batch-import/{told['id']}/cancel")[0] == 404
        assert studio.names() == ["a"]


def test_a_folder_of_too_many_pictures_is_refused(tmp_path: Path) -> None:
    for number in range(10_001):
        (tmp_path / f"{number}.png").touch()
    with pytest.raises(InvalidInput, match=r"10,001 pictures.*at most 10,000"):
        files_below(tmp_path, "")
    (tmp_path / "0.png").unlink()
    assert len(files_below(tmp_path, "")) == 10_000


@pytest.mark.parametrize(
    ("file_name", "title"),
    [
        ("a.png", "a"), ("a\nb.png", "a b"), (".png", ".png"), ("x" * 300 + ".png", "x" * 200), ("", "picture"),
        (" .png", "picture"),
    ],
)  # fmt: skip
def test_a_recipe_is_called_after_its_file(file_name: str, title: str) -> None:
    assert title_of(file_name) == title
