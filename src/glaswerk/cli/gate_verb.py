"""`glaswerk gate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import next_step, print_json, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic

if TYPE_CHECKING:
    from glaswerk.lab import Artifact, Lab
    from glaswerk.release.gate import Finding

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MARKS = {True: "passed", False: "FAILED", None: "not checked"}


@click.command("gate")
@click.argument("name", metavar="MODEL", required=False)
@click.option("--new", type=click.Path(dir_okay=False, path_type=Path), help="Write a policy with defaults.")
@click.option("--holder", "holders", multiple=True, metavar="NAME=KEY", help="With --new: who may sign it.")
@click.option("--policy", type=_FILE, help="Sign this policy with --key, and obey it from now on.")
@click.option("--key", type=_FILE, help="Private key of somebody whom the policy names.")
@click.option("--approve", type=_FILE, help="Sign the digest of MODEL with this key, as large models need.")
@lab_option
@json_option
def command(
    name: str | None,
    new: Path | None,
    holders: tuple[str, ...],
    policy: Path | None,
    key: Path | None,
    approve: Path | None,
    lab_path: Path,
    as_json: bool,
) -> None:
    """Whether MODEL passes the lab's signed release policy, which `glaswerk release` obeys.

    \b
    glaswerk gate --new policy.toml --holder ada=ada.key --holder ben=ben.key
    glaswerk gate --policy policy.toml --key ada.key
    glaswerk gate chat
    glaswerk gate chat --approve ada.key

    A release despite a failed rule is possible only in public: release --despite-obstacles writes the
    failures at the top of the model card.
    """
    if new is not None:
        _write_new(new, holders)
        return
    with writing(lab_path) as lab:
        if policy is not None:
            _install(lab, policy, key)
            return
        if name is None:
            raise GlaswerkError("expected a MODEL, --new or --policy", hint="glaswerk gate chat")
        model = lab.latest("model", name)
        if model is None:
            there = ", ".join(made.name for made in lab.all("model")) or "none"
            raise GlaswerkError(
                f"the lab has no model named {name!r} (there: {there})", hint="glaswerk model ls"
            )
        if approve is not None:
            _approve(lab, model, approve)
            return
        findings = _findings(lab, model)
    failed = any(one.passed is False for one in findings)
    if as_json:
        print_json(
            {"model": model.name, "digest": model.digest, "passed": not failed, "findings": _fields(findings)}
        )
    else:
        for one in findings:
            echo(f"{_MARKS[one.passed]:<12} {one.rule}: {one.words}")
    if failed:
        raise SystemExit(1)


def _write_new(policy: Path, holders: tuple[str, ...]) -> None:
    from glaswerk.lineage.policy import policy_template

    pairs = dict(one.partition("=")[::2] for one in holders)
    if not pairs or not all(person.isidentifier() and key for person, key in pairs.items()):
        raise GlaswerkError(
            f"expected --holder NAME=KEY for whoever may sign, found {' '.join(holders) or 'none'}",
            hint="glaswerk sign --new-key ada.key, then gate --new policy.toml --holder ada=ada.key",
        )
    if policy.exists():
        raise GlaswerkError(f"{policy} exists already", hint="name another file")
    write_atomic(policy, policy_template({person: Path(key) for person, key in pairs.items()}))
    echo(f"policy {policy}: read it, change it")
    next_step(f"glaswerk gate --policy {policy} --key KEY")


def _install(lab: Lab, policy: Path, key: Path | None) -> None:
    from glaswerk.lineage.policy import sign_policy

    if key is None:
        raise GlaswerkError(
            "expected --key beside --policy", hint=f"glaswerk gate --policy {policy} --key KEY"
        )
    made = sign_policy(lab.root, policy, key)
    echo(f"policy {made.digest}, signed by {', '.join(sorted(made.signers))}")


def _approve(lab: Lab, model: Artifact, key: Path) -> None:
    from glaswerk.release.gate import approve

    approve(lab, model, key)
    echo(f"approved {model.name} ({model.digest})")


def _findings(lab: Lab, model: Artifact) -> list[Finding]:
    from glaswerk.lineage.obstacles import obstacles
    from glaswerk.lineage.policy import read_policy
    from glaswerk.release.facts import facts_of
    from glaswerk.release.gate import Finding, gate_findings
    from glaswerk.release.lineage import lineage_of
    from glaswerk.rerun.exposure import count_exposures

    policy = read_policy(lab.root)
    if policy is None:
        raise GlaswerkError(
            "the lab has no release policy",
            hint="glaswerk gate --new policy.toml --holder ada=ada.key --holder ben=ben.key",
        )
    count_exposures(lab)
    found = obstacles(lab, model)
    facts = facts_of(lab, model, lineage_of(lab, model), {}, found)
    rights = [Finding("rights and forgotten documents", False, words) for words in found]
    none = Finding("rights and forgotten documents", True, "no obstacle")
    return [*(rights or [none]), *gate_findings(lab, model, facts, policy)]


def _fields(findings: list[Finding]) -> list[dict[str, Any]]:
    return [{"rule": one.rule, "passed": one.passed, "words": one.words} for one in findings]
