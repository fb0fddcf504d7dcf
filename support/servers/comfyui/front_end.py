"""The pages of ComfyUI's own front end, as the real server serves them: a folder of files under the root, not /api."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from support.servers.comfyui.replies import refused, told

_NEVER_KEPT = {"Cache-Control": "no-cache", "Pragma": "no-cache", "Expires": "0"}


def routes(folder: Path) -> list[Route]:
    """Its page, its list of extensions, its files: to be asked before all other routes."""
    folder = folder.resolve()

    async def page(request: Request) -> Response:
        return FileResponse(folder / "index.html", headers=_NEVER_KEPT)

    async def extensions(request: Request) -> Response:
        return told([f"/{path.relative_to(folder).as_posix()}" for path in sorted(folder.glob("extensions/**/*.js"))])

    async def file(request: Request) -> Response:
        path = folder / request.url.path.lstrip("/")
        return FileResponse(path) if path.is_file() and path.resolve().is_relative_to(folder) else refused(404)

    # One by one: a route for every address would hide those under /api, where no file lies.
    lying = [f"/{path.name}/{{path:path}}" if path.is_dir() else f"/{path.name}" for path in folder.iterdir()]
    return [
        Route("/", page, methods=["GET"]),
        Route("/extensions", extensions, methods=["GET"]),
        *(Route(path, file, methods=["GET"]) for path in lying),
    ]
