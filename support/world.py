"""The world of one scenario: its own folder, database, clock, doubles, studio and client, and what it remembers."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from app.errors import StudioError
from app.settings import Settings, explain
from app.studio import build_studio
from support import leaks
from support.acts.character_callers import CharacterCallers
from support.acts.character_uploads import CharacterUploads
from support.acts.characters import Characters
from support.acts.cloud import Cloud
from support.acts.comfyui import Servers
from support.acts.download_course import DownloadCourse
from support.acts.downloads import Downloads
from support.acts.followed import Followed
from support.acts.generation import Generation
from support.acts.job_assets import JobAssets
from support.acts.jobs import Jobs
from support.acts.library import Library
from support.acts.many_jobs import ManyJobs
from support.acts.model_hub import ModelHub
from support.acts.pace import Pace
from support.acts.preferences import Preferences
from support.acts.recipes import Recipes
from support.acts.references import References
from support.acts.replicate import Provider
from support.acts.studio import StudioActs
from support.backends import Environment, key_headers
from support.bdd import StepError
from support.client import Answer, StudioClient
from support.clock import VirtualClock
from support.evidence import Evidence
from support.in_process import InProcessStudio
from support.processes import ProcessStudio
from support.servers.hub import Hub
from support.sockets import RunningStudio, ServedStudio
from support.studios import Studio, StudioDidNotStart

if TYPE_CHECKING:
    from support.servers.comfyui import ComfyUI, Profile
    from support.servers.replicate import Replicate

# How long Replicate's double holds an answer back at most: the scenario's clock stands still meanwhile.
HELD_BACK_SECONDS = 0.02


class ThreadFailed(Exception):
    """A thread of the studio or of a double ended by an exception that nobody caught."""


class World:
    """One per scenario. Givens record what it should be like; the first question builds the studio.

    `close()` ends everything and raises SomethingLeftBehind when anything goes on after that.
    """

    def __init__(self, environment: Environment, template: Path | None = None) -> None:
        self._traces = leaks.Traces.now()
        self._template = template
        self._ends: list[Callable[[], None]] = []
        self._studio_ends: list[Callable[[], None]] = []
        self._suffix = "" if environment.studio_url is None else f"-{uuid.uuid4().hex[:6]}"
        self.environment = environment
        self.evidence = Evidence()
        self.clock = VirtualClock()
        self.settings: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.comfyui_servers: list[ComfyUI] = []
        self.comfyui_profile: Profile = "0.8"
        self.in_own_process = False
        self.process: ProcessStudio | None = None
        self.answer: Answer | None = None
        self.downloads = Downloads(self)
        self.course = DownloadCourse(self)
        self.model_hub = ModelHub(self)
        self.preferences = Preferences(self)
        self.library = Library(self)
        self.recipes = Recipes(self)
        self.characters = Characters(self)
        self.uploads = CharacterUploads(self)
        self.callers = CharacterCallers(self)
        self.cloud = Cloud(self)
        self.job_assets = JobAssets(self)
        self.generation = Generation(self)
        self.jobs = Jobs(self)
        self.many_jobs = ManyJobs(self)
        self.pace = Pace(self)
        self.references = References(self)
        self.servers = Servers(self)
        self.provider = Provider(self)
        self.followed = Followed(self)
        self.studio = StudioActs(self)
        self._thread_faults: list[BaseException] = []
        # Taken last: a world that could not be made has no close() to give it back.
        self._usual_excepthook = threading.excepthook
        threading.excepthook = self._thread_failed

    @cached_property
    def folder(self) -> Path:
        """The scenario's own folder; gone when it ends."""
        folder = Path(tempfile.mkdtemp(prefix="scenario-"))
        self._ends.append(lambda: shutil.rmtree(folder))
        return folder

    @property
    def home(self) -> Path:
        """Where the studio of this scenario keeps everything. Raises StepError for somebody else's studio."""
        if self.environment.studio_url is not None:
            raise StepError("this looks at the studio's disk: tag the scenario @needs.own-studio")
        return self.folder / "home"

    @cached_property
    def hub(self) -> Hub:
        """The model hub's double, started when first spoken of."""
        if self.studio_runs and self.environment.studio_url is None:
            raise StepError("say what the hub is like before the studio is first used")
        # A studio of our own lives by the scenario's clock, and so does its hub; another one by the machine's.
        hub = Hub(now=self.clock.now) if self.environment.studio_url is None else Hub()
        self._ends.append(hub.close)
        return hub

    def at_the_end(self, undo: Callable[[], None]) -> None:
        """Have something undone when the scenario ends, after the studio has."""
        self._ends.append(undo)

    def decide(self, **settings: Any) -> None:
        """Set the studio's settings. Raises StepError once it is built: they would be ignored without a word."""
        if self.studio_runs:
            raise StepError(f"say {', '.join(settings)} before the studio is first used")
        self.settings |= settings

    @property
    def comfyui(self) -> ComfyUI:
        """The ComfyUI server's double, started when first spoken of. Raises StepError where the studio uses none."""
        if not self.comfyui_servers:
            self.start_comfyui()
        return self.comfyui_servers[0]

    def start_comfyui(self) -> ComfyUI:
        """One more ComfyUI server, living by the scenario's clock."""
        if "comfyui" not in self.environment.offers:
            raise StepError("this speaks of a ComfyUI server: tag the scenario @needs.comfyui")
        if self.studio_runs:
            raise StepError("say what servers there are before the studio is first used")
        from support.servers.comfyui import ComfyUI  # noqa: PLC0415  # not to be paid for by a run without it

        server = ComfyUI(profile=self.comfyui_profile, clock=self.clock)
        self._ends.append(server.close)
        self.comfyui_servers.append(server)
        return server

    @cached_property
    def replicate(self) -> Replicate:
        """The double of Replicate, started when first spoken of. Raises StepError where the studio uses none."""
        if "replicate" not in self.environment.offers:
            raise StepError("this speaks of Replicate: tag the scenario @needs.replicate")
        from support.servers.replicate import Replicate  # noqa: PLC0415  # not to be paid for by a run without it

        double = Replicate(clock=self.clock, holds_seconds=HELD_BACK_SECONDS, deliver=self.provider.deliver)
        self._ends.append(double.close)
        return double

    @cached_property
    def client(self) -> StudioClient:
        """The line to the studio; using it for the first time builds the studio."""
        studio = self._studio()
        self._studio_ends.append(studio.close)
        client = StudioClient(studio, self.evidence, self.headers)
        self._studio_ends.append(client.close)
        return client

    def _studio(self) -> Studio:
        if self.environment.studio_url is not None:
            self.headers |= key_headers()
            return RunningStudio(self.environment.studio_url)
        if not self.home.exists() and self._template is not None:
            # Creating the tables costs several milliseconds; copying a fresh studio's home costs a tenth of one.
            shutil.copytree(self._template, self.home)
        chosen: dict[str, Any] = {"backend": self.environment.backend, "allow_private_addresses": True}
        chosen["download_keep_free_bytes"] = 0  # a temporary folder may lie on a disk with little room
        if "hub" in self.__dict__:
            chosen |= {"hub_url": self.hub.url, "huggingface_url": self.hub.url}
        if "comfyui" in self.environment.offers:
            chosen["comfyui_urls"] = (self.comfyui.url, *(server.url for server in self.comfyui_servers[1:]))
        if "replicate" in self.environment.offers:
            chosen |= self.provider.settings
        chosen |= {"studio_home": self.home, **self.settings}
        if self.in_own_process:
            self.process = ProcessStudio(chosen, self.folder)
            return self.process
        try:
            app = build_studio(Settings.exactly(**chosen), clock=self.clock)
        except ValidationError as error:
            raise StudioDidNotStart(explain(error)) from error
        except StudioError as error:
            raise StudioDidNotStart(str(error)) from error
        if self.environment.transport == "http":
            return ServedStudio(app)
        return InProcessStudio(app, lambda cause: self.evidence.text("the studio's own error", cause))

    @property
    def studio_runs(self) -> bool:
        return "client" in self.__dict__

    def restart(self) -> None:
        """Stop the studio and start it anew on the same home. Raises StepError for somebody else's studio."""
        if self.environment.studio_url is not None:
            raise StepError("this restarts the studio: tag the scenario @needs.own-studio")
        while self._studio_ends:
            self._studio_ends.pop()()
        self.__dict__.pop("client", None)

    def kill(self) -> None:
        """Kill the studio that runs in a process of its own; the next question starts it anew, in this process."""
        if self.process is None:
            raise StepError("this kills the studio: have it run in a process of its own first")
        self.process.kill()
        self.process, self.in_own_process = None, False
        self.restart()

    def own(self, name: str) -> str:
        """The name as the studio knows it: in a studio that others use too, made this scenario's own."""
        stem, dot, extension = name.rpartition(".")
        return f"{stem}{self._suffix}.{extension}" if dot else f"{name}{self._suffix}"

    @property
    def answered(self) -> Answer:
        """The answer that the Thens are about. Raises StepError when nothing was asked."""
        if self.answer is None:
            raise StepError("nothing was asked of the studio that this sentence could be about")
        return self.answer

    def ask(self, answer: Answer) -> Answer:
        """Remember the answer that the scenario's Thens are about."""
        self.answer = answer
        return answer

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """Wait for what an async step does."""

        async def waited() -> Any:
            return await awaitable

        return self._loop.run(waited())

    @cached_property
    def _loop(self) -> asyncio.Runner:
        runner = asyncio.Runner()
        self._ends.append(runner.close)
        return runner

    def close(self) -> None:
        """End everything, newest first; then raise SomethingLeftBehind if anything is left."""
        faults: list[Exception] = []
        if "hub" in self.__dict__:
            self.evidence.text("what the hub saw", self.hub.log())
        if "replicate" in self.__dict__:
            self.evidence.text("what Replicate saw", self.replicate.log())
        for number, server in enumerate(self.comfyui_servers, 1):
            self.evidence.text(f"what ComfyUI server {number} saw", server.log())
        ends = [*self._ends, *self._studio_ends]
        while ends:
            try:
                ends.pop()()
            except Exception as fault:  # the rest must be ended too; the first fault is told
                faults.append(fault)
        threading.excepthook = self._usual_excepthook
        if faults:
            raise faults[0]
        if self._thread_faults:
            raise ThreadFailed(f"a thread failed: {self._thread_faults[0]!r}") from self._thread_faults[0]
        leaks.check(self._traces)

    def _thread_failed(self, fault: threading.ExceptHookArgs) -> None:
        if fault.exc_value is not None:
            self._thread_faults.append(fault.exc_value)


def fresh_home(root: Path) -> Path:
    """A home with an empty studio in it, made by the studio itself; a template for scenarios to copy."""
    home = root / "fresh-home"
    with suppress(FileNotFoundError):
        shutil.rmtree(home)
    studio = InProcessStudio(build_studio(Settings.exactly(studio_home=home)), lambda cause: None)
    studio.close()
    return home
