"""The words that sentences about recipes choose from.

Read for its effect: each makes `{its name}` usable in patterns.
"""

from __future__ import annotations

import re

from support.parameter_types import parameter_type


@parameter_type(r"Automatic1111|ComfyUI \(workflow\)|ComfyUI|Civitai|SwarmUI|InvokeAI|Fooocus|NovelAI|Proofsheet")
def program(text: str) -> str:
    """The programs that write settings into their pictures."""
    return text


@parameter_type("PNG|JPEG|WebP|AVIF")
def container(text: str) -> str:
    """The kinds of files that recipes are read from."""
    return text


@parameter_type("UTF-16BE|UTF-16LE|UTF-8|ASCII")
def encoding(text: str) -> str:
    """The ways in which letters are written into a photo's comment."""
    return text


ODD_PROMPTS = {
    "colons and commas": "a sign: left, right: up, a (red:1.3), 10:30, Model: none",
    "several lines": "a lighthouse\nin the fog,\n\nand a second one",
    "words that look like settings": "a sign that says Steps: 20, Sampler: none, Seed: 7, Size: 8x8",
    "quotation marks": "a sign that says \"Steam\", 'neon' and „Nebel“",
    "brackets of every kind": 'a [red|blue] {light} <house> ((in)) {"fog": [1, 2]} \\(by night\\)',
    "letters of many scripts": "霧の中の灯台, маяк, φάρος, منارة, 🗼👩‍🚀",
    "ten thousand letters": "a lighthouse in the fog, " * 400 + "the end",
}


@parameter_type("|".join(ODD_PROMPTS))
def prompt_oddity(text: str) -> str:
    """What prompts may hold that readers trip over, as such a prompt."""
    return ODD_PROMPTS[text]


@parameter_type(
    "a picture on the studio's own disk|a file of the studio's own disk|a page in the net", name="forbidden_place"
)
def forbidden_place(text: str) -> str:
    """What must never be read for an address."""
    return text


@parameter_type(
    "a tag alone|a list of hashes|a table of hashes|a resource of its hub|a resource's full name|a numbered entry"
)
def lora_note(text: str) -> str:
    """The ways in which a picture's text may note a LoRA."""
    return text


@parameter_type("its name alone|its hash|its version at the hub")
def lora_known_by(text: str) -> str:
    """What a note of a LoRA lets one know it by."""
    return text


@parameter_type(
    "every node is titled wrongly|the guidance is Flux's own|an encoder takes the prompt twice|"
    "the words come from a node of their own|prompts are mixed before they are used|prompts are folded into a subgraph"
)
def graph_oddity(text: str) -> str:
    """How people wire graphs."""
    return text


@parameter_type(
    "a blank name|a name of 300 letters|a rating of 6|a strength that is no number|a folder outside the book|"
    "a setting nobody knows"
)
def impossible(text: str) -> str:
    """What no recipe can be saved with."""
    return text


@parameter_type(
    "title|tags|source|rating|favourite|base model|prompt|negative prompt|steps|sampler|guidance|seed|size|"
    "clip skip|denoising strength|checkpoint|picture's file|picture's address|number|fingerprint|version|colour",
    name="of_recipe",
)
def of_recipe(text: str) -> str:
    """What is told of a recipe; the last six cannot be changed."""
    return text


@parameter_type(
    "newest first|oldest first|from A to Z|from Z to A|with the most LoRAs first|with the fewest LoRAs first|"
    "last opened first|longest unopened first|by chance"
)
def book_order(text: str) -> str:
    """The orders of the book, as the studio calls them."""
    return {
        "newest first": "date:desc",
        "oldest first": "date:asc",
        "from A to Z": "name:asc",
        "from Z to A": "name:desc",
        "with the most LoRAs first": "loras_count:desc",
        "with the fewest LoRAs first": "loras_count:asc",
        "last opened first": "opened:desc",
        "longest unopened first": "opened:asc",
        "by chance": "random:7",
    }[text]


@parameter_type(r"(?:title|tags|LoRAs|prompt)(?:(?:, | and )(?:title|tags|LoRAs|prompt))*")
def search_parts(text: str) -> str:
    """Where a search looks, as the studio takes it."""
    return ",".join(part.lower() for part in re.split(", | and ", text))


@parameter_type(
    r"(?:the base models?|a favourite\'s mark|no favourite\'s mark|the tags?|anything but the tag|"
    r'a place in the folder|a place in or below the folder|the LoRA|the checkpoint)(?: "[^"]*")?(?: and .*)?'
)
def narrowing(text: str) -> str:
    """By what a list is narrowed."""
    return text


@parameter_type(
    "opened|looked at in small|searched for|copied as words for a prompt|shared|exported|compared with all others|"
    "analysed once more|noted as opened"
)
def glance(text: str) -> str:
    """The ways to look at a recipe that must not change it."""
    return text


@parameter_type("the picture|the small picture|the picture behind a link")
def shown(text: str) -> str:
    """The ways to a recipe's picture."""
    return text


@parameter_type(
    "a restart|a scan of the library|a LoRA that gets a new name|a search for matching models|a repair of all recipes"
)
def event(text: str) -> str:
    """What has brought deleted recipes back elsewhere."""
    return text


@parameter_type("opened|deleted|shared|moved")
def done_to_nobody(text: str) -> str:
    """What may be tried with a recipe that is not there."""
    return text


@parameter_type("SHA-256|SHA-256 in capital letters|AutoV2 hash|AutoV3 hash|its name alone")
def lora_designation(text: str) -> str:
    """The ways in which pictures name LoRAs."""
    return text


@parameter_type("is downloaded to its end|is copied in, and the folder read")
def arrival(text: str) -> str:
    """How a model comes into the library."""
    return text


@parameter_type("first|second|last")
def lora_position(text: str) -> int:
    """One of a recipe's LoRAs, as an index of a list."""
    return {"first": 0, "second": 1, "last": -1}[text]


@parameter_type(
    "the LoRA after the last|the LoRA before the first|a LoRA to a file that nobody has|"
    "a LoRA to a name that two files bear"
)
def guess(text: str) -> str:
    """What of reconnecting would be a guess."""
    return text


@parameter_type("prompts left aside|prompts taken into account")
def judged(text: str) -> bool:
    """How duplicates are judged: whether by their prompts, too."""
    return text == "prompts taken into account"


@parameter_type(r"\S.*", suggested=False)
def names(text: str) -> str:
    """Names of recipes, between commas."""
    return text


@parameter_type("the picture|nothing")
def link_shows(text: str) -> bool:
    """Whether a link shows the picture."""
    return text == "the picture"


@parameter_type(
    "a page that climbs out|a page for the root folder|a page that grows absurdly|a picture of far too many pixels|"
    "a web page for a picture|a version from the future|its second half missing|no archive at all"
)
def book_mischief(text: str) -> str:
    """What a book may hold to do harm."""
    return text


@parameter_type("is full|is write-protected")
def disk_trouble(text: str) -> str:
    """What happens to disks."""
    return text
