"""What the ComfyUI backend says and understands without a server: choices, failures, messages, addresses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput, StudioError, Unavailable
from app.generation.comfyui import catalogue as has
from app.generation.comfyui.catalogue import Catalogue, matching
from app.generation.comfyui.errors import fault_of_execution, fault_of_refusal, refused_outputs, sentence_of
from app.generation.comfyui.line import event_of
from app.generation.comfyui.painting import prompt_ids, single_id
from app.generation.comfyui.wire import Address
from app.generation.comfyui.workflow import Parts, Workflow, build
from app.generation.faults import BackendDown, BackendFailed, OutOfMemory
from app.generation.port import Attempt, GenerationRequest


def built(num_images: int = 1) -> Workflow:
    request = GenerationRequest(prompt="a red circle", width=256, height=192, num_images=num_images)
    return build(request, Parts("proofsheet.safetensors"), prefix="an-attempt-1")


# What a server has


def combo(*choices: str) -> list[Any]:
    return [list(choices), {"tooltip": "whatever"}]


OBJECT_INFO: dict[str, Any] = {
    "CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": combo("a.safetensors", "dreams/b.ckpt")}}},
    "LoraLoader": {"input": {"required": {"lora_name": combo("neon-city.safetensors", "x\\soft.safetensors")}}},
    "KSampler": {"input": {"required": {"sampler_name": combo("euler"), "seed": ["INT", {"min": 0}]}}},
    "CLIPTextEncode": {"input": {"required": {"text": ["STRING", {}]}}},
    "DualCLIPLoader": {"input": {"required": {"clip_name1": combo("t5xxl.safetensors", "clip_l.safetensors")}}},
    "VAELoader": {"input": {"required": {"vae_name": ["COMBO", {"options": ["ae.safetensors"]}]}}},
    "LoadImage": {"input": {"required": {"image": [["old.png"], {"image_upload": True}]}}},
    "UNETLoader": {"input": {"required": {"unet_name": combo()}}},
}


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(OBJECT_INFO.get)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("a.safetensors", ("a.safetensors",)),
        ("a", ("a.safetensors",)),
        ("b", ("x/b.safetensors", "y/b.safetensors")),
        ("x/b", ("x/b.safetensors",)),
        ("x\\b.safetensors", ("x/b.safetensors",)),
        ("v1.5", ("v1.5.ckpt",)),
        ("b.ckpt2", ()),
        ("z/b", ()),
        ("", ()),
    ],
)
def test_a_file_is_found_without_its_extension_and_its_folder(wanted: str, found: tuple[str, ...]) -> None:
    assert matching(["a.safetensors", "x/b.safetensors", "y/b.safetensors", "v1.5.ckpt"], wanted) == found


def test_a_checkpoint_that_is_not_there_is_refused_with_those_that_are(catalogue: Catalogue) -> None:
    with pytest.raises(InvalidInput) as refused:
        catalogue.chosen(has.CHECKPOINTS, "ghost", setting=None)
    assert refused.value.message == "checkpoint ghost is not on this backend; it has a.safetensors, dreams/b.ckpt"
    assert refused.value.field == "checkpoint"


def test_a_setting_that_is_not_there_is_not_the_callers_fault(catalogue: Catalogue) -> None:
    with pytest.raises(BackendFailed, match=r"checkpoint ghost is not on this backend; it has a\.safetensors"):
        catalogue.chosen(has.CHECKPOINTS, None, setting="ghost")


def test_without_a_wish_the_first_checkpoint_paints(catalogue: Catalogue) -> None:
    assert catalogue.chosen(has.CHECKPOINTS, None, setting=None) == "a.safetensors"
    assert catalogue.chosen(has.CHECKPOINTS, None, setting="b") == "dreams/b.ckpt"
    assert catalogue.chosen(has.CHECKPOINTS, "b", setting="a") == "dreams/b.ckpt"


def test_a_backend_without_any_model_says_so(catalogue: Catalogue) -> None:
    with pytest.raises(BackendFailed, match="this backend has no diffusion model"):
        catalogue.chosen(has.DIFFUSION_MODELS, None, setting=None)


def test_a_lora_is_found_in_a_folder_of_windows(catalogue: Catalogue) -> None:
    assert catalogue.file(has.LORAS, "soft", field="loras") == "x\\soft.safetensors"


def test_a_lora_that_is_not_there_is_refused_with_those_that_are(catalogue: Catalogue) -> None:
    with pytest.raises(
        InvalidInput, match=r"LoRA nobody is not on this backend; it has neon-city\.safetensors"
    ) as refused:
        catalogue.file(has.LORAS, "nobody", field="loras")
    assert refused.value.field == "loras"


def test_a_name_that_two_folders_have_must_say_which() -> None:
    twice = Catalogue({"LoraLoader": {"input": {"required": {"lora_name": combo("a/x.pt", "b/x.pt")}}}}.get)
    with pytest.raises(InvalidInput, match=r"LoRA x is there more than once: a/x\.pt, b/x\.pt"):
        twice.file(has.LORAS, "x", field="loras")


def test_of_many_names_ten_are_told_and_the_rest_counted() -> None:
    many = Catalogue({"LoraLoader": {"input": {"required": {"lora_name": combo(*(f"l{n}" for n in range(25)))}}}}.get)
    with pytest.raises(InvalidInput, match=r"l9 and 15 more$"):
        many.file(has.LORAS, "nobody", field="loras")


def test_a_sampler_that_is_not_there_is_refused_in_the_name_of_the_scheduler(catalogue: Catalogue) -> None:
    with pytest.raises(InvalidInput, match="sampler uni_pc is not on this backend; it has euler") as refused:
        catalogue.check({"1": {"class_type": "KSampler", "inputs": {"sampler_name": "uni_pc", "seed": 3}}})
    assert refused.value.field == "scheduler"


def test_a_node_that_is_not_there_is_named(catalogue: Catalogue) -> None:
    with pytest.raises(BackendFailed, match="node FluxGuidance is not on this backend"):
        catalogue.check({"1": {"class_type": "FluxGuidance", "inputs": {}}})


def test_texts_numbers_and_uploads_are_no_choices(catalogue: Catalogue) -> None:
    catalogue.check(
        {
            "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "anything", "clip": ["2", 1]}},
            "2": {"class_type": "LoadImage", "inputs": {"image": "uploaded-just-now.png"}},
        }
    )


def test_the_newer_spelling_of_choices_is_read_too(catalogue: Catalogue) -> None:
    assert catalogue.names(has.VAES) == ("ae.safetensors",)
    with pytest.raises(BackendFailed, match=r"VAE other is not on this backend; it has ae\.safetensors"):
        catalogue.check({"1": {"class_type": "VAELoader", "inputs": {"vae_name": "other"}}})


def test_the_text_encoders_are_those_of_the_settings_in_their_order(catalogue: Catalogue) -> None:
    assert catalogue.encoders(["t5xxl", "clip_l"]) == ("t5xxl.safetensors", "clip_l.safetensors")
    assert catalogue.encoders([]) == ("clip_l.safetensors", "t5xxl.safetensors")


def test_one_text_encoder_is_not_enough(catalogue: Catalogue) -> None:
    with pytest.raises(BackendFailed, match="COMFYUI_CLIP must name two text encoders"):
        catalogue.encoders(["t5xxl"])


def test_a_class_is_read_once_until_it_is_forgotten() -> None:
    read: list[str] = []

    def reading(class_type: str) -> Any:
        read.append(class_type)
        return OBJECT_INFO[class_type]

    catalogue = Catalogue(reading)
    catalogue.names(has.LORAS)
    catalogue.names(has.LORAS)
    assert read == ["LoraLoader"]
    catalogue.forget()
    catalogue.names(has.LORAS)
    assert read == ["LoraLoader", "LoraLoader"]


# What went wrong


def execution_error(**changes: Any) -> dict[str, Any]:
    told = {
        "prompt_id": "p",
        "node_id": "6",
        "node_type": "KSampler",
        "exception_type": "RuntimeError",
        "exception_message": "shapes cannot be multiplied\nTraceback (most recent call last)",
        "traceback": ['  File "/opt/ComfyUI/execution.py", line 510, in execute\n'],
    }
    return told | changes


def told_of(fault: StudioError) -> str:
    return fault.message


def test_a_node_that_breaks_is_named_with_the_first_line_and_no_traceback() -> None:
    fault = fault_of_execution(execution_error(), built(), where="the server")
    assert isinstance(fault, BackendFailed)
    assert fault.node == "KSampler (6)"
    assert told_of(fault) == "KSampler (6) failed: shapes cannot be multiplied"


@pytest.mark.parametrize(
    "changes",
    [
        {"exception_type": "torch.OutOfMemoryError", "exception_message": "Allocation on device 0"},
        {"exception_type": "torch.cuda.OutOfMemoryError", "exception_message": ""},
        {"exception_type": "RuntimeError", "exception_message": "CUDA error: out of memory"},
    ],
)
def test_out_of_memory_is_told_as_such_however_it_is_spelt(changes: dict[str, Any]) -> None:
    fault = fault_of_execution(execution_error(**changes), built(), where="the server http://a")
    assert isinstance(fault, OutOfMemory)
    assert "http://a" in told_of(fault)


def test_a_full_disk_is_called_a_full_disk() -> None:
    message = "[Errno 28] No space left on device: '/srv/comfy ui/output/x_00001_.png'"
    fault = fault_of_execution(execution_error(exception_message=message), built(), where="the server http://a")
    assert told_of(fault) == "KSampler (6) failed: the disk of the server http://a is full"


def test_a_second_prompt_without_a_second_encoder_is_the_callers_to_change() -> None:
    error = execution_error(node_type="CLIPTextEncodeFlux", exception_type="KeyError", exception_message="'t5xxl'")
    fault = fault_of_execution(error, built(), where="the server")
    assert isinstance(fault, InvalidInput)
    assert fault.field == "prompt_2"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("cannot open '/home/ann/Comfy UI/models/x.safetensors'", "cannot open 'x.safetensors'"),
        ("cannot open /opt/comfy/models/x.pt, sorry", "cannot open x.pt, sorry"),
        (r"cannot open C:\Users\Ann\x.pt", "cannot open x.pt"),
        (r'cannot open "C:\My Files\x.pt"', 'cannot open "x.pt"'),
        ("mat1 and mat2 (77x2048 and 768x320) and/or n/a", "mat1 and mat2 (77x2048 and 768x320) and/or n/a"),
        ("see https://example.com/help", "see https://example.com/help"),
        ("\n\n  \n", "it gave no reason"),
        ("first\nsecond", "first"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_a_sentence_has_one_line_and_no_path(message: str, said: str) -> None:
    assert sentence_of(message) == said


@given(st.text())
def test_any_message_becomes_one_line_of_readable_length(message: str) -> None:
    said = sentence_of(message)
    assert 0 < len(said) <= 300
    assert len(said.splitlines()) == 1


def refusal(kind: str, name: str = "", number: str = "6") -> dict[str, Any]:
    error = {"type": kind, "message": "Value not good", "details": f"{name}: 3", "extra_info": {"input_name": name}}
    whole = {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed validation", "details": ""}
    found = {"errors": [error], "dependent_outputs": ["8"], "class_type": "KSampler"}
    return {"error": whole, "node_errors": {number: found}}


def test_a_refused_value_of_the_request_is_told_by_its_field() -> None:
    fault = fault_of_refusal(refusal("value_bigger_than_max", "cfg"), built())
    assert isinstance(fault, InvalidInput)
    assert (fault.field, told_of(fault)) == (
        "true_cfg_scale",
        "true_cfg_scale was refused by KSampler (6): Value not good: cfg: 3",
    )


def test_a_refused_workflow_is_the_studios_own_fault() -> None:
    fault = fault_of_refusal(refusal("required_input_missing", "cfg"), built())
    assert isinstance(fault, BackendFailed)
    assert fault.node == "KSampler (6)"


def test_a_refusal_without_nodes_is_told_as_it_is() -> None:
    body = {"error": {"type": "no_prompt", "message": "No prompt provided", "details": ""}, "node_errors": {}}
    assert told_of(fault_of_refusal(body, built())) == "the workflow was refused: No prompt provided"


@pytest.mark.parametrize(
    "body", [{}, {"error": "no"}, {"error": None, "node_errors": []}, {"node_errors": {"6": None}}]
)
def test_a_refusal_that_says_nothing_is_still_a_sentence(body: dict[str, Any]) -> None:
    assert told_of(fault_of_refusal(body, built())) == "the workflow was refused: it gave no reason"


def test_the_pictures_that_were_left_out_are_known_by_their_number() -> None:
    workflow = built(num_images=2)
    left_out = refusal("value_bigger_than_max", "seed", number=workflow.branches[1].sampler)
    left_out["node_errors"][workflow.branches[1].sampler]["dependent_outputs"] = [workflow.branches[1].output]
    told = refused_outputs(left_out, workflow)
    assert list(told) == [1]
    assert told[1].startswith("picture 2 was not painted: KSampler (")


# Words on the wire


def test_a_preview_is_what_follows_the_two_numbers() -> None:
    event = event_of(b"\0\0\0\1\0\0\0\1" + b"jpeg")
    assert event is not None
    assert event.preview == b"jpeg"


@pytest.mark.parametrize(
    "message",
    [b"", b"\0\0\0\1", b"\0\0\0\3\0\0\0\1text", "", "{", "[]", '{"type": "status"}', '{"type": 1, "data": []}'],
)
def test_broken_and_unknown_messages_are_passed_over(message: str | bytes) -> None:
    assert event_of(message) is None


def test_the_password_of_an_address_is_used_and_never_shown() -> None:
    address = Address("https://ann:se%2Fcret@comfy.example:8443/gpu/")
    assert address.url == "https://comfy.example:8443/gpu"
    assert address.websocket == "wss://comfy.example:8443/gpu/ws"
    assert address.headers == {"Authorization": "Basic YW5uOnNlL2NyZXQ="}


@pytest.mark.parametrize(
    ("text", "url"), [("127.0.0.1:8188", "http://127.0.0.1:8188"), ("http://[::1]:8188/", "http://[::1]:8188")]
)
def test_an_address_is_read_as_people_write_it(text: str, url: str) -> None:
    assert Address(text).url == url


@pytest.mark.parametrize("text", ["ftp://ann:secret@a", "http://", "http://ann:secret@a:x"])
def test_what_is_no_address_is_refused_without_telling_its_password(text: str) -> None:
    with pytest.raises(Unavailable) as refused:
        Address(text)
    assert "secret" not in refused.value.message


def test_every_prompt_of_an_attempt_has_an_id_of_its_own_that_can_be_computed_again() -> None:
    attempt = Attempt("0b9c6c0e-6f0e-4a3e-9d0e-0d6a3b1c2d3e")
    ids = prompt_ids(attempt)
    assert ids[0] == attempt.id
    assert ids[1:] == [single_id(attempt, number) for number in range(4)]
    assert len(set(ids)) == 5
    assert all(one == one.lower() for one in ids)


def test_passing_faults_are_backend_down_and_nothing_else_is() -> None:
    assert not isinstance(fault_of_execution(execution_error(), built(), where="the server"), BackendDown)
    assert not isinstance(fault_of_refusal(refusal("value_not_in_list", "ckpt_name"), built()), BackendDown)
