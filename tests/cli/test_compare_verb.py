"""`glaswerk compare`: two models on the same questions, as lines, as JSON and as a page."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError


def _run(lab: Path, *args: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, args), "--lab", str(lab)])


def test_base_and_chat_are_compared_and_what_only_one_can_do_is_listed(own_lab: Path, town: Path) -> None:
    for model in ("base", "chat"):
        made = _run(own_lab, "evaluate", "--model", model, "--key", town / "answer_key.json", "--limit", 30)
        assert made.exit_code == 0, made.exception
    lines = _run(own_lab, "compare", "base", "chat").output
    assert "truth.statements.sum" in lines
    found = json.loads(_run(own_lab, "compare", "base", "chat", "--json").stdout)
    figures = {one["figure"]: one for one in found["figures"]}
    assert {"truth.statements.sum", "bits_per_byte.all", "politics.share_a"} <= set(figures)
    for one in figures.values():
        assert one["low"] <= one["change"] <= one["high"]
    assert figures["politics.share_a"]["better"] is None
    alone = {one["figure"]: one["reason"] for one in found["not_comparable"]}
    assert alone["truth.answers.all"] == "measured in the second alone"
    (page,) = (own_lab / "reports" / "compared").rglob("compare.html")
    assert "Both models were asked the same questions" in page.read_text()
    same = json.loads(_run(own_lab, "compare", "chat", "chat", "--json").stdout)
    assert {one["verdict"] for one in same["figures"]} == {"no difference seen"}


def test_a_model_without_a_report_names_the_command_that_makes_one(own_lab: Path) -> None:
    error = _run(own_lab, "compare", "base", "chat").exception
    assert isinstance(error, GlaswerkError)
    assert "evaluate" in str(error.hint)
    unknown = _run(own_lab, "compare", "base", "nobody").exception
    assert isinstance(unknown, GlaswerkError)
    broken = _run(own_lab, "compare", own_lab, "chat").exception
    assert isinstance(broken, GlaswerkError)
    assert "expected a trust report" in broken.message
