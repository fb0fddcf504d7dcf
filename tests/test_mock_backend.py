"""The mock painter: every field that should matter changes the picture, and the prompt is seen in it."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from app.clock import SystemClock
from app.errors import InvalidInput
from app.generation.backends import build_backend
from app.generation.faults import OutOfMemory
from app.generation.mock import PREVIEW_SIDE, MockBackend
from app.generation.palette import COLOURS, SHAPES, VIVID, colours_of
from app.generation.port import (
    Attempt,
    Cancelled,
    Condition,
    GenerationRequest,
    ImageBackend,
    Leaving,
    Lora,
    Stopped,
    Watch,
)
from app.settings import Settings
from support import pictures
from support.clock import VirtualClock
from support.waiting import until

SIDES = st.integers(4, 16).map(lambda side: side * 16)
ASKED = GenerationRequest(prompt="a red circle", width=128, height=96, num_inference_steps=4, seed=7)
ATTEMPT = Attempt(id="0d9f2c1e-6a55-4f0e-9d0c-3f7f4b6f8a10")


class Seen:
    """A Watch that remembers what it was told, and stops after a step if it is told to.

    stops_after: the inference step after which the attempt shall end; 0 before the first.
    """

    def __init__(
        self, *, wants_previews: bool = False, stops_after: int | None = None, reason: type[Stopped] = Cancelled
    ) -> None:
        self.stopping = threading.Event()
        self.wants_previews = wants_previews
        self.told: list[tuple[int, int, bytes | None]] = []
        self._reason = reason
        self._stops_after = stops_after
        if stops_after == 0:
            self.stopping.set()

    @property
    def steps(self) -> list[int]:
        return [step for step, _, _ in self.told]

    @property
    def previews(self) -> list[bytes]:
        return [preview for _, _, preview in self.told if preview is not None]

    def check(self) -> None:
        if self.stopping.is_set():
            raise self._reason

    def placed(self, where: str) -> None:
        raise AssertionError(f"the mock paints here, and says that it paints at {where}")

    def progress(self, step: int, of: int, preview: bytes | None = None) -> None:
        self.told.append((step, of, preview))
        if step == self._stops_after:
            self.stopping.set()
        self.check()


def mock(
    step_seconds: float = 0, memory_pixels: int = 4 * 1024 * 1024, clock: VirtualClock | None = None
) -> MockBackend:
    return MockBackend(clock=clock or SystemClock(), step_seconds=step_seconds, memory_pixels=memory_pixels)


def painted(request: GenerationRequest) -> list[bytes]:
    made = mock().generate(request, ATTEMPT, Seen())
    return [pictures.as_file(picture.image) for picture in made.pictures]


def test_it_is_the_backend_that_the_settings_name() -> None:
    clock: VirtualClock = VirtualClock()
    built: ImageBackend = build_backend(Settings.exactly(backend="mock", mock_memory_pixels=5000), clock)
    assert (built.name, built.places, built.details()["memory_pixels"]) == ("mock", 2, 5000)
    assert "loras" in built.offers
    watch: Watch = Seen()
    built.abandon(ATTEMPT)
    assert built.generate(replace(ASKED, width=64, height=64), ATTEMPT, watch).checkpoint == "mock"
    built.close()


@settings(deadline=None)
@given(prompt=st.text(min_size=1), width=SIDES, height=SIDES, seed=st.integers(0, 2**32 - 1))
def test_every_prompt_gives_a_picture_of_the_asked_size(prompt: str, width: int, height: int, seed: int) -> None:
    request = GenerationRequest(prompt=prompt, width=width, height=height, num_inference_steps=1, seed=seed)
    assert pictures.decode(painted(request)[0]).size == (width, height)


@settings(deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=8, unique=True))
def test_seeds_never_share_a_picture(seeds: list[int]) -> None:
    made = [painted(replace(ASKED, seed=seed))[0] for seed in seeds]
    assert len(set(made)) == len(seeds)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 4))
def test_a_picture_of_a_batch_is_the_single_one_of_its_seed(seed: int, count: int) -> None:
    batch = painted(replace(ASKED, seed=seed, num_images=count))
    assert batch == [painted(replace(ASKED, seed=(seed + number) % 2**32))[0] for number in range(count)]


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "a red circle!"},
        {"prompt_2": "at dawn"},
        {"width": 112},
        {"height": 112},
        {"num_inference_steps": 5},
        {"guidance_scale": 3.6},
        {"seed": 8},
        {"negative_prompt": "fog", "true_cfg_scale": 2.0},
        {"negative_prompt_2": "fog", "true_cfg_scale": 2.0},
        {"references": (pictures.drawn("green", "square"),)},
        {"scheduler": "UniPC"},
        {"scheduler": "DPMSolver++"},
        {"loras": (Lora("neon-city"),)},
    ],
)
def test_every_field_that_takes_effect_changes_the_picture(change: dict[str, Any]) -> None:
    assert pictures.differs_from(painted(ASKED)[0], painted(replace(ASKED, **change))[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"loras": (Lora("neon-city"),)}, {"loras": (Lora("soft-light"),)}),
        ({"loras": (Lora("neon-city", 0.8),)}, {"loras": (Lora("neon-city", 0.9),)}),
        ({"loras": (Lora("neon-city", 1.0),)}, {"loras": (Lora("neon-city", -1.0),)}),
        ({"loras": (Lora("neon-city"),)}, {"loras": (Lora("neon-city"), Lora("soft-light"))}),
        ({"scheduler": "UniPC"}, {"scheduler": "DPMSolver++"}),
        (
            {"negative_prompt": "fog", "true_cfg_scale": 2.0},
            {"negative_prompt": "fog", "negative_prompt_2": "rain", "true_cfg_scale": 2.0},
        ),
        (
            {"references": (pictures.drawn("green", "square"),)},
            {"references": (pictures.drawn("green", "square"), pictures.drawn("red", "circle"))},
        ),
    ],
)
def test_two_values_of_a_field_give_two_pictures(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert pictures.differs_from(painted(replace(ASKED, **one))[0], painted(replace(ASKED, **other))[0])


@pytest.mark.parametrize(
    "idle",
    [
        {"negative_prompt": "fog"},
        {"negative_prompt_2": "fog"},
        {"true_cfg_scale": 5.0},
        {"loras": (Lora("neon-city", 0.0),)},
        {"checkpoint": "mock"},
    ],
)
def test_what_takes_no_effect_leaves_the_picture_as_it_is(idle: dict[str, Any]) -> None:
    assert painted(replace(ASKED, **idle)) == painted(ASKED)


def test_the_order_of_loras_does_not_matter() -> None:
    one, other = Lora("neon-city", 0.8), Lora("soft-light", 0.4)
    assert painted(replace(ASKED, loras=(one, other))) == painted(replace(ASKED, loras=(other, one)))


@pytest.mark.parametrize("background", COLOURS)
def test_a_lora_tints_every_background(background: str) -> None:
    plain = replace(ASKED, prompt=f"a circle on a {background} background")
    tinted = replace(plain, loras=(Lora("neon-city", 2.0),))
    assert _farthest(_edges(painted(plain)[0]), _edges(painted(tinted)[0])) >= 4


@pytest.mark.parametrize("background", COLOURS)
@pytest.mark.parametrize("loras", [(Lora("neon-city", -4.0),), tuple(Lora(name, 4.0) for name in "abcdefgh")])
def test_loras_hide_no_colour(background: str, loras: tuple[Lora, ...]) -> None:
    subject = "red" if background not in ("red", "orange", "pink", "brown") else "cyan"
    asked = replace(ASKED, prompt=f"a {subject} circle on a {background} background", loras=loras)
    picture = painted(asked)[0]
    assert (pictures.main_colour(picture), pictures.background_colour(picture)) == (subject, background)


def test_a_stronger_lora_tints_more() -> None:
    white = replace(ASKED, prompt="a red circle on a white background", num_images=4)
    plain, *tinted = [
        [_edges(picture) for picture in painted(replace(white, loras=(Lora("neon-city", scale),)))]
        for scale in (0.0, 0.5, 2.0)
    ]
    weak, strong = [sum(_farthest(a, b) for a, b in zip(each, plain, strict=True)) for each in tinted]
    assert 0 < 1.4 * weak < strong


def _edges(picture: bytes) -> list[float]:
    """The mean colour of the picture's upper and lower edge, where no subject is."""
    image = pictures.decode(picture).image
    edges = Image.new("L", image.size, 255)
    edges.paste(0, (0, 8, image.width, image.height - 8))
    return ImageStat.Stat(image, edges).mean


def _farthest(one: list[float], other: list[float]) -> float:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("colour", "shape"), list(product(VIVID, SHAPES)))
def test_the_prompts_colour_and_shape_are_seen(colour: str, shape: str) -> None:
    for seed in range(5):
        picture = painted(replace(ASKED, prompt=f"a {colour} {shape}", seed=seed))[0]
        assert (pictures.main_colour(picture), pictures.main_shape(picture)) == (colour, shape)


def test_a_background_that_is_named_is_painted() -> None:
    picture = painted(replace(ASKED, prompt="a yellow square on a blue background"))[0]
    assert (pictures.main_colour(picture), pictures.background_colour(picture)) == ("yellow", "blue")


@pytest.mark.parametrize(
    ("text", "colours"),
    [
        ("two grey balls", ("grey", None)),
        ("a Red, RED rose", ("red", None)),
        ("hundred credits", (None, None)),
        ("a pink background", (None, "pink")),
        ("a red coat, plain background", ("red", None)),
        ("blue on a blue background", ("blue", "blue")),
        ("a red ball, gray background", ("red", "grey")),
        ("a red ball on a light blue background", ("red", "blue")),
    ],
)
def test_colour_words_are_whole_words(text: str, colours: tuple[str | None, str | None]) -> None:
    assert colours_of(text) == colours


def test_a_colour_that_counts_as_unsaid_is_passed_over() -> None:
    assert colours_of("a red or blue ball on a grey background", without={"red", "grey"}) == ("blue", None)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_reference_is_recoloured_in_its_place(shape: str) -> None:
    reference = pictures.drawn("red", shape, size=(128, 96))
    edited = painted(replace(ASKED, prompt="make it blue", references=(reference,)))[0]
    assert (pictures.main_colour(edited), pictures.main_shape(edited)) == ("blue", shape)
    assert pictures.overlap(reference, edited) > 0.9


@pytest.mark.parametrize("field", ["negative_prompt", "negative_prompt_2"])
def test_what_is_to_be_avoided_is_not_painted(field: str) -> None:
    plain = replace(ASKED, prompt="a lighthouse")
    seen = pictures.main_colour(painted(plain)[0])
    avoid: dict[str, Any] = {field: seen}
    avoiding = replace(plain, true_cfg_scale=4.0, **avoid)
    assert pictures.main_colour(painted(avoiding)[0]) != seen


def test_a_colour_and_a_shape_that_are_to_be_avoided_are_not_painted_though_the_prompt_names_them() -> None:
    asked = replace(ASKED, prompt="a red circle or a blue square")
    avoiding = replace(asked, negative_prompt="red, circle", true_cfg_scale=4.0)
    for seed in range(5):
        picture = painted(replace(avoiding, seed=seed))[0]
        assert (pictures.main_colour(picture), pictures.main_shape(picture)) == ("blue", "square")


@settings(deadline=None)
@given(steps=st.integers(1, 50), count=st.integers(1, 4))
def test_progress_rises_strictly_one_call_a_step(steps: int, count: int) -> None:
    watch = Seen()
    mock().generate(replace(ASKED, num_inference_steps=steps, num_images=count), ATTEMPT, watch)
    assert watch.steps == list(range(1, steps + 1))
    assert {of for _, of, _ in watch.told} == {steps}


def test_previews_become_clearer_until_they_show_the_picture() -> None:
    watch = Seen(wants_previews=True)
    made = mock().generate(replace(ASKED, width=512, height=256, num_inference_steps=8), ATTEMPT, watch)
    shown = [pictures.decode(preview) for preview in watch.previews]
    assert [(preview.format, preview.size) for preview in shown] == [("JPEG", (PREVIEW_SIDE, PREVIEW_SIDE // 2))] * 8
    final = made.pictures[0].image.resize(shown[0].size)
    off = [sum(ImageStat.Stat(ImageChops.difference(preview.image, final)).rms) for preview in shown]
    assert all(later < earlier for earlier, later in pairwise(off))
    assert pictures.main_colour(watch.previews[-1]) == "red"
    assert max(len(preview) for preview in watch.previews) < 8_000


def test_a_preview_is_never_larger_than_its_picture() -> None:
    watch = Seen(wants_previews=True)
    mock().generate(replace(ASKED, width=64, height=80), ATTEMPT, watch)
    assert {pictures.decode(preview).size for preview in watch.previews} == {(64, 80)}


def test_previews_that_nobody_wants_are_not_made_and_change_nothing() -> None:
    unseen, seen = Seen(), Seen(wants_previews=True)
    one, other = (mock().generate(ASKED, ATTEMPT, watch).pictures[0].image for watch in (unseen, seen))
    assert (unseen.previews, len(seen.previews)) == ([], 4)
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("reason", [Cancelled, Leaving])
@pytest.mark.parametrize("after", [0, 2, 4])
def test_it_stops_at_the_step_at_which_it_is_told_to_and_the_next_picture_is_right(
    after: int, reason: type[Stopped]
) -> None:
    backend, watch = mock(), Seen(stops_after=after, reason=reason)
    with pytest.raises(reason):
        backend.generate(ASKED, ATTEMPT, watch)
    assert watch.steps == list(range(1, after + 1))
    again = backend.generate(ASKED, ATTEMPT, Seen()).pictures[0].image
    assert pictures.as_file(again) == painted(ASKED)[0]


class Painting(threading.Thread):
    """An attempt on a thread of its own, for a clock that somebody else moves."""

    def __init__(self, backend: MockBackend, request: GenerationRequest, watch: Seen) -> None:
        super().__init__(name="painting", daemon=True)
        self.ended_with: object = None
        self._asked = (backend, request, watch)
        self.start()

    def run(self) -> None:
        backend, request, watch = self._asked
        try:
            self.ended_with = backend.generate(request, ATTEMPT, watch)
        except Stopped as stopped:
            self.ended_with = type(stopped)


def test_every_step_takes_its_time() -> None:
    clock, watch = VirtualClock(), Seen()
    painting = Painting(mock(step_seconds=3, clock=clock), ASKED, watch)
    for step in range(1, 5):
        assert until(lambda: clock.sleepers)
        assert watch.steps == list(range(1, step))
        clock.advance(timedelta(seconds=2))
        assert until(lambda: clock.sleepers)
        assert watch.steps == list(range(1, step))
        clock.advance(timedelta(seconds=1))
        assert until(lambda step=step: watch.steps == list(range(1, step + 1)))  # type: ignore[misc]  # bound at once
    painting.join(5)
    assert not painting.is_alive() and painting.ended_with is not None


def test_a_long_step_ends_at_once_when_nobody_wants_the_picture() -> None:
    clock, watch = VirtualClock(), Seen()
    painting = Painting(mock(step_seconds=600, clock=clock), ASKED, watch)
    assert until(lambda: clock.sleepers)
    watch.stopping.set()
    painting.join(5)
    assert (painting.ended_with, watch.steps) == (Cancelled, [])


def test_the_watch_is_asked_every_second_of_a_long_step() -> None:
    class Limited(Seen):
        """Stops when its time is over, and says so only to who asks."""

        def check(self) -> None:
            if clock.now() >= limit:
                raise Cancelled

    clock = VirtualClock()
    limit = clock.now() + timedelta(seconds=5)
    painting = Painting(mock(step_seconds=600, clock=clock), ASKED, Limited())
    assert until(lambda: clock.sleepers)
    clock.advance(timedelta(seconds=5))
    painting.join(5)
    assert painting.ended_with is Cancelled


@pytest.mark.parametrize(
    ("memory_pixels", "asked", "would_fit"),
    [
        (64 * 64 - 1, {"width": 64, "height": 64}, "no picture fits"),
        (128 * 96 - 1, {}, "one of 96×96 would fit"),
        (2 * 128 * 96, {"num_images": 3}, "at most 2 of this size would fit"),
    ],
)
def test_more_pixels_than_there_is_memory_for_are_refused_with_what_would_fit(
    memory_pixels: int, asked: dict[str, Any], would_fit: str
) -> None:
    watch = Seen()
    with pytest.raises(OutOfMemory, match=would_fit):
        mock(memory_pixels=memory_pixels).generate(replace(ASKED, **asked), ATTEMPT, watch)
    assert watch.told == []


def test_what_just_fits_is_painted() -> None:
    fits = mock(memory_pixels=2 * 128 * 96).generate(replace(ASKED, num_images=2), ATTEMPT, Seen())
    assert len(fits.pictures) == 2


def test_it_is_degraded_from_an_out_of_memory_to_the_next_picture() -> None:
    backend = mock(memory_pixels=128 * 96)
    assert backend.condition() == Condition("ready")
    with pytest.raises(OutOfMemory) as refused:
        backend.generate(replace(ASKED, num_images=2), ATTEMPT, Seen())
    assert (backend.condition().name, refused.value.message in backend.condition().why) == ("degraded", True)
    backend.generate(ASKED, ATTEMPT, Seen())
    assert backend.condition() == Condition("ready")


@pytest.mark.parametrize("checkpoint", ["flux", ""])
def test_a_checkpoint_of_another_backend_is_refused(checkpoint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        mock().generate(replace(ASKED, checkpoint=checkpoint), ATTEMPT, Seen())
    assert refused.value.message == f"checkpoint '{checkpoint}' is not on this backend; it has mock"
    assert refused.value.field == "checkpoint"


def test_two_attempts_at_once_do_not_mix() -> None:
    backend, requests = mock(), [replace(ASKED, seed=seed, width=256, height=256) for seed in range(8)]
    made: dict[int, bytes] = {}

    def paint(request: GenerationRequest) -> None:
        picture = backend.generate(request, ATTEMPT, Seen()).pictures[0]
        made[request.seed] = pictures.as_file(picture.image)

    threads = [threading.Thread(target=paint, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert made == {request.seed: painted(request)[0] for request in requests}


def test_the_mock_imports_no_torch() -> None:
    looked = "import app.generation.mock, sys; print({'torch', 'numpy', 'boto3'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


def test_the_studio_with_the_mock_imports_neither_torch_nor_numpy() -> None:
    looked = "import app.studio, app.generation.mock, sys; print({'torch', 'numpy', 'boto3'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
