"""What front ends and SDKs ask for beside prompts: model files, user data, settings, extensions, translations."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from support.servers.comfyui.files import TYPES, Folders
from support.servers.comfyui.profile import Profile
from support.servers.comfyui.replies import empty, refused, said, text, told

# All folders of model files, in the real server's order.
MODEL_FOLDERS = (
    "checkpoints", "configs", "loras", "vae", "text_encoders", "diffusion_models", "clip_vision", "style_models",
    "embeddings", "diffusers", "vae_approx", "controlnet", "gligen", "upscale_models", "latent_upscale_models",
    "custom_nodes", "hypernetworks", "photomaker", "classifiers", "model_patches", "audio_encoders",
)  # fmt: skip
# Not yet there in 0.3.64.
_LATER_FOLDERS = ("latent_upscale_models",)
_HIDDEN_FOLDERS = ("configs", "custom_nodes")
_SETTINGS = "comfy.settings.json"
_USER = "default"


def routes(folders: Folders, profile: Profile = "0.8") -> list[Route]:
    """All routes of this module, to be mounted under / and /api."""
    known = [folder for folder in MODEL_FOLDERS if profile != "0.3" or folder not in _LATER_FOLDERS]
    rest = [*_settings(folders), *_user_data(folders), *_users(folders), *_rest(folders, known)]
    if profile != "0.3":
        rest.append(_get("/global_subgraphs", lambda request: told({})))
    return [*_models(folders, known), *rest]


def _get(path: str, answer: Callable[[Request], Response]) -> Route:
    async def endpoint(request: Request) -> Response:
        return answer(request)

    return Route(path, endpoint)


def _models(folders: Folders, known: list[str]) -> list[Route]:
    def files(request: Request) -> Response:
        folder = request.path_params["folder"]
        return told(folders.models.get(folder, [])) if folder in known else empty(404)

    def file_details(request: Request) -> Response:
        folder = request.path_params["folder"]
        if folder not in known:
            return empty(404)
        now = time.time()
        about = {"pathIndex": 0, "modified": now, "created": now, "size": 0}
        return told([{"name": name, **about} for name in folders.models.get(folder, [])])

    def places(request: Request) -> Response:
        shown = [folder for folder in known if folder not in _HIDDEN_FOLDERS]
        return told([{"name": folder, "folders": [_place(folders, folder)]} for folder in shown])

    def embeddings(request: Request) -> Response:
        return told([os.path.splitext(name)[0] for name in folders.models.get("embeddings", [])])  # noqa: PTH122

    return [
        _get("/models", lambda request: told(known)),
        _get("/models/{folder}", files),
        _get("/experiment/models", places),
        _get("/experiment/models/{folder}", file_details),
        _get("/embeddings", embeddings),
        # There are no weights, so no file has metadata.
        _get("/view_metadata/{folder}", lambda request: empty(404)),
    ]


def _place(folders: Folders, folder: str) -> str:
    return str(folders.root / "models" / folder)


def _settings(folders: Folders) -> list[Route]:
    def read() -> dict[str, Any]:
        try:
            kept: dict[str, Any] = json.loads(_of_user(folders, _SETTINGS).read_text())
        except (OSError, ValueError):  # none yet, or broken: the real server begins anew
            return {}
        return kept

    def keep(settings: dict[str, Any]) -> Response:
        _of_user(folders, _SETTINGS).write_text(json.dumps(settings, indent=4))
        return empty(200)

    async def all_settings(request: Request) -> Response:
        return told(read()) if request.method != "POST" else keep({**read(), **await said(request)})

    async def one_setting(request: Request) -> Response:
        name = request.path_params["name"]
        return told(read().get(name)) if request.method != "POST" else keep({**read(), name: await said(request)})

    return [
        Route("/settings", all_settings, methods=["GET", "POST"]),
        Route("/settings/{name}", one_setting, methods=["GET", "POST"]),
    ]


class _Outside(Exception):
    """A name that leads out of the user's folder."""


def _of_user(folders: Folders, name: str) -> Path:
    """A file of the only user, whose folders are made. Raises _Outside."""
    home = folders.user / _USER
    path = Path(os.path.abspath(home / name))  # noqa: PTH100 - links are not followed, as in the real server
    if not path.is_relative_to(home):
        raise _Outside
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _details(path: Path, home: Path) -> dict[str, Any]:
    known = path.stat()
    relative = path.relative_to(home).as_posix()
    return {"path": relative, "size": known.st_size, "modified": known.st_mtime, "created": known.st_ctime}


def _user_data(folders: Folders) -> list[Route]:
    def listed(request: Request) -> Response:
        """Files in a folder: names, names with their parts, or all that is known of them."""
        wanted = request.query_params.get("dir", "")
        if not wanted:
            return text("Directory not provided", 400)
        try:
            folder = _of_user(folders, wanted)
        except _Outside:
            return text("Invalid directory", 403)
        if not folder.exists():
            return text("Directory not found", 404)
        asked = {name for name in ("recurse", "full_info", "split") if request.query_params.get(name, "") == "true"}
        files = [path for path in sorted(folder.glob("**/*" if "recurse" in asked else "*")) if path.is_file()]
        if "full_info" in asked:
            return told([_details(path, folder) for path in files])
        names = [path.relative_to(folder).as_posix() for path in files]
        return told([[name, *name.split("/")] for name in names] if "split" in asked else names)

    return [
        _get("/userdata", listed),
        _get("/v2/userdata", lambda request: _tree(folders, request.query_params.get("path", ""))),
        Route("/userdata/{rest:path}", _one_file(folders), methods=["GET", "POST", "DELETE"]),
    ]


def _users(folders: Folders) -> list[Route]:
    """The real server keeps one user, unless it is told otherwise; more can be entered, to no effect."""
    names = {_USER: _USER}

    async def users(request: Request) -> Response:
        if request.method != "POST":
            return told({"storage": "server", "migrated": (folders.user / _USER).exists()})
        name = (await said(request))["username"]
        if name in names.values():
            return told({"error": "Duplicate username."}, 400)
        if not name.strip():
            return told({"error": "username not provided"}, 400)
        user_id = re.sub("[^a-zA-Z0-9-_]+", "-", name.strip()) + f"_{uuid.uuid4()}"
        names[user_id] = name.strip()
        return told(user_id)

    return [Route("/users", users, methods=["GET", "POST"])]


def _tree(folders: Folders, wanted: str) -> Response:
    """All folders, then all files, below a place in the user's folder."""
    home = folders.user / _USER
    top = Path(os.path.abspath(home / wanted))  # noqa: PTH100
    if not top.is_relative_to(home):
        return text("Invalid path requested", 400)
    if not top.exists():
        return told([]) if top == home else text("Requested path not found", 404)
    if not top.is_dir():
        return text("Requested path is not a directory", 400)
    entries = [_entry(path, home) for path in top.rglob("*")]
    return told(sorted(entries, key=lambda entry: (entry["type"] != "directory", entry["name"].lower())))


def _entry(path: Path, home: Path) -> dict[str, Any]:
    place = path.relative_to(home).as_posix()
    if path.is_dir():
        return {"name": path.name, "path": place, "type": "directory"}
    known = path.stat()
    return {"name": path.name, "path": place, "type": "file", "size": known.st_size, "modified": known.st_mtime}


def _one_file(folders: Folders) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        parts = _segments(request)
        named = parts[parts.index("userdata") + 1 :]
        try:
            if len(named) == 1:
                return await _of_one_file(folders, request, _of_user(folders, named[0]))
            if request.method == "POST" and len(named) == 3 and named[1] == "move":
                return _moved(folders, request, _of_user(folders, named[0]), _of_user(folders, named[2]))
        except _Outside:
            return empty(403)
        return refused(404 if request.method in {"GET", "HEAD"} else 405)

    return endpoint


async def _of_one_file(folders: Folders, request: Request, file: Path) -> Response:
    match request.method:
        case "POST":
            return _kept(folders, request, file, await request.body())
        case "DELETE":
            return _deleted(file)
        case _:
            return _sent(file)


def _segments(request: Request) -> list[str]:
    """The path's parts, each decoded on its own: an encoded slash does not part, as aiohttp has it."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return [unquote(part) for part in raw.decode("latin-1").partition("?")[0].split("/") if part]


def _sent(file: Path) -> Response:
    if not file.exists():
        return empty(404)
    return FileResponse(file) if file.is_file() else empty(403)


def _deleted(file: Path) -> Response:
    if not file.exists():
        return empty(404)
    file.unlink()
    return empty(204)


def _kept(folders: Folders, request: Request, file: Path, data: bytes) -> Response:
    if _may_not_replace(request, file):
        return text("File already exists", 409)
    try:
        file.write_bytes(data)
    except OSError:
        return empty(400)
    return _stored(folders, request, file)


def _moved(folders: Folders, request: Request, file: Path, place: Path) -> Response:
    if not file.exists():
        return empty(404)
    if _may_not_replace(request, place):
        return text("File already exists", 409)
    shutil.move(file, place)
    return _stored(folders, request, place)


def _may_not_replace(request: Request, file: Path) -> bool:
    return request.query_params.get("overwrite") == "false" and file.exists()


def _stored(folders: Folders, request: Request, file: Path) -> Response:
    """Its place in the user's folder, or all that is known of it."""
    home = folders.user / _USER
    whole = request.query_params.get("full_info", "").lower() == "true"
    return told(_details(file, home) if whole else file.relative_to(home).as_posix())


def _internal(path: str, answer: Callable[[Request], Response]) -> Route:
    """A route of the front end's own; the only kind that is not under /api as well."""
    return _get(f"/internal/{path}", lambda request: refused(404) if "/api/" in request.url.path else answer(request))


def _rest(folders: Folders, known: list[str]) -> list[Route]:
    def newest_files(request: Request) -> Response:
        kind = request.path_params["kind"]
        if kind not in TYPES:
            return told({"error": "Invalid directory type"}, 400)
        visible = [entry for entry in os.scandir(folders.root / kind) if entry.is_file() and entry.name[0] != "."]
        return told([entry.name for entry in sorted(visible, key=lambda entry: -entry.stat().st_mtime)])

    return [
        _get("/extensions", lambda request: told([])),
        _get("/i18n", lambda request: told({})),
        _get("/workflow_templates", lambda request: told({})),
        _internal("folder_paths", lambda request: told({one: [_place(folders, one)] for one in known})),
        _internal("files/{kind}", newest_files),
        _internal("logs", lambda request: told("")),
        _internal("logs/raw", lambda request: told({"entries": [], "size": {"cols": 80, "rows": 24}})),
    ]
