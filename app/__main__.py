"""`python -m app` serves the studio.

It prints `listening on http://HOST:PORT` once it is ready to answer, and nothing else on stdout.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from pydantic import ValidationError

from app.errors import StudioError
from app.home import living_in
from app.settings import Settings, explain
from app.studio import build_studio

END_WITHIN_SECONDS = 3


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app", description="Serve the Proofsheet studio.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="port; 0 picks a free one (default: 8000)")
    parser.add_argument("--home", type=Path, help="folder where everything local lives (STUDIO_HOME)")
    parser.add_argument("--backend", help="the image backend (BACKEND)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    if options.home is not None:
        os.environ["STUDIO_HOME"] = str(options.home.resolve())
    if options.backend is not None:
        os.environ["BACKEND"] = options.backend
    try:
        settings = Settings()
        studio = build_studio(settings)
        with living_in(settings.studio_home):
            pass  # said here in a sentence, before the server is under way
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        return 2
    except (StudioError, OSError) as error:
        print(f"the studio cannot start: {error}", file=sys.stderr)
        return 2
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    # Said to be TCP, because asyncio turns Nagle's delay (40 ms an answer) off only where it knows.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((options.host, options.port))
        except (OSError, OverflowError) as error:
            print(f"{options.host}:{options.port} cannot be listened on: {error}", file=sys.stderr)
            return 2
        host = f"[{options.host}]" if ":" in options.host else options.host
        server = _Announcing(
            # Whoever waits for a picture must not keep a studio alive that was told to end.
            uvicorn.Config(studio, log_level="warning", lifespan="on", timeout_graceful_shutdown=END_WITHIN_SECONDS),
            f"listening on http://{host}:{listener.getsockname()[1]}",
        )
        server.run(sockets=[listener])
    return 0


class _Announcing(uvicorn.Server):
    """A uvicorn that says where it listens once its lifespan has started."""

    def __init__(self, config: uvicorn.Config, announcement: str) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            print(self._announcement, flush=True)


if __name__ == "__main__":
    sys.exit(main())
