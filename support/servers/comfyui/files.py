"""The folders of the double, and the rules for names and places in them."""

from __future__ import annotations

import mimetypes
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

TYPES = ("output", "input", "temp")
# The model files that a new double has.
MODELS = {
    "checkpoints": ["proofsheet.safetensors"],
    "loras": ["neon-city.safetensors", "soft-light.safetensors"],
    "vae": ["ae.safetensors"],
    "diffusion_models": ["flux1-kontext-dev.safetensors"],
    "text_encoders": ["clip_l.safetensors", "t5xxl_fp16.safetensors"],
}


class OutsideFolder(Exception):
    """A file was asked for, or to be saved, outside its folder; raised while a node runs."""

    __module__, __qualname__ = "builtins", "Exception"


@dataclass
class Folders:
    """Where files lie, and which model files there are.

    root: holds output, input, temp and user, which are made when missing. models: file names by folder
    ("checkpoints", "loras", "vae", …); nothing of them is on the disk, as no weights are ever read.
    """

    root: Path
    models: dict[str, list[str]] = field(
        default_factory=lambda: {folder: list(files) for folder, files in MODELS.items()}
    )

    def __post_init__(self) -> None:
        self.root = Path(os.path.realpath(self.root))
        for kind in (*TYPES, "user"):
            (self.root / kind).mkdir(parents=True, exist_ok=True)

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def input(self) -> Path:
        return self.root / "input"

    @property
    def temp(self) -> Path:
        return self.root / "temp"

    @property
    def user(self) -> Path:
        return self.root / "user"

    def of(self, kind: str) -> Path | None:
        """The folder of a type that a client may name; None for any other word."""
        return self.root / kind if kind in TYPES else None

    def images(self) -> list[str]:
        """The pictures that lie in input itself, as LoadImage offers them."""
        return [name for name in self.inputs() if (mimetypes.guess_type(name)[0] or "").startswith("image/")]

    def inputs(self) -> list[str]:
        """All files that lie in input itself."""
        return sorted(entry.name for entry in os.scandir(self.input) if entry.is_file())

    def named(self, name: str) -> Path:
        """The file that LoadImage means: "x.png", "folder/x.png", "x.png [output]"; in input when it does not say."""
        for kind in TYPES:
            if name.endswith(f"[{kind}]"):
                return self.root / kind / name[: -len(kind) - 3]
        return self.input / name

    def place_for(self, prefix: str, kind: str, *, width: int, height: int) -> Place:
        """Where pictures with this prefix are saved, and the next free number there, counted from the disk.

        Raises OutsideFolder.
        """
        prefix = filled_in(prefix, width, height)
        normal = os.path.normpath(prefix)
        subfolder, name = os.path.dirname(normal), os.path.basename(normal)  # noqa: PTH119, PTH120
        folder = self.root / kind
        full = os.path.abspath(folder / subfolder)  # noqa: PTH100
        if os.path.commonpath((str(folder), full)) != str(folder):
            raise OutsideFolder(
                "**** ERROR: Saving image outside the output folder is not allowed."
                f"\n full_output_folder: {full}\n         output_dir: {folder}"
                f"\n         commonpath: {os.path.commonpath((str(folder), full))}"
            )
        Path(full).mkdir(parents=True, exist_ok=True)
        return Place(Path(full), name, subfolder, _next_number(Path(full), name))


@dataclass(frozen=True)
class Place:
    """Where a batch of pictures goes. number: of the first."""

    folder: Path
    name: str
    subfolder: str
    number: int


def filled_in(prefix: str, width: int, height: int) -> str:
    """The prefix with %width%, %height% and the time's words filled in."""
    if "%" not in prefix:
        return prefix
    now = time.localtime()
    words = {
        "width": str(width),
        "height": str(height),
        "year": str(now.tm_year),
        "month": f"{now.tm_mon:02}",
        "day": f"{now.tm_mday:02}",
        "hour": f"{now.tm_hour:02}",
        "minute": f"{now.tm_min:02}",
        "second": f"{now.tm_sec:02}",
    }
    for word, value in words.items():
        prefix = prefix.replace(f"%{word}%", value)
    return prefix


def _next_number(folder: Path, name: str) -> int:
    """One more than the highest number of `{name}_{number}_…` in the folder."""
    begins = f"{name}_"
    numbers = [_number(entry.name[len(begins) :]) for entry in os.scandir(folder) if entry.name.startswith(begins)]
    return max(numbers, default=0) + 1


def _number(rest: str) -> int:
    try:
        return int(rest.split("_", maxsplit=1)[0])
    except ValueError:
        return 0
