"""Which word means a folder and which a model, and where a signature is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from glaswerk.cli.model_folders import folder_of, is_folder, signature_beside
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab


@pytest.mark.parametrize("thing", ["/a", "./a", "../a", ".", "..", "./"])
def test_what_looks_like_a_path_is_one(thing: str) -> None:
    assert is_folder(thing)


@pytest.mark.parametrize("thing", ["chat", "chat/step-5", "b2:0123", "model:chat", ".hidden", "a/../b", ""])
def test_what_looks_like_a_name_is_none(thing: str) -> None:
    assert not is_folder(thing)


def test_a_folder_is_taken_as_it_is_and_a_missing_one_named(tmp_path: Path) -> None:
    assert folder_of(tmp_path / "no-lab", str(tmp_path)) == tmp_path
    with pytest.raises(GlaswerkError, match="found none at"):
        folder_of(tmp_path, str(tmp_path / "nope"))


def test_a_model_is_found_by_name_while_it_is_what_was_recorded(empty_lab: Lab, model: Artifact) -> None:
    assert folder_of(empty_lab.root, "base") == model.path
    (model.path / "words.txt").write_text("altered")
    with pytest.raises(GlaswerkError, match=r"is not signed: words\.txt: altered") as caught:
        folder_of(empty_lab.root, "base")
    assert caught.value.hint == "glaswerk verify base"


def test_only_models_are_meant(empty_lab: Lab, make: Callable[..., Artifact]) -> None:
    make("source", "posts")
    with pytest.raises(GlaswerkError, match="expected a model, found the source posts"):
        folder_of(empty_lab.root, "posts")


def test_a_signature_is_next_to_its_folder_however_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "release").mkdir()
    monkeypatch.chdir(tmp_path / "release")
    assert signature_beside(Path()) == tmp_path / "release.sig"
    assert signature_beside(Path("../release")) == tmp_path / "release.sig"
