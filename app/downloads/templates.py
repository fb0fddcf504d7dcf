"""Path templates: where below its kind's root a model of a hub goes, such as `{base_model}/{first_tag}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from app.downloads.folders import folder_of
from app.downloads.names import safe_folder
from app.errors import InvalidInput

PLACEHOLDERS = ("author", "base_model", "first_tag", "model_name", "model_type", "version_name")
UNKNOWN = "unknown"
MAX_TEMPLATE_CHARACTERS = 300

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def check_template(template: str, *, field: str = "path_template") -> None:
    """Raise InvalidInput naming `field` for a template with an unknown placeholder, or one that leads elsewhere."""
    if len(template) > MAX_TEMPLATE_CHARACTERS:
        raise InvalidInput(f"{field}: at most {MAX_TEMPLATE_CHARACTERS} characters are possible", field=field)
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name in _PLACEHOLDER.findall(template):
        if name not in PLACEHOLDERS:
            raise InvalidInput(f"{field}: there is no {{{name}}}; there are {known}", field=field)
    filled = _PLACEHOLDER.sub("x", template)
    if "{" in filled or "}" in filled:
        raise InvalidInput(f"{field}: a brace stands alone; a placeholder is one of {known}", field=field)
    folder_of(filled, field=field)


def folder_for(template: str, values: Mapping[str, str]) -> PurePosixPath:
    """The folder that a template gives for these values: always below the root, whatever they are.

    A value is one part of a name: its slashes become `_`. One that is missing or empty is `unknown`. An empty
    template is the root. Raises InvalidInput as `check_template` does.
    """
    check_template(template)

    def value_of(found: re.Match[str]) -> str:
        return safe_folder(values.get(found[1], "").strip() or UNKNOWN)

    # Each part once more: two harmless values side by side may make a reserved name.
    parts = [safe_folder(_PLACEHOLDER.sub(value_of, part)) for part in template.split("/") if part]
    return PurePosixPath(*parts)


def uses(template: str, *names: str) -> bool:
    """Whether a template has one of these placeholders."""
    return not set(names).isdisjoint(_PLACEHOLDER.findall(template))
