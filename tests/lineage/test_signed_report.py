"""A report's signature covers its files, the model and the lineage: none of them can be changed unnoticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lineage.signed_report import report_signers, sign_report, signature_of
from glaswerk.lineage.signed_text import public_of
from glaswerk.lineage.signing import new_key

pytest.importorskip("cryptography", reason='pip install "glaswerk[sign]"')


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    found = {name: tmp_path / f"{name}.key" for name in ("ada", "ben")}
    for key in found.values():
        new_key(key)
    return found


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab.init(tmp_path / "lab")


def _report(lab: Lab) -> Artifact:
    """A report about a model that has one file."""

    def weights(folder: Path) -> dict[str, object]:
        (folder / "model.safetensors").write_bytes(b"weights")
        return {}

    model = lab.make(Spec("model", "tiny/step-1", "test/1", {}, {"stage": "pretrain"}), weights)

    def pages(folder: Path) -> dict[str, object]:
        (folder / "report.json").write_text(json.dumps({"model": {"digest": model.digest}}))
        (folder / "items.jsonl").write_text("")
        return {}

    config = {"model_digest": model.digest}
    return lab.make(Spec("report", "tiny", "test/1", {"model": model.id}, config), pages)


def test_signatures_name_the_signers_and_add_up(lab: Lab, keys: dict[str, Path]) -> None:
    report, public = _report(lab), {name: public_of(key) for name, key in keys.items()}
    assert report_signers(report.path, public) == set()
    sign_report(lab, report, keys["ada"])
    assert report_signers(report.path, public) == {"ada"}
    path = sign_report(lab, report, keys["ben"])
    assert path == signature_of(report.path)
    assert report_signers(report.path, public) == {"ada", "ben"}
    assert len(json.loads(sign_report(lab, report, keys["ben"]).read_text())["signatures"]) == 2


def test_the_lineage_is_signed_with_digests(lab: Lab, keys: dict[str, Path]) -> None:
    report = _report(lab)
    said = json.loads(sign_report(lab, report, keys["ada"]).read_text())["signed"]
    (model,) = lab.all("model")
    assert said["model"]["digest"] == model.digest
    assert {one["digest"] for one in said["lineage"]} == {model.digest}
    assert set(said["report"]["files"]) == {"report.json", "items.jsonl"}


@pytest.mark.parametrize("change", ["figure", "more", "less", "model", "lineage", "rubbish"])
def test_whatever_is_changed_afterwards_ends_the_signature(
    lab: Lab, keys: dict[str, Path], change: str
) -> None:
    report, public = _report(lab), {"ada": public_of(keys["ada"])}
    path = sign_report(lab, report, keys["ada"])
    found = json.loads(path.read_text())
    if change == "figure":
        (report.path / "report.json").write_text("{}")
    elif change == "more":
        (report.path / "note.txt").write_text("fine")
    elif change == "less":
        (report.path / "items.jsonl").unlink()
    elif change == "model":
        found["signed"]["model"]["digest"] = "b2:0"
    elif change == "lineage":
        found["signed"]["lineage"] = []
    if change == "rubbish":
        path.write_text("[")
    else:
        path.write_text(json.dumps(found))
    assert report_signers(report.path, public) == set()


def test_a_signature_of_another_report_is_replaced_not_kept(lab: Lab, keys: dict[str, Path]) -> None:
    report, public = _report(lab), {name: public_of(key) for name, key in keys.items()}
    path = sign_report(lab, report, keys["ada"])
    found = json.loads(path.read_text())
    found["signed"]["lineage"] = []
    path.write_text(json.dumps(found))
    sign_report(lab, report, keys["ben"])
    assert report_signers(report.path, public) == {"ben"}
