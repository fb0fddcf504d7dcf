"""The words that sentences about a provider and about followed characters choose from.

Read for its effect: each makes `{its name}` usable in patterns.
"""

from __future__ import annotations

from support.parameter_types import parameter_type

NO_CHARACTERS = (
    "a character that nobody described",
    "the same character's picture twice",
    "five pictures of the character",
    "a path in the character's place",
)


@parameter_type("|".join(NO_CHARACTERS))
def no_character(text: str) -> str:
    """What stands where a character's reference pictures should be named."""
    return text
