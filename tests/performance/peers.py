"""What the machine and the libraries can do at all: the barest job queue on FastAPI and SQLAlchemy.

`python -m tests.performance.peers FOLDER` serves it. A row is inserted, a thread takes it and marks it done, a
WebSocket hears of it. No picture, no file, no attempts, leases, refusals or restarts: what those cost is ours.
"""

from __future__ import annotations

import asyncio
import queue
import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel
from sqlalchemy import create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """Of the one table."""


class Job(Base):
    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    prompt: Mapped[str]
    state: Mapped[str] = mapped_column(default="pending", index=True)


class Asked(BaseModel):
    prompt: str


def build(url: str) -> FastAPI:
    engine = create_engine(url)
    event.listen(engine, "connect", lambda connection, _: connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=10000"
    ))  # fmt: skip
    Base.metadata.create_all(engine)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    listeners: set[WebSocket] = set()

    def work(loop: asyncio.AbstractEventLoop) -> None:
        while job_id := waiting.get():
            with Session(engine) as session, session.begin():
                session.get_one(Job, job_id).state = "completed"
            for listener in listeners:
                asyncio.run_coroutine_threadsafe(listener.send_json({"event": "completed", "id": job_id}), loop)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker = threading.Thread(target=work, args=(asyncio.get_running_loop(),))
        worker.start()
        yield
        waiting.put(0)
        worker.join()

    app = FastAPI(lifespan=lifespan)

    @app.post("/jobs", status_code=201)
    def create(asked: Asked) -> dict[str, Any]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            job = Job(prompt=asked.prompt)
            session.add(job)
        waiting.put(job.id)
        return {"id": job.id}

    @app.get("/jobs")
    def find(page: int) -> list[dict[str, Any]]:
        with Session(engine) as session:
            found = session.scalars(select(Job).order_by(Job.id.desc()).offset(20 * (page - 1)).limit(20))
            return [{"id": job.id, "prompt": job.prompt, "state": job.state} for job in found]

    @app.websocket("/ws")
    async def listen(line: WebSocket) -> None:
        await line.accept()
        listeners.add(line)
        await line.send_json({"event": "snapshot"})
        with suppress(WebSocketDisconnect):
            await line.receive_text()
        listeners.discard(line)

    return app


if __name__ == "__main__":
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(
            build(f"sqlite:///{sys.argv[1]}/peer.db"), log_level="error", timeout_graceful_shutdown=1
        )
        uvicorn.Server(config).run(sockets=[listener])
