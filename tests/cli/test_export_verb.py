"""`export`: a format must be said, a model must be there, and a name with a slash makes no folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from glaswerk.cli.export_verb import command
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab


def refused(lab: Lab, *words: str) -> GlaswerkError:
    error = CliRunner().invoke(command, [*words, "--lab", str(lab.root)]).exception
    assert isinstance(error, GlaswerkError), error
    return error


def test_a_format_must_be_named(empty_lab: Lab, model: Artifact) -> None:
    error = refused(empty_lab, "base")
    assert error.message == "expected the format to export to, found none"
    assert error.hint == "glaswerk export base --gguf"


def test_an_unknown_model_is_answered_with_those_there_are(empty_lab: Lab, model: Artifact) -> None:
    error = refused(empty_lab, "chat", "--gguf")
    assert error.message == "the lab has no model named 'chat' (there: base/step-1)"


@pytest.mark.slow
def test_the_file_is_named_by_model_and_type(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, ["chat", "--gguf", "--lab", str(lab.root)], catch_exceptions=False)
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("chat-step-")
    assert file.name.endswith(".f16.gguf")
    assert result.stdout.startswith(file.name)
