"""`glaswerk release` says what it would write, and names the models that there are."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError


def test_a_dry_run_lists_the_files_and_writes_none(own_lab: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    args = ["release", "base", "--to", str(to), "--dry-run", "--lab", str(own_lab)]
    result = CliRunner().invoke(cli, args, catch_exceptions=False)
    assert "would write base/step-" in result.stdout
    assert "README.md" in result.stdout
    assert not to.exists()
    found = json.loads(CliRunner().invoke(cli, [*args, "--json"], catch_exceptions=False).stdout)
    assert found["written"] is False
    assert found["obstacles"] == []
    assert "provider_name" in found["blanks"]


def test_an_unknown_model_is_an_error_that_names_those_there_are(own_lab: Path, tmp_path: Path) -> None:
    args = ["release", "nobody", "--to", str(tmp_path / "out"), "--lab", str(own_lab)]
    error = CliRunner().invoke(cli, args).exception
    assert isinstance(error, GlaswerkError)
    assert "base/step-" in error.message
