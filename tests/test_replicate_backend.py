"""The Replicate backend: what it orders, what it waits for, what it makes of whatever comes back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image

from app.errors import InvalidInput
from app.generation.faults import BackendDown, BackendFailed
from app.generation.port import Cancelled, Painting
from support import pictures
from support.servers.replicate import FLUX_2_PRO, FLUX_DEV, KONTEXT_PRO, SDXL, Replicate
from tests.easel import Eye, must, pixels
from tests.studio_of_replicate import Counter, double, orders, slow_double


@pytest.fixture
def made() -> Iterator[Replicate]:
    with double() as one:
        yield one


def colour(painting: Painting, number: int = 0) -> str:
    file = io.BytesIO()
    painting.pictures[number].image.save(file, "PNG")
    return pictures.main_colour(file.getvalue())


def told(painting: Painting) -> dict[str, str]:
    return {one.name: one.why for one in painting.not_applied}


# What is ordered


@pytest.mark.parametrize("model", [FLUX_DEV, KONTEXT_PRO, FLUX_2_PRO, SDXL])
def test_every_model_gives_exactly_the_size_asked_for(made: Replicate, model: str) -> None:
    with Counter(made, model=model) as counter:
        painting = counter.paint(width=320, height=192)
    assert painting.pictures[0].image.size == (320, 192)
    assert painting.pictures[0].image.mode == "RGB"
    assert colour(painting) == "red"
    assert painting.checkpoint == model.partition(":")[0]


def test_several_pictures_are_as_many_orders_each_with_its_seed(made: Replicate) -> None:
    with Counter(made) as counter:
        painting = counter.paint(num_images=3, seed=2**32 - 1)
        alone = counter.paint(seed=0)
    assert [one.input["seed"] for one in made.predictions()] == [2**32 - 1, 0, 1, 0]
    assert [one.seed for one in painting.pictures] == [2**32 - 1, 0, 1]
    assert pixels(painting, 1) == pixels(alone)


def test_what_a_model_has_no_input_for_is_told(made: Replicate) -> None:
    with Counter(made, model=KONTEXT_PRO) as counter:
        painting = counter.paint(negative_prompt="fog", true_cfg_scale=4.0, prompt_2="at dawn")
    assert told(painting).keys() == {
        "steps", "guidance_scale", "scheduler", "negative_prompt", "true_cfg_scale", "prompt_2",
    }  # fmt: skip
    assert made.predictions()[0].input.keys() == {"prompt", "seed", "aspect_ratio", "output_format"}


def test_a_model_with_a_negative_prompt_is_given_it(made: Replicate) -> None:
    with Counter(made, model=SDXL) as counter:
        painting = counter.paint(prompt="a circle", negative_prompt="red", negative_prompt_2="fog", true_cfg_scale=4.0)
    assert made.predictions()[0].input["negative_prompt"] == "red, fog"
    assert "negative_prompt" not in told(painting)
    assert colour(painting) != "red"


def test_more_guidance_than_a_model_takes_is_fitted_and_told(made: Replicate) -> None:
    with Counter(made) as counter:
        painting = counter.paint(guidance_scale=20.0)
    assert made.predictions()[0].input["guidance"] == 10
    assert "10 in place of 20" in told(painting)["guidance_scale"]


def test_a_picture_that_came_in_another_size_is_scaled_and_that_is_told(made: Replicate) -> None:
    with Counter(made) as counter:
        painting = counter.paint()
    assert painting.warnings == ("painted at 512×512 and scaled to 256×256",)


def test_the_nearest_ratio_is_ordered_and_the_rest_cut_off(made: Replicate) -> None:
    with Counter(made) as counter:
        painting = counter.paint(width=1024, height=320)
    assert made.predictions()[0].input["aspect_ratio"] == "21:9"
    assert "cropped and scaled to 1024×320" in painting.warnings[0]


def test_sides_of_its_own_are_given_to_a_model_that_takes_them(made: Replicate) -> None:
    with Counter(made, model=FLUX_2_PRO) as counter:
        painting = counter.paint(width=512, height=288)
        small = counter.paint(width=128, height=64)
    first, second = (one.input for one in made.predictions())
    assert (first["width"], first["height"], first["aspect_ratio"]) == (512, 288, "custom")
    assert (second["width"], second["height"]) == (512, 256)
    assert painting.warnings == ()
    assert small.pictures[0].image.size == (128, 64)


# References


def test_a_reference_goes_along_with_the_order(made: Replicate) -> None:
    with Counter(made, model=KONTEXT_PRO) as counter:
        painting = counter.paint(prompt="make it blue", references=(drawn("red"),))
    assert made.predictions()[0].input["input_image"].startswith("data:image/png;base64,")
    assert colour(painting) == "blue"


def test_several_references_go_in_their_order_to_a_model_that_takes_them(made: Replicate) -> None:
    files = (drawn("red"), drawn("green"), drawn("blue"))
    with Counter(made, model=FLUX_2_PRO) as counter:
        counter.paint(prompt="together", references=files)
    given = made.predictions()[0].input["input_images"]
    assert [made.file(address) for address in given] == list(files)


def test_more_references_than_a_model_takes_are_refused_before_anything_is_ordered(made: Replicate) -> None:
    with (
        Counter(made, model=KONTEXT_PRO) as counter,
        pytest.raises(InvalidInput, match="takes one reference image, 2 are given"),
    ):
        counter.paint(references=(drawn("red"), drawn("blue")))
    assert orders(made) == 0


def test_a_large_reference_is_uploaded_once_for_all_pictures(made: Replicate) -> None:
    large = noisy()
    with Counter(made, model=KONTEXT_PRO) as counter:
        counter.paint(references=(large,), num_images=2)
    assert len(made.files) == 1
    assert next(iter(made.files.values())) == (large, "image/png")


def drawn(name: str) -> bytes:
    return pictures.drawn(name, "circle", size=(128, 128))


def noisy() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((640, 640), 100).convert("RGB").save(file, "PNG")
    return file.getvalue()


# Its course


def test_each_inference_step_that_the_logs_tell_is_told_once() -> None:
    with slow_double() as (made, clock), Counter(made, clock=clock) as counter:
        eye = Eye()
        work = counter.at_work(eye)
        for step in range(1, 5):
            must(lambda: clock.sleepers)
            clock.advance(timedelta(seconds=10))
            must(lambda step=step: len(eye.steps) >= step)  # type: ignore[misc]
        work.result()
        assert eye.steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_cancel_ends_what_runs_and_costs_no_more() -> None:
    with slow_double() as (made, clock), Counter(made, clock=clock) as counter:
        eye = Eye()
        work = counter.at_work(eye, num_images=3)
        must(lambda: clock.sleepers == 3)
        eye.stop(Cancelled)
        with pytest.raises(Cancelled):
            work.result()
        assert [one.status for one in made.predictions()] == ["canceled"] * 3
        must(lambda: not clock.sleepers)


def test_a_short_silence_while_it_paints_is_sat_out() -> None:
    with slow_double() as (made, clock), Counter(made, clock=clock) as counter:
        work = counter.at_work(Eye())
        must(lambda: clock.sleepers)
        made.is_out_of_order(502)
        seen = len(made.requests)
        must(lambda: len(made.requests) > seen + 2)
        made.works_again()
        for _ in range(4):
            must(lambda: clock.sleepers)
            clock.advance(timedelta(seconds=10))
        assert work.result().pictures
        assert orders(made) == 1


def test_a_long_silence_is_a_passing_fault() -> None:
    with slow_double() as (made, clock), Counter(made, clock=clock, patience_seconds=0.1) as counter:
        work = counter.at_work(Eye())
        must(lambda: clock.sleepers)
        made.is_out_of_order(502)
        with pytest.raises(BackendDown, match="502"):
            work.result()


def test_the_same_request_gives_the_same_picture(made: Replicate) -> None:
    with Counter(made) as counter:
        first, again, other = counter.paint(), counter.paint(), counter.paint(seed=8)
    assert pixels(first) == pixels(again) != pixels(other)


def test_a_picture_elsewhere_is_not_fetched(made: Replicate) -> None:
    """Whoever could put an address into an answer must not send the studio anywhere."""
    with Counter(made) as counter:
        wire = counter.backend._wire
        for address in ("http://127.0.0.1:1/a.png", "https://replicate.delivery.example/a.png", "file:///etc/passwd"):
            with pytest.raises(BackendFailed, match="not at Replicate"):
                wire.output(address)


def test_the_request_is_not_changed_by_painting(made: Replicate) -> None:
    with Counter(made) as counter:
        painting = counter.paint(width=64, height=64)
    assert painting.pictures[0].image.size == (64, 64)
    assert replace(painting.pictures[0], seed=1).seed == 1
