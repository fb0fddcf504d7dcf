"""The folders of the ComfyUI double: names of saved files, /view, uploads, user data, and what lies outside."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.applications import Starlette

from support.servers.comfyui import catalogue, object_info, views
from support.servers.comfyui.files import Folders, OutsideFolder
from support.servers.comfyui.nodes import NODES
from support.servers.comfyui.nodes.registry import Context, run


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "double")


class Client:
    """The routes without a server."""

    def __init__(self, folders: Folders) -> None:
        routes = [*views.routes(folders), *catalogue.routes(folders), *object_info.routes(NODES, folders)]
        transport = httpx.ASGITransport(Starlette(routes=routes), raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://double")

    def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **request))

    def __enter__(self) -> Client:
        self._runner = asyncio.Runner()
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture
def ask(folders: Folders) -> Iterator[Client]:
    with Client(folders) as client:
        yield client


def png(colour: tuple[int, ...] = (1, 2, 3, 99), mode: str = "RGBA") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


def seen(answer: httpx.Response) -> Image.Image:
    return Image.open(io.BytesIO(answer.content))


def saved(folders: Folders, prefix: str, count: int = 1, size: tuple[int, int] = (4, 3)) -> list[dict[str, str]]:
    images = [Image.new("RGB", size)] * count
    ui = run(NODES["SaveImage"], {"images": images, "filename_prefix": prefix}, Context(folders)).ui
    assert ui is not None
    files: list[dict[str, str]] = ui["images"]
    return files


# Names of saved files


def test_the_number_counts_on_from_the_disk(folders: Folders) -> None:
    for name in ("x_00007_.png", "x_00041_old.png", "xy_00099_.png", "x_abc_.png"):
        (folders.output / name).touch()
    assert [file["filename"] for file in saved(folders, "x", 2)] == ["x_00042_.png", "x_00043_.png"]


def test_a_deleted_file_gives_its_number_back(folders: Folders) -> None:
    first = saved(folders, "x")[0]["filename"]
    (folders.output / first).unlink()
    assert saved(folders, "x")[0]["filename"] == first == "x_00001_.png"


def test_a_prefix_with_folders_makes_them(folders: Folders) -> None:
    assert saved(folders, "a/b/c") == [{"filename": "c_00001_.png", "subfolder": "a/b", "type": "output"}]
    assert (folders.output / "a/b/c_00001_.png").is_file()


def test_words_in_the_prefix_are_filled_in(folders: Folders) -> None:
    name = saved(folders, "%width%x%height%-%year%-%batch_num%", 2)[1]["filename"]
    assert name == f"4x3-{time.localtime().tm_year}-1_00002_.png"


@pytest.mark.parametrize("prefix", ["../x", "a/../../x", "/tmp/x"])
def test_a_prefix_outside_fails_and_leaves_nothing(folders: Folders, prefix: str) -> None:
    with pytest.raises(OutsideFolder, match="Saving image outside the output folder is not allowed"):
        saved(folders, prefix)
    assert not [path for path in folders.root.rglob("*") if path.is_file()]


@given(prefix=st.text(alphabet="a./%_", max_size=12))
@settings(max_examples=60, deadline=None)
def test_no_prefix_leads_out_of_the_folder(prefix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folders = Folders(tmp_path_factory.getbasetemp() / "prefixes")
    try:
        place = folders.place_for(prefix, "output", width=1, height=1)
    except OutsideFolder:
        return
    assert place.folder.is_relative_to(folders.output) and place.number >= 1


# /view


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 404), ({"filename": ""}, 400), ({"filename": "nope.png"}, 404), ({"filename": "x.png"}, 200),
        ({"filename": "../x.png"}, 400), ({"filename": "/x.png"}, 400), ({"filename": "x.png", "type": "secret"}, 400),
        ({"filename": "x.png", "subfolder": "../input"}, 403), ({"filename": "x.png", "subfolder": "deep"}, 200),
        ({"filename": "x.png", "subfolder": "deep/../deep"}, 200), ({"filename": "x.png", "type": "input"}, 404),
        ({"filename": "x.png [output]", "type": "input"}, 200), ({"filename": "x.png [temp]"}, 404),
        ({"filename": "deep/y.png"}, 404), ({"filename": "y.png", "subfolder": "deep"}, 200),
    ],
)  # fmt: skip
def test_a_file_is_found_only_where_it_may_be(
    folders: Folders, ask: Client, query: dict[str, str], status: int
) -> None:
    (folders.output / "deep").mkdir()
    for name in ("x.png", "deep/x.png", "deep/y.png"):
        (folders.output / name).write_bytes(png())
    assert ask("GET", "/view", params=query).status_code == status


def test_a_file_is_sent_as_it_is_with_its_name(folders: Folders, ask: Client) -> None:
    (folders.output / "x.png").write_bytes(png())
    answer = ask("GET", "/view", params={"filename": "x.png"})
    assert (answer.content, answer.headers["content-type"]) == (png(), "image/png")
    assert answer.headers["content-disposition"] == 'filename="x.png"'


@pytest.mark.parametrize("name", ["x.html", "x.css"])
def test_pages_and_styles_are_only_downloaded(folders: Folders, ask: Client, name: str) -> None:
    (folders.output / name).write_text("x")
    answer = ask("GET", "/view", params={"filename": name})
    assert answer.headers["content-type"] == "application/octet-stream"


def test_a_script_is_shown_as_the_real_server_does_whatever_its_own_list_says(folders: Folders, ask: Client) -> None:
    (folders.output / "x.js").write_text("x")
    answer = ask("GET", "/view", params={"filename": "x.js"})
    assert answer.headers["content-type"] == "application/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("query", "kind", "mode"),
    [
        ({"preview": "webp;90"}, "WEBP", "RGBA"), ({"preview": "jpeg;80"}, "JPEG", "RGB"),
        ({"preview": "gif"}, "WEBP", "RGBA"), ({"preview": "webp", "channel": "rgb"}, "WEBP", "RGB"),
        ({"preview": "jpeg;80", "channel": "a"}, "WEBP", "RGBA"),
        ({"channel": "rgb"}, "PNG", "RGB"), ({"channel": "a"}, "PNG", "RGBA"), ({"channel": "rgba"}, "PNG", "RGBA"),
    ],
)  # fmt: skip
def test_a_preview_and_a_channel_are_in_the_asked_form(
    folders: Folders, ask: Client, query: dict[str, str], kind: str, mode: str
) -> None:
    (folders.output / "x.png").write_bytes(png())
    picture = seen(ask("GET", "/view", params={"filename": "x.png", **query}))
    assert (picture.format, picture.mode) == (kind, mode)


def test_the_alpha_channel_is_shown_on_black(folders: Folders, ask: Client) -> None:
    (folders.output / "x.png").write_bytes(png())
    assert seen(ask("GET", "/view", params={"filename": "x.png", "channel": "a"})).getpixel((0, 0)) == (0, 0, 0, 99)


def test_a_preview_of_a_text_is_a_stumble(folders: Folders, ask: Client) -> None:
    (folders.output / "x.txt").write_text("x")
    assert ask("GET", "/view", params={"filename": "x.txt", "preview": "webp"}).status_code == 500


# Uploads


def uploaded(
    ask: Client, data: bytes, name: str = "x.png", path: str = "/upload/image", **fields: str
) -> httpx.Response:
    return ask("POST", path, files={"image": (name, data, "image/png")}, data=fields)


def test_the_same_bytes_keep_the_name_and_others_are_counted(folders: Folders, ask: Client) -> None:
    sent = [png(), png(), png((9, 9, 9, 9)), png((9, 9, 9, 9)), png((8, 8, 8, 8)), png()]
    names = [uploaded(ask, data).json()["name"] for data in sent]
    assert names == ["x.png", "x.png", "x (1).png", "x (1).png", "x (2).png", "x.png"]
    assert [(folders.input / name).read_bytes() for name in names] == sent


@pytest.mark.parametrize(("word", "replaced"), [("true", True), ("1", True), ("false", False), ("yes", False)])
def test_overwriting_keeps_the_name(folders: Folders, ask: Client, word: str, replaced: bool) -> None:
    uploaded(ask, png())
    answer = uploaded(ask, png((9, 9, 9, 9)), overwrite=word)
    assert (answer.json()["name"] == "x.png") is replaced
    assert ((folders.input / "x.png").read_bytes() == png((9, 9, 9, 9))) is replaced


@pytest.mark.parametrize(
    ("fields", "place"),
    [({}, "input/x.png"), ({"type": "temp"}, "temp/x.png"), ({"subfolder": "a/b"}, "input/a/b/x.png")],
)
def test_an_upload_lies_where_it_was_asked_to(
    folders: Folders, ask: Client, fields: dict[str, str], place: str
) -> None:
    answer = uploaded(ask, png(), **fields)
    told = {"name": "x.png", "subfolder": fields.get("subfolder", ""), "type": fields.get("type", "input")}
    assert (answer.json(), (folders.root / place).read_bytes()) == (told, png())


@pytest.mark.parametrize(
    ("name", "subfolder"), [("../x.png", ""), ("x.png", ".."), ("x.png", "../output"), ("/x.png", "")]
)
def test_an_upload_outside_is_refused(folders: Folders, ask: Client, name: str, subfolder: str) -> None:
    assert uploaded(ask, png(), name, subfolder=subfolder).status_code == 400
    assert not [path for path in folders.root.parent.rglob("x*.png") if path.is_file()]


def test_an_upload_without_an_image_is_refused(ask: Client) -> None:
    assert ask("POST", "/upload/image", data={"overwrite": "true"}).status_code == 400
    assert ask("POST", "/upload/image").status_code == 400


def test_an_unknown_type_is_a_stumble(ask: Client) -> None:
    assert uploaded(ask, png(), type="secret").status_code == 500


def test_a_masks_alpha_lands_on_the_original(folders: Folders, ask: Client) -> None:
    name = saved(folders, "original", size=(8, 8))[0]["filename"]
    original = json.dumps({"filename": name, "subfolder": "", "type": "output"})
    uploaded(ask, png((0, 0, 0, 77)), "mask.png", "/upload/mask", original_ref=original)
    with Image.open(folders.input / "mask.png") as masked:
        assert masked.getpixel((0, 0)) == (0, 0, 0, 77)
        assert "prompt" in masked.info


@pytest.mark.parametrize("original", ["nope.png", "../x.png"])
def test_a_mask_without_its_original_leaves_no_file(folders: Folders, ask: Client, original: str) -> None:
    answer = uploaded(ask, png(), "mask.png", "/upload/mask", original_ref=json.dumps({"filename": original}))
    assert (answer.status_code, list(folders.input.iterdir())) == (200, [])


# What front ends ask for


def test_models_are_listed_by_folder(folders: Folders, ask: Client) -> None:
    folders.models["loras"] = ["a.safetensors", "deep/b.safetensors"]
    folders.models["embeddings"] = ["c.pt"]
    assert "loras" in ask("GET", "/models").json()
    assert ask("GET", "/models/loras").json() == ["a.safetensors", "deep/b.safetensors"]
    assert ask("GET", "/embeddings").json() == ["c"]
    assert (ask("GET", "/models/nope").status_code, ask("GET", "/models/controlnet").json()) == (404, [])


def test_settings_are_kept_one_by_one(ask: Client) -> None:
    assert (ask("GET", "/settings").json(), ask("GET", "/settings/a").json()) == ({}, None)
    ask("POST", "/settings", json={"a": 1})
    ask("POST", "/settings/b", json=[2])
    assert (ask("GET", "/settings").json(), ask("GET", "/settings/b").json()) == ({"a": 1, "b": [2]}, [2])


def test_user_data_is_kept_under_an_encoded_path(folders: Folders, ask: Client) -> None:
    assert ask("POST", "/userdata/workflows%2Fw.json", content=b"{}").json() == "workflows/w.json"
    assert ask("GET", "/userdata/workflows%2Fw.json").content == b"{}"
    assert ask("GET", "/userdata", params={"dir": "workflows"}).json() == ["w.json"]
    split = {"dir": ".", "recurse": "true", "split": "true"}
    assert ask("GET", "/userdata", params=split).json() == [["workflows/w.json", "workflows", "w.json"]]
    about = ask("GET", "/userdata", params={"dir": "workflows", "full_info": "true"}).json()[0]
    assert (about["path"], about["size"]) == ("w.json", 2)


def test_user_data_is_replaced_only_when_it_may_be(ask: Client) -> None:
    ask("POST", "/userdata/w.json", content=b"1")
    assert ask("POST", "/userdata/w.json?overwrite=false", content=b"2").status_code == 409
    assert ask("GET", "/userdata/w.json").content == b"1"
    ask("POST", "/userdata/w.json", content=b"3")
    assert ask("GET", "/userdata/w.json").content == b"3"


def test_user_data_is_moved_and_deleted(ask: Client) -> None:
    ask("POST", "/userdata/w.json", content=b"1")
    assert ask("POST", "/userdata/w.json/move/v%2Fx.json").json() == "v/x.json"
    assert ask("GET", "/userdata/w.json").status_code == 404
    assert [ask("DELETE", "/userdata/v%2Fx.json").status_code for _ in range(2)] == [204, 404]


@pytest.mark.parametrize("path", ["..%2F..%2Fx", "..%2Fdefaults", "%2Ftmp%2Fx"])
def test_user_data_outside_is_refused(ask: Client, path: str) -> None:
    assert ask("POST", f"/userdata/{path}", content=b"1").status_code == 403
    assert ask("GET", f"/userdata/{path}").status_code == 403


def test_a_listing_needs_a_folder_that_is_there(ask: Client) -> None:
    answers = [ask("GET", "/userdata", params=query) for query in ({}, {"dir": "../.."}, {"dir": "nope"})]
    assert [(answer.status_code, answer.text) for answer in answers] == [
        (400, "Directory not provided"),
        (403, "Invalid directory"),
        (404, "Directory not found"),
    ]


def test_one_class_is_described_and_an_unknown_one_is_not(ask: Client) -> None:
    assert list(ask("GET", "/object_info/KSampler").json()) == ["KSampler"]
    assert ask("GET", "/object_info/Nope").json() == {}
