"""ComfyUI's editor's workflows: the same is read as of the graph that they would have run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from app.recipes.reading import read_texts
from app.recipes.recipe import Reading, RecipeLora

NEVER, BYPASSED = 2, 4


def put(name: str, link: int | None, kind: str = "*", *, widget: bool = False) -> dict[str, Any]:
    return {"name": name, "type": kind, "link": link} | ({"widget": {"name": name}} if widget else {})


def node(
    identity: int, kind: str, inputs: Sequence[dict[str, Any]] = (), widgets: Sequence[Any] = (), **more: Any
) -> dict[str, Any]:
    return {"id": identity, "type": kind, "mode": 0, "inputs": [*inputs], "widgets_values": [*widgets]} | more


SAMPLER_INPUTS = [put("model", 13), put("positive", 14), put("negative", 15), put("latent_image", 16)]
SAMPLER = [5, "randomize", 28, 6.5, "euler", "normal", 1.0]


def usual(*nodes: dict[str, Any], links: list[list[Any]] | None = None, **more: Any) -> dict[str, Any]:
    """The usual workflow; nodes and links of the same number replace its own."""
    own = [
        node(4, "CheckpointLoaderSimple", widgets=["neonMix.safetensors"]),
        node(5, "EmptyLatentImage", widgets=[512, 768, 1]),
        node(6, "CLIPTextEncode", [put("clip", 11)], ["a lighthouse"]),
        node(7, "CLIPTextEncode", [put("clip", 12)], ["blurry"]),
        node(
            3,
            "KSampler",
            [put("model", 13), put("positive", 14), put("negative", 15), put("latent_image", 16)],
            SAMPLER,
        ),
        node(8, "VAEDecode", [put("samples", 17)]),
        node(9, "SaveImage", [put("images", 18)], ["x"]),
    ]
    wires = [
        [11, 4, 1, 6, 0, "CLIP"], [12, 4, 1, 7, 0, "CLIP"], [13, 4, 0, 3, 0, "MODEL"], [14, 6, 0, 3, 1, "COND"],
        [15, 7, 0, 3, 2, "COND"], [16, 5, 0, 3, 3, "LATENT"], [17, 3, 0, 8, 0, "LATENT"], [18, 8, 0, 9, 0, "IMAGE"],
    ]  # fmt: skip
    by_number = {each["id"]: each for each in [*own, *nodes]}
    by_link = {each[0]: each for each in [*wires, *(links or [])]}
    return {"nodes": list(by_number.values()), "links": list(by_link.values()), "version": 0.4} | more


def read(workflow: dict[str, Any]) -> Reading:
    return read_texts([("workflow", json.dumps(workflow))])


def test_the_usual_workflow_is_read_in_full() -> None:
    reading = read(usual())
    assert (reading.format, reading.confidence) == ("comfyui", 0.8)
    assert reading.settings.said() == {
        "prompt": "a lighthouse", "negative_prompt": "blurry", "num_inference_steps": 28, "sampler": "euler",
        "scheduler": "normal", "guidance_scale": 6.5, "seed": 5, "width": 512, "height": 768, "checkpoint": "neonMix",
    }  # fmt: skip


def test_a_bypassed_lora_is_passed_over_and_a_muted_one_cut_off() -> None:
    loader = node(10, "LoraLoader", [put("model", 20, "MODEL"), put("clip", 21, "CLIP")], ["ink.safetensors", 0.8, 1],
                  outputs=[{"type": "MODEL"}, {"type": "CLIP"}])  # fmt: skip
    links = [[20, 4, 0, 10, 0, "MODEL"], [21, 4, 1, 10, 1, "CLIP"], [13, 10, 0, 3, 0, "MODEL"]]
    assert read(usual(loader, links=links)).loras == (RecipeLora("ink", 0.8),)
    before = node(11, "LoraLoader", [put("model", 22, "MODEL")], ["fog.safetensors", 0.5, 1])
    through = [[22, 4, 0, 11, 0, "MODEL"], [20, 11, 0, 10, 0, "MODEL"], *links[1:]]
    passed = read(usual(loader | {"mode": BYPASSED}, before, links=through))
    assert (passed.loras, passed.settings.checkpoint) == ((RecipeLora("fog", 0.5),), "neonMix")
    assert read(usual(loader | {"mode": NEVER}, links=links)).loras == ()


def test_reroutes_primitives_and_set_get_pairs_are_followed() -> None:
    nodes = [
        node(10, "Reroute", [put("", 20)]),
        node(11, "PrimitiveNode", widgets=[4711, "fixed"]),
        node(12, "SetNode", [put("CONDITIONING", 21)], ["the negative"]),
        node(13, "GetNode", widgets=["the negative"]),
        node(3, "KSampler", [put("model", 13), put("positive", 14), put("negative", 15), put("latent_image", 16),
                             put("seed", 22, "INT", widget=True)], SAMPLER),
    ]  # fmt: skip
    links = [[20, 6, 0, 10, 0, "*"], [14, 10, 0, 3, 1, "*"], [21, 7, 0, 12, 0, "*"], [15, 13, 0, 3, 2, "*"],
             [22, 11, 0, 3, 4, "INT"]]  # fmt: skip
    said = read(usual(*nodes, links=links)).settings
    assert (said.prompt, said.negative_prompt, said.seed) == ("a lighthouse", "blurry", 4711)


def test_widgets_that_the_inputs_name_are_read_of_any_node() -> None:
    sampler = node(
        3, "A sampler of another pack",
        [put("model", 13), put("positive", 14), put("negative", 15), put("latent_image", 16),
         *(put(name, None, widget=True) for name in ("sampler_name", "noise_seed", "steps", "cfg"))],
        ["heun", 12, "fixed", 9, 2.5],
    )  # fmt: skip
    said = read(usual(sampler)).settings
    assert (said.sampler, said.seed, said.num_inference_steps, said.guidance_scale) == ("heun", 12, 9, 2.5)


def test_the_widgets_of_the_power_loader_are_read() -> None:
    widgets = [{}, {"type": "PowerLoraLoaderHeaderWidget"}, {"on": True, "lora": "ink.safetensors", "strength": 0.8},
               {"on": False, "lora": "off.safetensors", "strength": 1}, {}, ""]  # fmt: skip
    loader = node(10, "Power Lora Loader (rgthree)", [put("model", 20, "MODEL")], widgets)
    links = [[20, 4, 0, 10, 0, "MODEL"], [13, 10, 0, 3, 0, "MODEL"]]
    assert read(usual(loader, links=links)).loras == (RecipeLora("ink", 0.8),)


def inside(graph: dict[str, Any], inputs: list[str], links: list[tuple[int, int, int, int, int]]) -> dict[str, Any]:
    """A subgraph: links as objects, its inputs from node -10, its outputs to node -20."""
    wires = [
        dict(zip(("id", "origin_id", "origin_slot", "target_id", "target_slot"), link, strict=True)) for link in links
    ]
    return graph | {"links": wires, "inputs": [{"name": name} for name in inputs], "outputs": [{"name": "LATENT"}]}


SUBGRAPH = inside(
    {"id": "0b1c-uuid", "name": "Paint", "nodes": [
        node(3, "KSampler", [put("model", 1), put("positive", 2), put("negative", 3), put("latent_image", 4),
                             put("seed", 5, "INT", widget=True)], SAMPLER),
        node(6, "CLIPTextEncode", [put("clip", None), put("text", 6, "STRING", widget=True)], ["as it was inside"]),
        node(7, "CLIPTextEncode", [put("clip", None)], ["blurry"]),
    ]},
    ["model", "latent", "text", "seed"],
    [(1, -10, 0, 3, 0), (2, 6, 0, 3, 1), (3, 7, 0, 3, 2), (4, -10, 1, 3, 3), (5, -10, 3, 3, 4), (6, -10, 2, 6, 1),
     (7, 3, 0, -20, 0)],
)  # fmt: skip


def with_subgraph(instance: dict[str, Any], *links: list[Any]) -> dict[str, Any]:
    workflow = usual(instance, links=[[17, 20, 0, 8, 0, "LATENT"], *links], definitions={"subgraphs": [SUBGRAPH]})
    workflow["nodes"] = [each for each in workflow["nodes"] if each["id"] not in (3, 6, 7)]
    return workflow


def test_a_subgraph_is_entered_and_left_by_its_links() -> None:
    instance = node(20, "0b1c-uuid", [put("model", 30), put("latent", 31), put("text", 32), put("seed", None)])
    words = node(21, "PrimitiveStringMultiline", widgets=["from outside"])
    workflow = with_subgraph(instance, [30, 4, 0, 20, 0, "M"], [31, 5, 0, 20, 1, "L"], [32, 21, 0, 20, 2, "S"])
    workflow["nodes"].append(words)
    said = read(workflow).settings
    assert (said.prompt, said.negative_prompt, said.seed) == ("from outside", "blurry", 5)
    assert (said.checkpoint, said.width, said.num_inference_steps) == ("neonMix", 512, 28)


def test_what_stands_for_a_subgraph_sets_the_widgets_inside() -> None:
    links = ([30, 4, 0, 20, 0, "M"], [31, 5, 0, 20, 1, "L"])
    newer = node(20, "0b1c-uuid", [put("model", 30), put("latent", 31)], ["set by the user", 99, "dull"],
                 properties={"proxyWidgets": [["-1", "text"], ["-1", "seed"], ["7", "text"]]})  # fmt: skip
    said = read(with_subgraph(newer, *links)).settings
    assert (said.prompt, said.negative_prompt, said.seed) == ("set by the user", "dull", 99)
    older = node(20, "0b1c-uuid", [put("model", 30), put("latent", 31), put("text", None, widget=True),
                                   put("seed", None, widget=True)], ["set before", 98])  # fmt: skip
    said = read(with_subgraph(older, *links)).settings
    assert (said.prompt, said.negative_prompt, said.seed) == ("set before", "blurry", 98)


def test_a_bypassed_subgraph_is_not_entered() -> None:
    instance = node(20, "0b1c-uuid", [put("model", 30)], mode=BYPASSED)
    assert read(with_subgraph(instance, [30, 4, 0, 20, 0, "M"])).settings.prompt is None


def test_a_subgraph_that_holds_itself_ends() -> None:
    definition = {"id": "0b1c-uuid", "nodes": [node(1, "0b1c-uuid"), node(2, "0b1c-uuid")], "links": []}
    workflow = usual(node(20, "0b1c-uuid"), definitions={"subgraphs": [definition]})
    assert read(workflow).settings.prompt == "a lighthouse"


def test_links_in_a_circle_end() -> None:
    nodes = [node(10, "Reroute", [put("", 20)]), node(11, "Reroute", [put("", 21)])]
    links = [[20, 11, 0, 10, 0, "*"], [21, 10, 0, 11, 0, "*"], [14, 10, 0, 3, 1, "*"]]
    assert read(usual(*nodes, links=links)).settings.prompt is None
