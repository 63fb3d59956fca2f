"""Untrusted GGUF files: damaged bytes end in an error of ours, and numbers are what the file says."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.model.gguf_file import GgufFile

VALUES = np.linspace(-2, 2, 64, dtype=np.float32).reshape(2, 32)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small valid file with every kind of metadata, and a tensor each in fp32, fp16 and Q8_0."""
    path = tmp_path_factory.mktemp("gguf") / "m.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_string("a.text", "grün")
    writer.add_uint32("a.count", 7)
    writer.add_float32("a.rate", 0.5)
    writer.add_bool("a.flag", True)
    writer.add_array("a.names", ["x", "", "ß"])
    writer.add_array("a.numbers", [1, 2, 3])
    writer.add_tensor("full", VALUES)
    writer.add_tensor("half", VALUES.astype(np.float16))
    kind = gguf.GGMLQuantizationType.Q8_0
    writer.add_tensor("small", gguf.quantize(VALUES, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes()


@pytest.fixture
def file(written: bytes, tmp_path: Path) -> GgufFile:
    return opened(written, tmp_path)


def opened(content: bytes, folder: Path) -> GgufFile:
    (folder / "m.gguf").write_bytes(content)
    return GgufFile.open(folder / "m.gguf")


def test_metadata_comes_back_in_plain_types(file: GgufFile) -> None:
    assert file.architecture == "llama"
    assert file.text("a.text") == "grün"
    assert file.metadata["a.names"] == ["x", "", "ß"]
    assert file.metadata["a.numbers"] == [1, 2, 3]
    assert file.number("a.rate") == 0.5
    assert file.whole("a.count") == 7


@pytest.mark.parametrize(("name", "error"), [("full", 0), ("half", 1e-3), ("small", 2e-2)])
def test_tensors_come_back_as_near_as_their_type_allows(file: GgufFile, name: str, error: float) -> None:
    found = file.tensor(name)
    assert found.dtype == file.dtype(name)
    assert float(np.abs(found.float().numpy() - VALUES).max()) <= error


def test_a_key_that_is_missing_or_of_another_type_has_no_text(file: GgufFile) -> None:
    assert file.text("a.count") == file.text("missing") == ""


@pytest.mark.parametrize("key", ["a.text", "a.flag", "a.names", "missing"])
def test_what_is_no_number_is_refused_with_its_key(file: GgufFile, key: str) -> None:
    with pytest.raises(GlaswerkError, match=f"expected a number for {key} in"):
        file.number(key)


@pytest.mark.parametrize("value", [0, -1, 101, 0.5, float("nan"), float("inf")])
def test_a_whole_number_out_of_range_is_refused_with_its_value(file: GgufFile, value: Any) -> None:
    file.metadata["a.size"] = value
    with pytest.raises(GlaswerkError, match=r"a\.size") as error:
        file.whole("a.size", most=100)
    assert repr(value) in str(error.value)


@given(data=st.data())
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_bytes_are_read_or_refused_and_never_fail_otherwise(
    written: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(written) - 1))
    change = data.draw(st.binary(min_size=1, max_size=16))
    content = (written[:place] + change + written[place + len(change) :])[: len(written)]
    try:
        found = opened(content, tmp_path)
    except GlaswerkError:
        return
    for name, entry in found.tensors.items():
        assert tuple(found.tensor(name).shape) == entry.shape


@given(size=st.integers(0, 1000))
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_file_is_refused(written: bytes, tmp_path: Path, size: int) -> None:
    # The padding after the last tensor may be missing.
    needed = max(entry.start + entry.bytes for entry in opened(written, tmp_path).tensors.values())
    with pytest.raises(GlaswerkError, match=r"is empty|not a complete GGUF file") as error:
        opened(written[: min(size, needed - 1)], tmp_path)
    assert "download the file again" in str(error.value.hint)


def test_a_tensor_beyond_the_end_is_refused_by_name(written: bytes, tmp_path: Path) -> None:
    offset = written.index(b"small") + len(b"small") + 4 + 16 + 4
    content = written[:offset] + struct.pack("<Q", 1 << 40) + written[offset + 8 :]
    with pytest.raises(GlaswerkError, match="its tensor 'small'"):
        opened(content, tmp_path)
