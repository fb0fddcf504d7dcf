"""What the ComfyUI double says of a graph before it is queued, error by error as the real server words it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.servers.comfyui.files import Folders
from support.servers.comfyui.nodes import NODES
from support.servers.comfyui.validation import Validated, fits, validate

Graph = dict[str, Any]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path)


def node(class_type: str, **inputs: Any) -> Graph:
    return {"class_type": class_type, "inputs": inputs}


def empty(**changed: Any) -> Graph:
    return node("EmptyImage", **{"width": 8, "height": 8, "batch_size": 1, "color": 0, **changed})


def save(link: Any, **changed: Any) -> Graph:
    return node("SaveImage", **{"images": link, "filename_prefix": "x", **changed})


def one_error(found: Validated, of: str) -> dict[str, Any]:
    """The only error of the only node that has any."""
    assert list(found.node_errors) == [of]
    (error,) = found.node_errors[of]["errors"]
    told: dict[str, Any] = error
    return told


# The whole graph


def test_a_good_graph_has_no_errors(folders: Folders) -> None:
    assert validate({"1": empty(), "2": save(["1", 0])}, NODES, folders=folders) == Validated(outputs=["2"])


@pytest.mark.parametrize("graph", [{}, [], "", {"1": empty()}])
def test_a_graph_without_outputs_is_refused(folders: Folders, graph: Any) -> None:
    found = validate(graph, NODES, folders=folders)
    expected = {"type": "prompt_no_outputs", "message": "Prompt has no outputs", "details": "", "extra_info": {}}
    assert (found.error, found.node_errors) == (expected, {})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (node("Nope"), "Cannot execute because node Nope does not exist."),
        ({"class_type": None, "inputs": {}}, "Cannot execute because node None does not exist."),
        ({"inputs": {}}, "Cannot execute because a node is missing the class_type property."),
    ],
)
def test_an_unknown_class_is_named_with_its_node(folders: Folders, wrong: Graph, message: str) -> None:
    found = validate({"1": empty(), "5": wrong, "2": save(["1", 0])}, NODES, folders=folders)
    expected = {"type": "invalid_prompt", "message": message, "details": "Node ID '#5'", "extra_info": {}}
    assert (found.error, found.node_errors, found.outputs) == (expected, {}, [])


@pytest.mark.parametrize(
    "graph",
    [None, 5, True, "abc", [1], [empty()], {"1": 5}, {"1": None}, {"1": "class_type"}, {"1": {"class_type": []}}],
)
def test_what_is_no_graph_at_all_makes_the_real_server_stumble(folders: Folders, graph: Any) -> None:
    found = validate(graph, NODES, folders=folders)
    assert found.crash is not None and found.outputs == []


@pytest.mark.parametrize(
    ("targets", "outputs"), [(None, ["2", "3"]), (["3"], ["3"]), (["3", "77"], ["3"]), (["2", "3"], ["2", "3"])]
)
def test_targets_choose_among_the_outputs(folders: Folders, targets: list[str] | None, outputs: list[str]) -> None:
    graph = {"1": empty(), "2": save(["1", 0]), "3": save(["1", 0])}
    assert validate(graph, NODES, targets, folders=folders).outputs == outputs


@pytest.mark.parametrize("targets", [[], ["1"], ["77"]])
def test_targets_that_are_no_outputs_leave_none(folders: Folders, targets: list[str]) -> None:
    found = validate({"1": empty(), "2": save(["1", 0])}, NODES, targets, folders=folders)
    assert found.error is not None and found.error["type"] == "prompt_no_outputs"


# One input


def test_a_missing_input_is_named(folders: Folders) -> None:
    graph = {"1": empty(), "2": save(["1", 0])}
    del graph["1"]["inputs"]["width"]
    found = validate(graph, NODES, folders=folders)
    assert one_error(found, "1") == {
        "type": "required_input_missing",
        "message": "Required input is missing",
        "details": "width",
        "extra_info": {"input_name": "width"},
    }
    assert found.node_errors["1"]["dependent_outputs"] == ["2"]
    assert found.node_errors["1"]["class_type"] == "EmptyImage"


def test_an_optional_input_may_be_missing(folders: Folders) -> None:
    graph = {
        "1": empty(),
        "2": node("ImageCompositeMasked", destination=["1", 0], source=["1", 0], x=0, y=0, resize_source=False),
        "3": save(["2", 0]),
    }
    assert validate(graph, NODES, folders=folders).error is None


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (0, "value_smaller_than_min", "Value 0 smaller than min of 1"),
        (-3, "value_smaller_than_min", "Value -3 smaller than min of 1"),
        (16385, "value_bigger_than_max", "Value 16385 bigger than max of 16384"),
    ],
)
def test_a_value_out_of_range_is_told_with_its_limit(folders: Folders, value: int, kind: str, message: str) -> None:
    error = one_error(validate({"1": empty(width=value), "2": save(["1", 0])}, NODES, folders=folders), "1")
    config = ("INT", {"default": 512, "min": 1, "max": 16384, "step": 1})
    extra = {"input_name": "width", "input_config": config, "received_value": value}
    assert error == {"type": kind, "message": message, "details": "width", "extra_info": extra}


@pytest.mark.parametrize("value", [1, 16384])
def test_the_limits_themselves_are_good(folders: Folders, value: int) -> None:
    assert validate({"1": empty(width=value), "2": save(["1", 0])}, NODES, folders=folders).error is None


@pytest.mark.parametrize(
    ("value", "details"),
    [
        ("abc", "width, abc, invalid literal for int() with base 10: 'abc'"),
        (float("inf"), "width, inf, cannot convert float infinity to integer"),
        (
            None,
            "width, None, int() argument must be a string, a bytes-like object or a real number, not 'NoneType'",
        ),
    ],
)
def test_what_is_no_number_is_told_with_pythons_reason(folders: Folders, value: Any, details: str) -> None:
    error = one_error(validate({"1": empty(width=value), "2": save(["1", 0])}, NODES, folders=folders), "1")
    assert (error["type"], error["details"]) == ("invalid_input_type", details)
    assert error["message"] == "Failed to convert an input value to a INT value"
    assert error["extra_info"]["exception_message"] == details.split(", ", 2)[2]


def test_values_are_converted_in_the_graph_itself(folders: Folders) -> None:
    graph = {"1": empty(width="16", height=8.9, color=True), "2": save(["1", 0], filename_prefix={"__value__": 5})}
    assert validate(graph, NODES, folders=folders).error is None
    assert graph["1"]["inputs"] == {"width": 16, "height": 8, "batch_size": 1, "color": 1}
    assert graph["2"]["inputs"]["filename_prefix"] == "5"


def test_a_value_not_in_a_short_list_is_told_with_the_list(folders: Folders) -> None:
    scale = node("ImageScale", image=["1", 0], upscale_method="x", width=8, height=8, crop="center")
    error = one_error(validate({"1": empty(), "2": scale, "3": save(["2", 0])}, NODES, folders=folders), "2")
    options = ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"]
    assert (error["type"], error["message"]) == ("value_not_in_list", "Value not in list")
    assert error["details"] == f"upscale_method: 'x' not in {options}"
    assert error["extra_info"]["input_config"] == (options, {})


@pytest.mark.parametrize(("count", "told"), [(20, False), (21, True)])
def test_a_list_of_over_twenty_is_told_by_its_length_alone(folders: Folders, count: int, told: bool) -> None:
    folders.models["checkpoints"] = [f"{number}.safetensors" for number in range(count)]
    graph = {
        "1": node("CheckpointLoaderSimple", ckpt_name="x"),
        "2": node("VAEDecode", samples=["3", 0], vae=["1", 2]),
        "3": node("EmptyLatentImage", width=64, height=64, batch_size=1),
        "4": save(["2", 0]),
    }
    error = one_error(validate(graph, NODES, folders=folders), "1")
    assert (error["details"] == f"ckpt_name: 'x' not in (list of length {count})") is told
    assert (error["extra_info"]["input_config"] is None) is told


def test_a_file_that_is_not_there_is_refused_by_its_class(folders: Folders) -> None:
    graph = {"1": node("LoadImage", image="no.png"), "2": save(["1", 0])}
    assert one_error(validate(graph, NODES, folders=folders), "1") == {
        "type": "custom_validation_failed",
        "message": "Custom validation failed for node",
        "details": "image - Invalid image file: no.png",
        "extra_info": {"input_name": "image"},
    }


@pytest.mark.parametrize("name", ["there.png", "there.png [input]", "deep/there.png", "out.png [output]"])
def test_a_file_may_be_named_with_its_folder(folders: Folders, name: str) -> None:
    (folders.input / "deep").mkdir()
    for path in ("input/there.png", "input/deep/there.png", "output/out.png"):
        (folders.root / path).touch()
    assert validate({"1": node("LoadImage", image=name), "2": save(["1", 0])}, NODES, folders=folders).error is None


# Links


@pytest.mark.parametrize("link", [[], ["1"], ["1", 0, 0]])
def test_a_link_is_a_pair(folders: Folders, link: list[Any]) -> None:
    error = one_error(validate({"1": empty(), "2": save(link)}, NODES, folders=folders), "2")
    message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
    assert (error["type"], error["message"], error["details"]) == ("bad_linked_input", message, "images")
    assert error["extra_info"]["received_value"] == link


def test_a_link_of_another_type_is_refused(folders: Folders) -> None:
    graph = {"1": node("SolidMask", value=1.0, width=8, height=8), "2": save(["1", 0])}
    found = validate(graph, NODES, folders=folders)
    error = one_error(found, "2")
    assert error["type"] == "return_type_mismatch"
    assert error["message"] == "Return type mismatch between linked nodes"
    assert error["details"] == "images, received_type(MASK) mismatch input_type(IMAGE)"
    assert (error["extra_info"]["received_type"], error["extra_info"]["linked_node"]) == ("MASK", ["1", 0])
    assert found.error is not None and found.error["details"] == f"{error['message']}: {error['details']}"


@pytest.mark.parametrize(
    ("link", "kind", "details"),
    [
        (["9", 0], "KeyError", "'9'"),
        ([1, 0], "KeyError", "1"),
        (["1", 4], "IndexError", "tuple index out of range"),
        (["1", "0"], "TypeError", "tuple indices must be integers or slices, not str"),
    ],
)
def test_a_dangling_link_is_an_exception_of_the_node_that_has_it(
    folders: Folders, link: list[Any], kind: str, details: str
) -> None:
    error = one_error(validate({"1": empty(), "2": save(link)}, NODES, folders=folders), "2")
    assert (error["type"], error["message"]) == ("exception_during_validation", "Exception when validating node")
    assert (error["details"], error["extra_info"]["exception_type"]) == (details, kind)


def test_a_dangling_link_further_up_is_told_of_the_node_that_has_it(folders: Folders) -> None:
    graph = {"1": node("ImageInvert", image=["9", 0]), "2": save(["1", 0])}
    found = validate(graph, NODES, folders=folders)
    error = one_error(found, "1")
    assert error["type"] == "exception_during_inner_validation"
    assert error["message"] == "Exception when validating inner node"
    assert (error["extra_info"]["input_name"], error["extra_info"]["linked_node"]) == ("images", ["1", 0])
    assert found.error is not None and found.error["details"] == ""


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_a_cycle_is_refused_without_a_word(folders: Folders, length: int) -> None:
    ring = {str(number): node("ImageInvert", image=[str((number + 1) % length), 0]) for number in range(length)}
    found = validate({**ring, "out": save(["0", 0])}, NODES, folders=folders)
    assert found.error is not None and found.error["type"] == "prompt_outputs_failed_validation"
    assert (found.error["details"], found.node_errors, found.outputs) == ("", {}, [])


def test_a_long_chain_is_no_cycle_and_one_too_long_is_told(folders: Folders) -> None:
    def chain(length: int) -> Graph:
        inner = {str(number): node("ImageInvert", image=[str(number - 1), 0]) for number in range(1, length)}
        return {"0": empty(), **inner, "out": save([str(length - 1), 0])}

    assert validate(chain(900), NODES, folders=folders).outputs == ["out"]
    found = validate(chain(1200), NODES, folders=folders)
    (about,) = found.node_errors.values()
    assert about["errors"][0]["extra_info"]["exception_type"] == "RecursionError"


@pytest.mark.parametrize(
    ("received", "wanted", "good"),
    [
        ("IMAGE", "IMAGE", True), ("IMAGE", "MASK", False), ("*", "MASK", True), ("MASK", "*", True),
        ("IMAGE,MASK", "MASK", True), ("STRING", ["a", "b"], False), (["a"], ["a"], True),
        ("INT, FLOAT", "FLOAT,INT", True),
    ],
)  # fmt: skip
def test_types_fit_when_they_share_one(received: Any, wanted: Any, good: bool) -> None:
    assert fits(received, wanted) is good


# Several outputs


def test_one_good_output_suffices_and_the_bad_one_is_told(folders: Folders) -> None:
    graph = {"1": empty(), "2": save(["1", 0]), "3": save(["4", 0]), "4": empty(width=0)}
    found = validate(graph, NODES, folders=folders)
    assert (found.error, found.outputs, list(found.node_errors)) == (None, ["2"], ["4"])
    assert found.node_errors["4"]["dependent_outputs"] == ["3"]


def test_only_errors_of_output_nodes_are_in_the_details(folders: Folders) -> None:
    graph = {"1": empty(width=0), "2": save(["1", 0]), "3": node("SaveImage", images=["1", 0])}
    found = validate(graph, NODES, folders=folders)
    assert found.error is not None
    assert found.error["details"] == "Required input is missing: filename_prefix"
    assert sorted(found.node_errors) == ["1", "3"]
    assert found.node_errors["1"]["dependent_outputs"] == ["2", "3"]


def test_an_input_that_no_class_knows_is_let_pass(folders: Folders) -> None:
    assert validate({"1": empty(extra="x"), "2": save(["1", 0])}, NODES, folders=folders).error is None


# Anything at all

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_IDS = st.sampled_from("123")
_LINKS = st.tuples(_IDS, st.integers(-2, 2)).map(list)
_VALUES = _LINKS | st.sampled_from([0, 1, 64, "euler", "normal", 1.0]) | _JSON


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to three nodes of real classes, linked at random, with values of any kind."""
    made = {}
    for name in draw(st.sets(_IDS)):
        known = NODES[draw(st.sampled_from(sorted(NODES)))]
        inputs = {key: draw(_VALUES) for key in (*known.required, *known.optional) if draw(st.integers(0, 9))}
        made[name] = node(known.name, **inputs)
    return made


@given(graph=_JSON | graphs())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_is_answered(graph: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    folders = Folders(tmp_path_factory.getbasetemp())
    found = validate(graph, NODES, folders=folders)
    json.dumps([found.error, found.node_errors])
    assert [found.error is not None, found.crash is not None, bool(found.outputs)].count(True) == 1


@given(graph=graphs())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_converted_graph_is_found_as_good_as_before(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> None:
    folders = Folders(tmp_path_factory.getbasetemp())
    first = validate(graph, NODES, folders=folders)
    assert validate(copy.deepcopy(graph), NODES, folders=folders).outputs == first.outputs
