"""A pause holds until two people have signed; a log that was changed, cut or damaged counts as paused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.lineage.pause import PAUSE_LOG, PauseWatch, pause, pause_state, paused, resume
from glaswerk.lineage.policy import policy_template, sign_policy
from glaswerk.lineage.signing import new_key

pytest.importorskip("cryptography", reason='pip install "glaswerk[sign]"')


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A lab with a policy of two keys, which lie beside it, and a third key that is nobody's."""
    lab = Lab.init(tmp_path / "lab")
    lab.ledger.close()
    for name in ("ada", "ben", "eve"):
        new_key(tmp_path / f"{name}.key")
    policy = tmp_path / "policy.toml"
    policy.write_text(policy_template({name: tmp_path / f"{name}.key" for name in ("ada", "ben")}))
    sign_policy(lab.root, policy, tmp_path / "ada.key")
    return lab.root


def _key(root: Path, name: str) -> Path:
    return root.parent / f"{name}.key"


def test_a_pause_holds_until_two_different_people_have_signed(root: Path) -> None:
    assert paused(root) == ""
    pause(root, "names a private person", _key(root, "ada"))
    assert "names a private person" in paused(root)
    state = resume(root, [_key(root, "ada"), _key(root, "ada")])
    assert state.given == {"ada"}
    assert "2 keys are needed" in state.why
    assert resume(root, [_key(root, "ben")]).why == ""
    assert paused(root) == ""


def test_an_unsigned_pause_holds_as_well_and_a_second_pause_needs_new_signatures(root: Path) -> None:
    pause(root, "first")
    resume(root, [_key(root, "ada"), _key(root, "ben")])
    pause(root, "second")
    assert "second" in paused(root)
    assert pause_state(root).given == frozenset()


def test_signatures_of_an_earlier_resumption_cannot_be_used_again(root: Path) -> None:
    pause(root, "first")
    resume(root, [_key(root, "ada"), _key(root, "ben")])
    old = [json.loads(line) for line in (root / PAUSE_LOG).read_text().splitlines()][1:]
    pause(root, "second")
    from glaswerk.core.ids import digest_bytes
    from glaswerk.lineage.signed_text import canonical

    lines = (root / PAUSE_LOG).read_bytes().splitlines()
    for entry in old:
        lines.append(canonical({**entry, "previous": digest_bytes(lines[-1])}))
    (root / PAUSE_LOG).write_bytes(b"\n".join(lines) + b"\n")
    assert "second" in paused(root)


def test_a_key_that_the_policy_does_not_name_resumes_nothing(root: Path) -> None:
    pause(root, "why")
    with pytest.raises(GlaswerkError, match="expected a key of the policy") as error:
        resume(root, [_key(root, "eve")])
    assert error.value.hint == "glaswerk resume --key KEY"
    assert paused(root)


@pytest.mark.parametrize("damage", ["changed", "cut", "rubbish"])
def test_a_log_that_was_tampered_with_counts_as_paused(root: Path, damage: str) -> None:
    pause(root, "why")
    resume(root, [_key(root, "ada"), _key(root, "ben")])
    lines = (root / PAUSE_LOG).read_text().splitlines()
    if damage == "changed":
        lines[0] = lines[0].replace("why", "not")
    elif damage == "cut":
        del lines[0]
    else:
        lines.append("{")
    (root / PAUSE_LOG).write_text("\n".join(lines) + "\n")
    assert "counts as paused" in paused(root)


def test_a_policy_that_was_changed_lets_nobody_resume(root: Path) -> None:
    pause(root, "why")
    with (root / "policy.toml").open("a") as file:
        file.write("\n# one more word\n")
    with pytest.raises(GlaswerkError, match="no valid signature"):
        resume(root, [_key(root, "ada")])


def test_a_watch_sees_a_pause_and_its_end_and_needs_a_lab(root: Path, tmp_path: Path) -> None:
    (root / "runs" / "one").mkdir(parents=True)
    watch = PauseWatch(root / "runs" / "one")
    assert watch.why() == ""
    pause(root, "now")
    assert "now" in watch.why()
    resume(root, [_key(root, "ada"), _key(root, "ben")])
    assert watch.why() == ""
    assert PauseWatch(tmp_path).why() == ""


def test_pausing_twice_and_resuming_what_runs_are_errors_with_the_next_command(root: Path) -> None:
    with pytest.raises(GlaswerkError, match="not paused") as error:
        resume(root, [_key(root, "ada")])
    assert "glaswerk pause" in str(error.value.hint)
    pause(root, "once")
    with pytest.raises(GlaswerkError, match="paused already"):
        pause(root, "twice")


def test_without_a_policy_nobody_can_resume(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "bare")
    lab.ledger.close()
    new_key(tmp_path / "a.key")
    pause(lab.root, "why")
    with pytest.raises(GlaswerkError, match="names 2 keys"):
        resume(lab.root, [tmp_path / "a.key"])
