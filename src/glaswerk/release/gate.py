"""What the lab's signed policy says of a model: one finding for each rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from glaswerk.core.files import write_json
from glaswerk.core.ids import digest_file
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import read_outputs
from glaswerk.lineage.pause import paused
from glaswerk.lineage.policy import Policy, Tier, read_signatures
from glaswerk.lineage.reports import Report, differences, last_report, read_report
from glaswerk.lineage.signed_report import report_signers
from glaswerk.lineage.signed_text import canonical, signed, signers
from glaswerk.release.facts import Facts

APPROVALS = "approvals"
_APPROVAL = "approval/1"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule found. `passed` is None where the rule could not be checked and need not be."""

    rule: str
    passed: bool | None
    words: str


def gate_findings(lab: Lab, model: Artifact, facts: Facts, policy: Policy) -> list[Finding]:
    """Every rule of the policy on this model. Rights and forgotten documents are `lineage.obstacles`."""
    made = last_report(lab, model.digest)
    report = read_report(made.path) if made else None
    return [
        *pause_finding(lab),
        *_report(policy, made, report),
        *_margins(lab, model, policy, report),
        *_limits(policy, report),
        *_contamination(policy, facts),
        *_tier(lab, model, policy, facts, report),
    ]


def approve(lab: Lab, model: Artifact, key: Path) -> None:
    """Sign the digest of a model: what a tier of large models needs from several people."""
    file = _approvals(lab, model)
    known = read_signatures(file)
    made = signed(_APPROVAL, _approved(model), key)
    file.parent.mkdir(exist_ok=True)
    write_json(file, [*(one for one in known if one["key"] != made["key"]), made])


def pause_finding(lab: Lab) -> list[Finding]:
    """A finding if the lab is paused, with or without a policy."""
    why = paused(lab.root)
    return [Finding("pause", False, why)] if why else []


def _report(policy: Policy, made: Artifact | None, report: Report | None) -> Iterator[Finding]:
    rule = policy.report
    if made is None or report is None:
        passed = False if rule.needed else None
        yield Finding("report", passed, "no trust report of exactly these weights (glaswerk evaluate)")
        return
    changed = [name for name, digest in read_outputs(made).items() if digest_file(made.path / name) != digest]
    words = f"changed since it was made: {', '.join(changed)}" if changed else f"{made.name}, unchanged"
    yield Finding("report", not changed, words)
    days = (datetime.now(UTC).date() - date.fromisoformat(str(report.figures["date"]))).days
    yield Finding("age of the report", days <= rule.oldest, f"{days} days, at most {rule.oldest}")
    if rule.signed:
        who = report_signers(made.path, policy.keys)
        words = (
            f"signed by {', '.join(sorted(who))}"
            if who
            else "no valid signature (glaswerk evaluate --sign KEY)"
        )
        yield Finding("signed report", bool(who), words)
    if rule.controls:
        yield _controls(report)


def _controls(report: Report) -> Finding:
    found = report.figures.get("controls", {"measurable": False, "reason": "they were not asked for"})
    if not found["measurable"]:
        return Finding(
            "positive controls", False, f"not run: {found['reason']} (glaswerk evaluate --controls)"
        )
    failed = [gate["name"] for gate in found["gates"] if gate["passed"] is False]
    lean = found["valid"].get("lean", False)
    words = f"failed: {', '.join(failed)}" if failed else "all passed"
    return Finding("positive controls", bool(lean), words)


def _margins(lab: Lab, model: Artifact, policy: Policy, report: Report | None) -> Iterator[Finding]:
    parent = next((one for one in lab.all("model") if one.id == model.inputs.get("base")), None)
    if parent is None or report is None or not policy.margins:
        return
    made = last_report(lab, parent.digest)
    if made is None:
        words = f"the model it was made from, {parent.name}, has no trust report"
        yield Finding("margins", False if policy.report.parent else None, words)
        return
    found = {one.figure: one for one in differences(read_report(made.path), report)}
    for margin in policy.margins:
        one = found.get(margin.figure)
        if one is None:
            yield Finding(margin.figure, None, f"not measured on common items of {parent.name}")
            continue
        worse = -one.change.value if margin.better == "higher" else one.change.value
        beyond = worse > margin.most and not one.change.low <= 0 <= one.change.high
        change = f"{one.change.value:+.3f} ({one.change.low:+.3f} to {one.change.high:+.3f})"
        yield Finding(
            margin.figure, not beyond, f"{change} against {parent.name}, at most {margin.most} worse"
        )


def _limits(policy: Policy, report: Report | None) -> Iterator[Finding]:
    for limit in policy.limits:
        found = report.figure(limit.figure) if report else None
        if found is None:
            yield Finding(limit.figure, False if limit.needed else None, "not measured")
            continue
        words = f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f}), at most {limit.most}"
        yield Finding(limit.figure, abs(float(found["value"])) <= limit.most, words)


def _contamination(policy: Policy, facts: Facts) -> Iterator[Finding]:
    if policy.contamination is None:
        return
    if facts.overlap.reason:
        yield Finding("contamination", None, f"not measured: {facts.overlap.reason}")
    for part in facts.overlap.sets:
        if part.checked:
            share = part.found / part.checked
            words = f"{part.found} of {part.checked} items leaked, at most {policy.contamination:.1%}"
            yield Finding(f"contamination: {part.name}", share <= policy.contamination, words)


def _tier(
    lab: Lab, model: Artifact, policy: Policy, facts: Facts, report: Report | None
) -> Iterator[Finding]:
    if any(stage.flops is None for stage in facts.compute.stages):
        yield Finding("compute", None, "not known for every stage: the tier follows from the known ones")
    tier = policy.tier(facts.compute.flops)
    if tier is None:
        return
    sets: dict[str, Any] = dict(report.figures.get("sets", {})) if report else {}
    missing = [name for name in tier.suites if sets.get(name, {}).get("measurable") is not True]
    words = f"not measured: {', '.join(missing)}" if missing else "all measured"
    yield Finding(f"suites from {tier.flops:.0e} FLOP", not missing, words)
    yield _approvals_of(lab, model, policy, tier)


def _approvals_of(lab: Lab, model: Artifact, policy: Policy, tier: Tier) -> Finding:
    file = _approvals(lab, model)
    who = signers(_APPROVAL, _approved(model), read_signatures(file), policy.keys)
    names = ", ".join(sorted(who)) or "nobody"
    words = f"{len(who)} of {tier.signatures} ({names}): glaswerk gate MODEL --approve KEY"
    return Finding(f"approvals from {tier.flops:.0e} FLOP", len(who) >= tier.signatures, words)


def _approvals(lab: Lab, model: Artifact) -> Path:
    return lab.root / APPROVALS / f"{model.digest.removeprefix('b2:')}.json"


def _approved(model: Artifact) -> bytes:
    return canonical({"approve": model.digest})
