"""Headers of safetensors files: exactly what the reference reader accepts, proven against the file's own length."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model_files import WIDTHS, BrokenHeader, read_header


def written(folder: Path, header: Any, weights: int, *, text: bytes | None = None) -> Path:
    head = json.dumps(header).encode() if text is None else text
    path = folder / "a.safetensors"
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(weights))
    return path


def tensor(begin: Any, end: Any, shape: Any = None, dtype: Any = "U8") -> dict[str, Any]:
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("header", "weights"),
    [
        ({}, 0),
        ({"__metadata__": {"a": "b"}}, 0),
        ({"w": tensor(0, 8, [2], "F32")}, 8),
        ({"w": tensor(0, 4, [], "F32")}, 4),
        ({"w": tensor(0, 0, [0, 5], "F32")}, 0),
        ({"b": tensor(4, 6), "a": tensor(0, 4)}, 6),
        ({"a": tensor(0, 4), "empty": tensor(4, 4), "b": tensor(4, 6)}, 6),
        ({"w": tensor(0, 3, [6], "F4")}, 3),
    ],
)
def test_a_sound_header_is_read(tmp_path: Path, header: Any, weights: int) -> None:
    assert read_header(written(tmp_path, header, weights)) == header


@pytest.mark.parametrize(
    ("header", "weights", "why"),
    [
        ({"w": tensor(0, 8)}, 7, "promises 8 bytes of weights and 7 follow"),
        ({"w": tensor(0, 8)}, 9, "promises 8 bytes of weights and 9 follow"),
        ({}, 1, "promises 0 bytes"),
        ({"a": tensor(0, 4), "b": tensor(5, 6)}, 6, "begins tensor 'b' at 5, where 4 is expected"),
        ({"a": tensor(0, 4), "b": tensor(3, 6)}, 6, "begins tensor 'b' at 3, where 4 is expected"),
        ({"a": tensor(1, 4)}, 4, "begins tensor 'a' at 1, where 0 is expected"),
        ({"w": tensor(0, 8, [3], "F32")}, 8, "its shape has another size"),
        ({"w": tensor(0, 8, [8], "F32")}, 8, "its shape has another size"),
        ({"w": tensor(0, 8, [2**60] * 1000)}, 8, "its shape has another size"),
        ({"w": tensor(4, 0, [1])}, 4, "does not say where tensor 'w' lies"),
        ({"w": tensor(0, 4, [-4])}, 4, "does not say"),
        ({"w": tensor(0, 4.0, [4])}, 4, "does not say"),
        ({"w": tensor(0, "4", [4])}, 4, "does not say"),
        ({"w": tensor(False, 4, [4])}, 4, "does not say"),
        ({"w": tensor(0, float("inf"), [4])}, 4, "does not say"),
        ({"w": tensor(0, float("nan"), [4])}, 4, "does not say"),
        ({"w": tensor(0, 10**400, [4])}, 4, "does not say"),
        ({"w": tensor(0, 4, 4)}, 4, "does not say"),
        ({"w": {"dtype": "U8", "shape": [4]}}, 4, "does not say"),
        ({"w": {"dtype": ["U8"], "shape": [4], "data_offsets": [0, 4]}}, 4, "does not say"),
        ({"w": {"dtype": "U8", "shape": [4], "data_offsets": [0]}}, 4, "does not say"),
        ({"w": None}, 0, "does not say"),
        ([], 0, "is not a table"),
        ("", 0, "is not a table"),
    ],
)
def test_a_header_that_lies_is_refused_in_words(tmp_path: Path, header: Any, weights: int, why: str) -> None:
    with pytest.raises(BrokenHeader) as refused:
        read_header(written(tmp_path, header, weights))
    assert why in str(refused.value)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"w": 1e}'])
def test_a_header_that_is_no_json_is_refused(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(BrokenHeader, match="is not JSON"):
        read_header(written(tmp_path, None, 0, text=text))


@pytest.mark.parametrize("content", [b"", b"\x01", bytes(7), b"\xff" * 8, (9).to_bytes(8, "little") + bytes(8)])
def test_a_file_that_ends_in_its_header_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(BrokenHeader):
        read_header(path)


SHAPES = st.lists(st.tuples(st.sampled_from(sorted(WIDTHS)), st.lists(st.integers(0, 5), max_size=3)), max_size=4)


@given(SHAPES, st.randoms(), st.integers(-3, 3))
def test_tensors_in_any_order_are_read_when_their_bytes_are_all_there_and_only_then(
    shapes: list[tuple[str, list[int]]], chance: Any, more: int
) -> None:
    header, reached = {}, 0
    for number, (dtype, shape) in enumerate(shapes):
        size = WIDTHS[dtype]
        for length in shape:
            size *= length
        header[str(number)] = tensor(reached, reached + size, shape, dtype)
        reached += size
    names = list(header)
    chance.shuffle(names)
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), {name: header[name] for name in names}, max(reached + more, 0))
        if max(reached + more, 0) == reached:
            assert read_header(path) == header
        else:
            with pytest.raises(BrokenHeader, match="bytes of weights"):
                read_header(path)


@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_whatever_json_a_header_is_it_is_read_or_refused(header: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for each in (header, {"w": header}, {"w": {"dtype": header, "shape": header, "data_offsets": header}}):
            try:
                read_header(written(Path(folder), each, 4))
            except BrokenHeader:
                continue
