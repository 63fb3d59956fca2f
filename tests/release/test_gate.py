"""Every rule of a policy on a model of the shared lab: what passes, what fails, what could not be checked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lineage.pause import pause
from glaswerk.lineage.policy import Limit, Policy, ReportRule, Tier
from glaswerk.lineage.signed_text import public_of
from glaswerk.lineage.signing import new_key
from glaswerk.release.facts import Facts, facts_of
from glaswerk.release.gate import Finding, approve, gate_findings, pause_finding
from glaswerk.release.lineage import lineage_of
from glaswerk.release.overlap import SetOverlap
from glaswerk.rerun.exposure import count_exposures

pytest.importorskip("cryptography", reason='pip install "glaswerk[sign]"')

FIGURE: dict[str, Any] = {"measurable": True, "value": 0.3, "low": 0.2, "high": 0.4}
NO_REPORT = ReportRule(needed=False)


@pytest.fixture
def own(own_lab: Path) -> Iterator[Lab]:
    lab = Lab.open(own_lab)
    count_exposures(lab)
    yield lab
    lab.ledger.close()


@pytest.fixture
def chat(own: Lab) -> Artifact:
    found = own.latest("model", "chat")
    assert found is not None
    return found


@pytest.fixture
def facts(own: Lab, chat: Artifact) -> Facts:
    return facts_of(own, chat, lineage_of(own, chat), {}, [])


@pytest.fixture
def key(tmp_path: Path) -> Path:
    new_key(tmp_path / "ada.key")
    return tmp_path / "ada.key"


@pytest.fixture
def policy(key: Path) -> Policy:
    return Policy("b2:0", {"ada": public_of(key)}, frozenset({"ada"}))


def _report(lab: Lab, model: Artifact, *, days: int = 0, **more: Any) -> Artifact:
    """A report of the model that was made so many days ago."""
    date = (datetime.now(UTC) - timedelta(days=days)).date().isoformat()
    sets = {"refusals": {"measurable": True, "over_refusal": FIGURE}}
    figures = {"model": {"digest": model.digest}, "date": date, "sets": sets, **more}

    def write(folder: Path) -> dict[str, Any]:
        (folder / "report.json").write_text(json.dumps(figures))
        (folder / "items.jsonl").write_text("")
        return {}

    config = {"model_digest": model.digest, "figures": figures}
    return lab.make(Spec("report", "made", "test/1", {"model": model.id}, config), write)


def _by_rule(findings: list[Finding]) -> dict[str, Finding]:
    return {one.rule: one for one in findings}


def test_a_needed_report_that_is_missing_fails_and_one_not_needed_is_not_checked(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy
) -> None:
    assert _by_rule(gate_findings(own, chat, facts, policy))["report"].passed is False
    loose = replace(policy, report=NO_REPORT)
    assert _by_rule(gate_findings(own, chat, facts, loose))["report"].passed is None


@pytest.mark.parametrize(("days", "passed"), [(0, True), (90, True), (91, False)])
def test_a_report_grows_old(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy, days: int, passed: bool
) -> None:
    _report(own, chat, days=days)
    found = _by_rule(gate_findings(own, chat, facts, policy))
    assert found["report"].passed
    assert found["age of the report"].passed is passed
    assert f"{days} days" in found["age of the report"].words


def test_a_report_of_other_weights_is_none_of_this_model(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy
) -> None:
    base = own.latest("model", "base")
    assert base is not None
    _report(own, base)
    assert _by_rule(gate_findings(own, chat, facts, policy))["report"].passed is False


@pytest.mark.parametrize(
    ("figure", "most", "needed", "passed"),
    [
        ("sets.refusals.over_refusal", 0.3, True, True),
        ("sets.refusals.over_refusal", 0.29, False, False),
        ("sets.even-handed.refusal_gap", 0.1, False, None),
        ("sets.even-handed.refusal_gap", 0.1, True, False),
    ],
)
def test_a_limit_holds_by_the_value_and_one_that_was_not_measured_by_the_policy(
    own: Lab,
    chat: Artifact,
    facts: Facts,
    policy: Policy,
    figure: str,
    most: float,
    needed: bool,
    passed: Any,
) -> None:
    _report(own, chat)
    limited = replace(policy, limits=[Limit(figure, most, needed)])
    assert _by_rule(gate_findings(own, chat, facts, limited))[figure].passed is passed


def test_an_unequal_refusal_fails_on_either_side(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy
) -> None:
    gap = {"measurable": True, "value": -0.3, "low": -0.4, "high": -0.2}
    _report(own, chat, sets={"even-handed": {"measurable": True, "refusal_gap": gap}})
    limited = replace(policy, limits=[Limit("sets.even-handed.refusal_gap", 0.1)])
    assert _by_rule(gate_findings(own, chat, facts, limited))["sets.even-handed.refusal_gap"].passed is False


@pytest.mark.parametrize(
    ("controls", "passed"),
    [
        (None, False),
        ({"measurable": False, "reason": "no set"}, False),
        ({"measurable": True, "gates": [], "valid": {"lean": True}}, True),
        (
            {
                "measurable": True,
                "gates": [{"name": "frames agree", "passed": False}],
                "valid": {"lean": False},
            },
            False,
        ),
    ],
)
def test_controls_that_are_asked_for_must_have_passed(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy, controls: Any, passed: bool
) -> None:
    _report(own, chat, **({"controls": controls} if controls else {}))
    strict = replace(policy, report=ReportRule(controls=True))
    found = _by_rule(gate_findings(own, chat, facts, strict))["positive controls"]
    assert found.passed is passed


@pytest.mark.parametrize(("found", "passed"), [(0, True), (5, True), (6, False)])
def test_leaked_items_are_counted_by_set(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy, found: int, passed: bool
) -> None:
    part = SetOverlap("quiz", "b2:1", "quiz", 120, 100, found, 0.0, 1.0)
    leaked = replace(facts, overlap=replace(facts.overlap, sets=(part,)))
    strict = replace(policy, contamination=0.05, report=NO_REPORT)
    one = _by_rule(gate_findings(own, chat, leaked, strict))["contamination: quiz"]
    assert one.passed is passed
    assert f"{found} of 100" in one.words


def test_a_set_of_which_nothing_was_checked_says_nothing(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy
) -> None:
    part = SetOverlap("quiz", "b2:1", "quiz", 3, 0, 0, None, None)
    empty = replace(facts, overlap=replace(facts.overlap, sets=(part,)))
    rules = _by_rule(gate_findings(own, chat, empty, replace(policy, contamination=0.05)))
    assert "contamination: quiz" not in rules


def test_the_highest_tier_that_was_reached_counts(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy, key: Path
) -> None:
    _report(own, chat)
    tiers = [Tier(1.0, ("refusals",), 1), Tier(2.0, ("refusals", "truthfulqa"), 2), Tier(1e30, (), 9)]
    found = _by_rule(gate_findings(own, chat, facts, replace(policy, tiers=tiers)))
    assert found["suites from 2e+00 FLOP"].words == "not measured: truthfulqa"
    assert "0 of 2 (nobody)" in found["approvals from 2e+00 FLOP"].words
    approve(own, chat, key)
    one = replace(policy, tiers=tiers[:1])
    found = _by_rule(gate_findings(own, chat, facts, one))
    assert found["suites from 1e+00 FLOP"].passed
    assert found["approvals from 1e+00 FLOP"].passed


def test_an_approval_is_of_these_weights_alone(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy, key: Path
) -> None:
    base = own.latest("model", "base")
    assert base is not None
    approve(own, base, key)
    folder = own.root / "approvals"
    name = chat.digest.removeprefix("b2:")
    shutil.copyfile(next(folder.iterdir()), folder / f"{name}.json")
    tiers = replace(policy, tiers=[Tier(1.0)])
    assert _by_rule(gate_findings(own, chat, facts, tiers))["approvals from 1e+00 FLOP"].passed is False


def test_a_stage_of_unknown_compute_is_named(own: Lab, chat: Artifact, facts: Facts, policy: Policy) -> None:
    stages = tuple(replace(stage, flops=None) for stage in facts.compute.stages)
    unknown = replace(facts, compute=replace(facts.compute, stages=stages))
    assert _by_rule(gate_findings(own, chat, unknown, policy))["compute"].passed is None


def test_a_pause_fails_every_model_with_the_reason(
    own: Lab, chat: Artifact, facts: Facts, policy: Policy
) -> None:
    assert pause_finding(own) == []
    pause(own.root, "a check by the board")
    found = _by_rule(gate_findings(own, chat, facts, replace(policy, report=NO_REPORT)))["pause"]
    assert found.passed is False
    assert "a check by the board" in found.words


def test_a_model_without_a_parent_has_no_margins(own: Lab, facts: Facts, policy: Policy) -> None:
    base = own.latest("model", "base")
    assert base is not None
    _report(own, base)
    assert "margins" not in _by_rule(gate_findings(own, base, facts, policy))


@pytest.mark.parametrize("text", ["no JSON", "{}", '[{"no": "key"}]'])
def test_damaged_approvals_are_an_error_in_words(own: Lab, chat: Artifact, key: Path, text: str) -> None:
    approve(own, chat, key)
    (file,) = (own.root / "approvals").iterdir()
    file.write_text(text)
    with pytest.raises(GlaswerkError, match=r"approvals"):
        approve(own, chat, key)
