"""SHA-256 as other tools compute it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from glaswerk.release.digests import sha256_of


@pytest.mark.parametrize("data", [b"", b"glass", b"\0" * 1_000_001])
def test_the_digest_of_a_file_is_that_of_its_bytes(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "f").write_bytes(data)
    assert sha256_of(tmp_path / "f") == hashlib.sha256(data).hexdigest()


def test_an_empty_file_has_the_known_digest(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert sha256_of(tmp_path / "f").startswith("e3b0c44298fc1c149afbf4c8996fb924")


def test_a_missing_file_has_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        sha256_of(tmp_path / "none")
