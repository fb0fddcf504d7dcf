"""What the README says is so: its settings, its commands, its files."""

from __future__ import annotations

import re
from pathlib import Path

from app.settings import Settings
from app.studio import offers
from support.backends import KNOWN_CAPABILITIES
from tests.comfyui.interactions import INTERACTIONS
from tests.faults import FAULTS
from tests.test_comfyui_agreement import KNOWN

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def section(name: str) -> str:
    return README.partition(f"<!-- {name}:begin -->")[2].partition(f"<!-- {name}:end -->")[0].strip()


def settings_table() -> str:
    """The table of settings as the code has it: name, default, what it is."""
    lines = ["| setting | default | means |", "| --- | --- | --- |"]
    for name, setting in Settings.model_fields.items():
        default = setting.default
        told = ",".join(default) if isinstance(default, tuple) else str(default).replace(str(Path.home()), "~")
        shown = "–" if default in (None, (), "") else f"`{told}`"
        lines.append(f"| `{name.upper()}` | {shown} | {setting.description} |")
    return "\n".join(lines)


def test_the_table_of_settings_is_the_codes_own() -> None:
    assert section("settings") == settings_table()


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, setting in Settings.model_fields.items() if not setting.description] == []


def test_every_capability_is_explained_to_those_who_write_features() -> None:
    explained = (ROOT / "features" / "README.md").read_text("utf-8")
    assert [name for name in KNOWN_CAPABILITIES if f"`{name}`" not in explained] == []
    assert offers(Settings.exactly(backend="mock")) <= KNOWN_CAPABILITIES.keys()


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"(?:`|^|true )make ([a-z]+)", README, re.M))
    assert named <= targets


def test_every_file_that_is_linked_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_counts_are_the_proofs_own() -> None:
    assert f"{len(FAULTS)} of {len(FAULTS)} turn a scenario red" in README
    for profile in ("0.8", "0.3"):
        known = sum(of == profile for of, _ in KNOWN)
        assert f"of {len(INTERACTIONS)} recorded interactions" in README
        assert f"{len(INTERACTIONS) - known}\nagree each" in README
