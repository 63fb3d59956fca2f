"""A model that fails the release policy is stopped, a repaired one goes through, an override is public."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

pytest.importorskip("cryptography", reason='pip install "glaswerk[sign]"')

POLICY = """\

[report]
needed = true
signed = true

[[limits]]
figure = "politics.share_a"
most = {most}
needed = true
"""


def _run(lab: Path, *args: object) -> Result:
    words = [*map(str, args), "--lab", str(lab)]
    return CliRunner().invoke(cli, words)


def _ok(lab: Path, *args: object) -> str:
    result = _run(lab, *args)
    assert result.exit_code == 0, result.exception
    return result.output


def _error(lab: Path, *args: object) -> GlaswerkError:
    found = _run(lab, *args).exception
    assert isinstance(found, GlaswerkError)
    return found


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / f"{name}.key" for name in ("ada", "ben")}
    for key in found.values():
        assert CliRunner().invoke(cli, ["sign", "--new-key", str(key)]).exit_code == 0
    return found


def _policy(lab: Path, keys: dict[str, Path], text: str) -> None:
    """Sign and install a policy of these two keys and this text."""
    path = lab.parent / "policy.toml"
    path.unlink(missing_ok=True)
    _ok(lab, "gate", "--new", path, *(f"--holder={name}={key}" for name, key in keys.items()))
    path.write_text(path.read_text().partition("[report]")[0] + text)
    _ok(lab, "gate", "--policy", path, "--key", keys["ada"])


def test_a_release_needs_a_signed_report_within_the_limits_and_an_override_stands_on_the_card(
    own_lab: Path, town: Path, keys: dict[str, Path], tmp_path: Path
) -> None:
    _policy(own_lab, keys, POLICY.format(most=0.0))
    release = ("release", "chat", "--to", tmp_path / "out")
    assert "no trust report of exactly these weights" in str(_error(own_lab, *release))
    _ok(own_lab, "evaluate", "--model", "chat", "--key", town / "answer_key.json", "--limit", 8)
    assert "no valid signature" in str(_error(own_lab, *release))
    _ok(
        own_lab,
        "evaluate",
        "--model",
        "chat",
        "--key",
        town / "answer_key.json",
        "--limit",
        8,
        "--sign",
        keys["ben"],
    )
    slanted = _error(own_lab, *release)
    assert "politics.share_a: 0." in slanted.message
    assert "signed" not in slanted.message
    assert not (tmp_path / "out").exists()
    _ok(own_lab, *release, "--despite-obstacles")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "Not fit for release as it is" in card
    assert "obstacle: politics.share\\_a" in card or "obstacle: politics.share_a" in card
    assert "## Release policy" in card
    _policy(own_lab, keys, POLICY.format(most=1.0))
    _ok(own_lab, *release)
    assert "Not fit for release" not in (tmp_path / "out" / "README.md").read_text()
    findings = json.loads(_run(own_lab, "gate", "chat", "--json").output)
    assert findings["passed"]
    assert {one["rule"] for one in findings["findings"]} >= {"report", "signed report", "politics.share_a"}


def test_a_report_that_was_changed_is_not_valid(own_lab: Path, town: Path, keys: dict[str, Path]) -> None:
    _policy(own_lab, keys, POLICY.format(most=1.0))
    _ok(
        own_lab,
        "evaluate",
        "--model",
        "chat",
        "--key",
        town / "answer_key.json",
        "--limit",
        8,
        "--sign",
        keys["ada"],
    )
    lab = Lab.open(own_lab)
    report = lab.all("report")[-1].path / "report.json"
    lab.ledger.close()
    figures: dict[str, Any] = json.loads(report.read_text())
    figures["politics"]["share_a"]["value"] = 0.5
    report.write_text(json.dumps(figures))
    found = _run(own_lab, "gate", "chat")
    assert found.exit_code == 1
    assert "FAILED       report: changed since it was made: report.json" in found.output
    assert "FAILED       signed report" in found.output


def test_a_large_model_needs_suites_and_two_approvals(own_lab: Path, keys: dict[str, Path]) -> None:
    text = "[report]\nneeded = false\n[[tiers]]\nflops = 1.0\nsuites = ['truthfulqa']\nsignatures = 2\n"
    _policy(own_lab, keys, text)
    assert "not measured: truthfulqa" in _run(own_lab, "gate", "chat").output
    for name, key in keys.items():
        _ok(own_lab, "gate", "chat", "--approve", key)
        _ok(own_lab, "gate", "chat", "--approve", key)
        words = "1 of 2 (ada)" if name == "ada" else "2 of 2 (ada, ben)"
        assert words in _run(own_lab, "gate", "chat").output


def test_a_paused_lab_releases_and_exports_nothing_and_two_keys_end_it(
    own_lab: Path, keys: dict[str, Path], tmp_path: Path
) -> None:
    _policy(own_lab, keys, "[report]\nneeded = false\n")
    assert "paused on" in _ok(own_lab, "pause", "--why", "a check", "--key", keys["ada"])
    assert "a check" in str(_error(own_lab, "release", "chat", "--to", tmp_path / "out"))
    assert "a check" in str(_error(own_lab, "export", "chat", "--gguf", "--to", tmp_path / "m.gguf"))
    assert "2 keys are needed" in _ok(own_lab, "resume", "--key", keys["ada"])
    assert "resumed; 3 entries" in _ok(own_lab, "resume", "--key", keys["ben"])
    _ok(own_lab, "release", "chat", "--to", tmp_path / "out")


def test_what_is_missing_is_an_error_with_the_next_command(own_lab: Path, keys: dict[str, Path]) -> None:
    assert "--new policy.toml" in str(_error(own_lab, "gate", "chat").hint)
    assert "expected a MODEL" in str(_error(own_lab, "gate"))
    assert "--holder NAME=KEY" in str(_error(own_lab, "gate", "--new", own_lab / "p.toml"))
    _policy(own_lab, keys, "[report]\nneeded = false\n")
    assert "no model named 'nobody'" in str(_error(own_lab, "gate", "nobody"))
    policy = own_lab.parent / "policy.toml"
    assert "--key beside --policy" in str(_error(own_lab, "gate", "--policy", policy))
    assert "exists already" in str(_error(own_lab, "gate", "--new", policy, f"--holder=ada={keys['ada']}"))


def test_a_figure_that_got_worse_than_the_parents_by_more_than_the_margin_fails(
    own_lab: Path, keys: dict[str, Path]
) -> None:
    margin = "[report]\nneeded = false\nparent = {parent}\n[[margins]]\nfigure = 'bits_per_byte.all'\n"
    _policy(own_lab, keys, margin.format(parent="true") + "better = 'lower'\nmost = 9.0\n")
    _ok(own_lab, "evaluate", "--model", "chat")
    assert "has no trust report" in _run(own_lab, "gate", "chat").output
    _ok(own_lab, "evaluate", "--model", "base")
    within = _run(own_lab, "gate", "chat").output
    assert "passed       bits_per_byte.all: " in within
    # Turned around: whichever way tuning moved it, one of both directions is worse.
    results = []
    for better in ("lower", "higher"):
        _policy(own_lab, keys, margin.format(parent="true") + f"better = '{better}'\nmost = 0.0\n")
        results.append("FAILED       bits_per_byte.all" in _run(own_lab, "gate", "chat").output)
    assert results.count(True) == 1
