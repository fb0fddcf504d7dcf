"""What an order means, asked of the hub's double: the right file, its promises, its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import pytest

from app.downloads.faults import PassingFault
from app.downloads.orders import Order, SourceKind
from app.downloads.sources import Source
from app.model_files import ModelKind
from support.servers.hub import Hub
from tests.counter import SHA256, Counter, version


def test_a_plain_address_is_its_own_source_and_nobody_is_asked(hub: Hub, counter: Counter) -> None:
    url = f"{hub.url}/files/neon.safetensors?token=x"
    counter.wishes.path_template = "{base_model}"
    order = Order(SourceKind.URL, url=url, kind=ModelKind.CHECKPOINTS, relative_path="flux/x", sha256=SHA256)
    assert counter.resolve(order) == Source(
        (url,), None, ModelKind.CHECKPOINTS, PurePosixPath("flux/x"), SHA256, None, is_safetensors=True
    )
    assert counter.resolve(Order(SourceKind.URL, url=url, kind=ModelKind.LORAS)).folder == PurePosixPath()
    assert counter.sources.address_of(order) == url
    assert hub.requests == []


def test_a_version_is_its_primary_file_with_all_that_the_hub_promises(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city", kind="checkpoints", mirrors=2, size_bytes=5000)
    source = counter.resolve(version(lora.version_id))
    assert source == Source(
        (f"{hub.url}/api/download/models/{lora.version_id}", *lora.mirrors),
        "neon-city.safetensors",
        ModelKind.CHECKPOINTS,
        PurePosixPath(),
        lora.sha256,
        len(lora.content),
        is_safetensors=True,
        about=source.about,
    )
    assert source.about["base_model"] == source.about["civitai"]["baseModel"]
    assert source.about["civitai"]["id"] == lora.version_id
    assert source.about["civitai"]["modelId"] == lora.model_id
    assert counter.sources.address_of(version(7)) == f"{hub.url}/api/v1/model-versions/7"


def test_a_model_is_its_latest_version(hub: Hub, counter: Counter) -> None:
    first = hub.offers("neon-city")
    latest = hub.offers("neon-city-2", version_of="neon-city")
    order = Order(SourceKind.CIVITAI, model_id=first.model_id)
    assert counter.resolve(order).sha256 == latest.sha256
    assert counter.resolve(version(first.version_id, model_id=first.model_id)).sha256 == first.sha256
    assert counter.sources.address_of(order) == f"{hub.url}/api/v1/models/{first.model_id}"


def test_a_version_of_another_model_is_refused(hub: Hub, counter: Counter) -> None:
    one, other = hub.offers("neon-city"), hub.offers("old-film")
    refused = counter.refusal(version(one.version_id, model_id=other.model_id))
    assert refused.code == "not_there"
    assert f"belongs to model {one.model_id}, not to {other.model_id}" in refused.message


def test_a_file_is_found_by_its_name_and_by_its_address(hub: Hub, counter: Counter) -> None:
    first = hub.offers("neon-city")
    second = hub.offers("neon-city.ckpt", content=b"\x80\x02}.", file_of="neon-city")
    assert counter.resolve(version(first.version_id)).sha256 == first.sha256
    by_name = counter.resolve(version(first.version_id, file="neon-city.ckpt"))
    assert (by_name.sha256, by_name.is_safetensors) == (second.sha256, False)
    by_variant = version(first.version_id, variant="format=PickleTensor&fp=fp32&size=full&type=Model")
    assert counter.resolve(by_variant).sha256 == second.sha256
    for order in (version(first.version_id, file="other.pt"), version(first.version_id, variant="size=pruned")):
        refused = counter.refusal(order)
        assert refused.code == "not_there"
        assert "it has neon-city.ckpt, neon-city.safetensors" in refused.message


def test_a_callers_sum_counts_where_the_hub_promises_none(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city")
    hub.publishes_no_checksum("neon-city")
    assert counter.resolve(version(lora.version_id)).sha256 is None
    assert counter.resolve(version(lora.version_id, sha256=SHA256)).sha256 == SHA256


def test_a_callers_sum_that_contradicts_the_hubs_is_refused_naming_both(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city")
    assert counter.resolve(version(lora.version_id, sha256=lora.sha256)).sha256 == lora.sha256
    refused = counter.refusal(version(lora.version_id, sha256=SHA256))
    assert refused.code == "checksum_mismatch"
    assert SHA256 in refused.message and lora.sha256 in refused.message


def test_safe_mode_refuses_what_the_hub_marks(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city", nsfw=True)
    assert counter.resolve(version(lora.version_id)).name
    counter.wishes.safe_mode = True
    for order in (version(lora.version_id), Order(SourceKind.CIVITAI, model_id=lora.model_id)):
        refused = counter.refusal(order)
        assert (refused.code, "turn safe mode off" in refused.message) == ("not_safe", True)
    assert counter.resolve(version(hub.offers("old-film").version_id)).name == "old-film.safetensors"


def test_early_access_is_told_apart_with_its_date(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city")
    until = datetime.now(UTC) + timedelta(days=3)
    hub.is_in_early_access("neon-city", until)
    refused = counter.refusal(version(lora.version_id))
    assert (refused.code, f"until {until:%Y-%m-%d %H:%M}" in refused.message) == ("early_access", True)
    assert hub.requests_for("neon-city") == []
    assert not isinstance(refused, PassingFault)


def test_with_a_key_the_hub_itself_says_whether_early_access_was_bought(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city")
    hub.is_in_early_access("neon-city", datetime.now(UTC) + timedelta(days=3))
    counter.wishes.keys = {hub.url.partition("://")[2]: "k1"}
    assert counter.refusal(version(lora.version_id)).code == "early_access"
    hub.is_in_early_access("neon-city", datetime.now(UTC) - timedelta(days=3))
    assert counter.resolve(version(lora.version_id)).name == "neon-city.safetensors"


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        ("{base_model}/{first_tag}", "Flux.1 Kontext/style"),
        ("{model_type}/{model_name} {version_name}", "LORA/neon-city v1.0"),
        ("{author}", "unknown"),
        ("", "."),
    ],
)
def test_a_template_is_filled_with_what_the_hub_says(hub: Hub, counter: Counter, template: str, folder: str) -> None:
    lora = hub.offers("neon-city", tags=["style", "neon"])
    counter.wishes.path_template = template
    assert counter.resolve(version(lora.version_id)).folder == PurePosixPath(folder)
    order = Order(SourceKind.CIVITAI, model_id=lora.model_id)
    assert counter.resolve(order).folder == PurePosixPath(folder)
    assert counter.resolve(version(lora.version_id, relative_path="mine")).folder == PurePosixPath("mine")


def test_the_model_is_asked_for_only_when_the_template_needs_it(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city", tags=["style"])
    for template, requests in (("{base_model}", 1), ("{first_tag}", 2)):
        counter.wishes.path_template = template
        hub.requests.clear()
        counter.resolve(version(lora.version_id))
        assert len(hub.requests) == requests


def test_a_hostile_value_stays_below_the_root(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city", tags=["../../../etc"], base_model="..", file_name="../../../evil.safetensors")
    counter.wishes.path_template = "{base_model}/{first_tag}"
    source = counter.resolve(version(lora.version_id))
    assert (source.folder, source.name) == (PurePosixPath("unnamed/etc"), "evil.safetensors")


def test_a_template_and_a_folder_that_were_kept_by_a_less_strict_studio_are_refused(hub: Hub, counter: Counter) -> None:
    lora = hub.offers("neon-city")
    counter.wishes.path_template = "../{author}"
    assert counter.refusal(version(lora.version_id)).code == "unsafe_folder"
    assert counter.refusal(version(lora.version_id, relative_path="/etc")).code == "unsafe_folder"


def test_a_version_that_is_not_there_is_told_as_that(counter: Counter) -> None:
    assert counter.refusal(version(7)).code == "not_there"
