"""The settings that change while the studio runs: all or nothing, kept for their owner alone, keys never told."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, InvalidInput, Unavailable
from app.model_files import ModelKind
from app.preferences import Change, KeptPreferences, Preferences
from app.settings import Settings
from tests.test_downloads_api import asking

SETTINGS = "/api/lm/settings"


@pytest.fixture
def kept(tmp_path: Path) -> KeptPreferences:
    return kept_in(tmp_path)


def kept_in(home: Path, **settings: Any) -> KeptPreferences:
    defaults = Preferences.of(Settings.exactly(studio_home=home, **settings))
    return KeptPreferences(path=home / "preferences.json", defaults=defaults)


def change(kept: KeptPreferences, **wanted: Any) -> None:
    kept.change(Change.model_validate(wanted))


def test_what_nobody_has_changed_is_as_the_settings_say(tmp_path: Path) -> None:
    now = kept_in(tmp_path, download_concurrency=7, download_speed_limit=1000, proxy="http://proxy.example:3128").now
    assert (now.concurrency, now.connections, now.speed_limit_bytes_per_second) == (7, 16, 1000)
    assert (now.plain_proxy, now.safe_mode, now.path_template) == ("http://proxy.example:3128", False, "")
    assert now.library_roots == {kind: [tmp_path / "models" / kind] for kind in ModelKind}
    assert not (tmp_path / "preferences.json").exists()


def test_a_change_is_in_force_at_once_told_to_followers_and_outlasts_a_restart(
    kept: KeptPreferences, tmp_path: Path
) -> None:
    seen: list[int] = []
    kept.follow(lambda: seen.append(kept.now.concurrency))
    change(kept, concurrency=5, keys={"hub.example": "abc"}, library_roots={"loras": [tmp_path / "other"]})
    assert seen == [5]
    again = kept_in(tmp_path, download_concurrency=9, download_connections=3)
    assert (again.now.concurrency, again.now.connections) == (5, 3)
    assert again.now.plain_keys == {"hub.example": "abc"}
    assert again.root_of(ModelKind.LORAS) == tmp_path / "other"
    assert again.root_of(ModelKind.CHECKPOINTS) == tmp_path / "models" / "checkpoints"


def test_the_file_is_for_its_owner_alone_and_replaced_whole(kept: KeptPreferences, tmp_path: Path) -> None:
    for key in ("abc", "def"):
        change(kept, keys={"hub.example": key})
        assert stat.S_IMODE((tmp_path / "preferences.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["preferences.json"]


def test_keys_are_added_replaced_and_forgotten_one_by_one(kept: KeptPreferences) -> None:
    change(kept, keys={"a.example": "1", "b.example:8443": "2"})
    change(kept, keys={"a.example": None, "c.example": "3"})
    assert kept.now.plain_keys == {"b.example:8443": "2", "c.example": "3"}


def test_null_takes_a_choice_back_and_lifts_a_limit_of_the_environment(tmp_path: Path) -> None:
    kept = kept_in(tmp_path, download_speed_limit=1000, proxy="http://proxy.example")
    change(kept, concurrency=5, library_roots={"loras": [tmp_path / "other"]})
    change(kept, concurrency=None, library_roots={"loras": None}, speed_limit_bytes_per_second=None, proxy=None)
    assert (kept.now.concurrency, kept.now.speed_limit_bytes_per_second, kept.now.proxy) == (2, None, None)
    assert kept.root_of(ModelKind.LORAS) == tmp_path / "models" / "loras"
    assert kept_in(tmp_path, download_speed_limit=1000).now.speed_limit_bytes_per_second is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 17}, "concurrency"),
        ({"concurrency": "2"}, "concurrency"),
        ({"concurrency": True}, "concurrency"),
        ({"connections": 0}, "connections"),
        ({"connections": 2.5}, "connections"),
        ({"speed_limit_bytes_per_second": 0}, "speed_limit_bytes_per_second"),
        ({"keep_free_bytes": -1}, "keep_free_bytes"),
        ({"safe_mode": "yes"}, "safe_mode"),
        ({"path_template": "{colour}"}, "path_template"),
        ({"path_template": "../{author}"}, "path_template"),
        ({"library_roots": {"loras": []}}, "library_roots.loras"),
        ({"library_roots": {"loras": ["models"]}}, "library_roots.loras.0"),
        ({"library_roots": {"loras": ["/a/../b"]}}, "library_roots.loras.0"),
        ({"library_roots": {"loras": ["/a\0b"]}}, "library_roots.loras.0"),
        ({"library_roots": {"loras": [__file__]}}, "library_roots.loras.0"),
        ({"library_roots": {"loras": [f"{__file__}/below"]}}, "library_roots.loras.0"),
        ({"library_roots": {"loras": ["/" + "a" * 300]}}, "library_roots.loras.0"),
        ({"keys": {"\ud800": "abc"}}, "keys." + "\ufffd" * 3),
        ({"library_roots": {"hypernetworks": ["/a"]}}, "library_roots.hypernetworks"),
        ({"keys": {"https://hub.example/": "abc"}}, "keys.https://hub.example/"),
        ({"keys": {"hub.example": ""}}, "keys.hub.example"),
        ({"keys": {"hub.example": "a\r\nX-Evil: 1"}}, "keys.hub.example"),
        ({"keys": {"hub.example": 5}}, "keys.hub.example"),
        ({"proxy": "ftp://proxy.example"}, "proxy"),
        ({"proxy": "http://proxy.example/path"}, "proxy"),
        ({"proxy": "http://"}, "proxy"),
    ],
)
def test_what_cannot_be_meant_is_refused_naming_its_field_and_nothing_changes(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    with asking(tmp_path) as ask:
        before = ask("GET", SETTINGS).json()
        body = json.dumps({"safe_mode": True, **change})
        answer = ask("PATCH", SETTINGS, content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert "X-Evil" not in answer.text
        assert ask("GET", SETTINGS).json() == before
    assert not (tmp_path / "preferences.json").exists()


def test_no_answer_tells_a_key_or_a_password(tmp_path: Path) -> None:
    wanted = {"keys": {"hub.example": "s3cret"}, "proxy": "http://me:s3cret@proxy.example:3128"}
    with asking(tmp_path) as ask:
        answers = [ask("PATCH", SETTINGS, json=wanted), ask("GET", SETTINGS)]
    for answer in answers:
        assert "s3cret" not in answer.text
        told = answer.json()
        assert (told["keys_set"], told["proxy_password_set"]) == (["hub.example"], True)
        assert told["proxy"] == "http://proxy.example:3128"


def test_a_refusal_does_not_repeat_a_key(tmp_path: Path) -> None:
    with asking(tmp_path) as ask:
        for change in (
            *(
                {"keys": keys}
                for keys in ({"hub.example": "s3cret key"}, {"a b": "s3cret"}, {"hub.example": ["s3cret"]})
            ),
            *({"proxy": proxy} for proxy in (["s3cret"], "ftp://me:s3cret@proxy.example", "http://me:s3cret@")),
        ):
            answer = ask("PATCH", SETTINGS, json=change)
            assert answer.status_code == 422
            assert "s3cret" not in answer.text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "Expecting"),
        ("[]", "it holds no object"),
        ('{"concurrency": 99}', "concurrency"),
        ('{"colour": "red"}', "colour"),
        ('{"library_roots": {"loras": ["models"]}}', "library_roots"),
    ],
)
def test_a_file_that_makes_no_sense_stops_the_start_and_is_left_alone(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "preferences.json"
    path.write_text(text, "utf-8")
    with pytest.raises(Unavailable, match=f"preferences.json cannot be read: .*({why}).*; mend or remove it"):
        kept_in(tmp_path)
    assert path.read_text("utf-8") == text


def test_a_change_that_cannot_be_kept_is_not_made(tmp_path: Path) -> None:
    kept = kept_in(tmp_path / "home")  # which nobody has made: nothing can be written there
    with pytest.raises(Unavailable, match="nothing was changed"):
        change(kept, concurrency=5)
    assert kept.now.concurrency == 2


changes = st.fixed_dictionaries(
    {},
    optional={
        "concurrency": st.none() | st.integers(1, 16),
        "connections": st.none() | st.integers(1, 16),
        "speed_limit_bytes_per_second": st.none() | st.integers(1, 10**12),
        "path_template": st.none() | st.sampled_from(("", "{author}", "{base_model}/{first_tag}")),
        "keys": st.none() | st.dictionaries(st.sampled_from(("a.example", "b.example:1")), st.none() | st.just("k")),
        "safe_mode": st.none() | st.booleans(),
        "keep_free_bytes": st.none() | st.integers(0, 2**60),
    },
)


@given(made=st.lists(changes, max_size=6))
def test_after_any_changes_a_restart_finds_what_was_in_force(
    made: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    kept = kept_in(home)
    for change in made:
        before, after = kept.now, kept.change(Change.model_validate(change))
        assert after == kept.now
        untouched = set(Preferences.model_fields) - set(change)
        assert {name: getattr(after, name) for name in untouched} == {name: getattr(before, name) for name in untouched}
    assert kept_in(home).now == kept.now
    if made:
        assert isinstance(json.loads((home / "preferences.json").read_text("utf-8")), dict)


def overlap(kept: KeptPreferences, **roots: Path) -> str | None:
    """The field that is blamed for these roots of the default library, None when they are taken."""
    try:
        change(kept, library_roots={kind: [str(root)] for kind, root in roots.items()})
    except InvalidInput as error:
        assert error.code == "overlapping_roots"
        return error.field
    return None


def test_roots_may_not_overlap_however_they_are_written(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    models = tmp_path / "models"
    (models / "checkpoints" / "sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to(models / "checkpoints" / "sub", target_is_directory=True)
    (tmp_path / "soon").symlink_to(models / "checkpoints" / "missing", target_is_directory=True)
    for root in (
        models / "checkpoints",
        models / "checkpoints" / "sub",
        models / "checkpoints" / "new" / "deep",
        models / "Checkpoints",
        models,
        Path("/"),
        tmp_path / "link",
        tmp_path / "link" / "below",
        tmp_path / "soon",
        Path(f"{models}//checkpoints/."),
    ):
        assert overlap(kept, loras=root) == "library_roots.loras.0", root
    assert not (tmp_path / "preferences.json").exists()
    for root in (models / "checkpoints-2", models / "lora", tmp_path / "elsewhere"):
        assert overlap(kept, loras=root) is None, root
    before = (tmp_path / "preferences.json").read_bytes()
    assert overlap(kept, embeddings=tmp_path / "elsewhere") == "library_roots.embeddings.0"
    assert overlap(kept, embeddings=tmp_path / "one", checkpoints=tmp_path / "one") == "library_roots.embeddings.0"
    assert (tmp_path / "preferences.json").read_bytes() == before
    assert kept.root_of(ModelKind.LORAS) == tmp_path / "elsewhere"


def test_two_kinds_may_change_their_places_and_what_overlapped_before_hinders_no_other_change(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    models = tmp_path / "models"
    assert overlap(kept, loras=models / "checkpoints", checkpoints=models / "loras") is None
    everything = {"library_roots": {kind: [str(models)] for kind in ModelKind}}
    (tmp_path / "preferences.json").write_text(json.dumps(everything))
    older = kept_in(tmp_path)
    change(older, safe_mode=True)
    assert older.root_of(ModelKind.LORAS) == models


def test_a_library_keeps_to_its_own_folders(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    kept.add_library("work", {ModelKind.LORAS: [tmp_path / "work"]})
    kept.add_library("Ünter wegs 2.0", {})
    assert overlap(kept, loras=tmp_path / "work" / "deep") == "library_roots.loras.0"
    with pytest.raises(InvalidInput) as refused:
        kept.add_library("more", {ModelKind.EMBEDDINGS: [tmp_path / "free", tmp_path / "WORK"]})
    assert refused.value.field == "roots.embeddings.1"
    with pytest.raises(Conflict):
        kept.add_library("WORK", {})
    again = kept_in(tmp_path)
    assert list(again.all_libraries()) == ["default", "work", "Ünter wegs 2.0"]
    again.activate_library("work")
    assert again.root_of(ModelKind.LORAS) == tmp_path / "work"
    assert again.root_of(ModelKind.CHECKPOINTS) == tmp_path / "libraries" / "work" / "checkpoints"
    with pytest.raises(Conflict):
        again.remove_library("work")
    again.activate_library("default")
    again.remove_library("work")
    assert "work" not in kept_in(tmp_path).all_libraries()


@pytest.mark.parametrize(
    "text",
    [
        '{"active_library": "nowhere"}',
        '{"libraries": {"work": {"loras": ["/a"]}}}',
        '{"libraries": {"work": {"loras": ["a"], "checkpoints": ["/b"], "embeddings": ["/c"]}}}',
    ],
)
def test_a_file_with_half_a_library_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "preferences.json").write_text(text, "utf-8")
    with pytest.raises(Unavailable, match="librar"):
        kept_in(tmp_path)
