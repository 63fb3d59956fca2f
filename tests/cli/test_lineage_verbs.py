"""`lineage`, `verify`, `attest` and `sign` on a lab that every real stage has filled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Lab
from glaswerk.lab.answer_records import AnswerRecord, record_answer


def run(lab: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--lab", str(lab)], standalone_mode=False)


def told(lab: Path, *words: str) -> Any:
    result = run(lab, *words, "--json")
    if result.exception is not None:
        raise result.exception
    return json.loads(result.stdout)


def kinds(said: dict[str, Any]) -> set[str]:
    return {f"{node['kind']} {node['name'].split('/')[0]}" for node in said["nodes"]}


def test_the_chat_model_leads_up_to_every_source_and_a_source_down_to_it(lab: Lab) -> None:
    up = told(lab.root, "lineage", "chat", "--up")
    assert kinds(up) == {
        "source posts",
        "source gazette",
        "source chats",
        "corpus main",
        "tokenizer main",
        "shards main.main",
        "model base",
        "model chat",
    }
    down = told(lab.root, "lineage", "posts", "--down")
    assert {"model chat", "trace main.main"} <= kinds(down)
    assert "source chats" not in kinds(down)


def test_a_document_leads_to_what_holds_it_and_to_nothing_else(lab: Lab) -> None:
    rows = list(read_rows(lab.path("corpus", "main") / "documents.parquet"))
    trained = next(row["id"] for row in rows if row["split"] == "train" and row["source"] == "gazette")
    said = told(lab.root, "lineage", trained)
    assert kinds(said) == {
        f"document {trained}",
        "source gazette",
        "corpus main",
        "shards main.main",
        "model base",
        "model chat",
    }
    held_out = next(row["id"] for row in rows if row["split"] == "validation")
    assert not any(kind.startswith("model") for kind in kinds(told(lab.root, "lineage", held_out)))


def test_an_answer_leads_up_to_its_model_and_documents_and_is_checked_with_its_index(own_lab: Path) -> None:
    lab, name = Lab.open(own_lab), "chatcmpl-" + "0" * 24
    rows = list(read_rows(lab.path("corpus", "main") / "documents.parquet"))
    document = next(row["id"] for row in rows if row["source"] == "gazette")
    model, trace = lab.latest("model", "chat"), lab.latest("trace")
    assert model is not None
    assert trace is not None
    record_answer(lab, AnswerRecord(name, "2026-11-23T12:00:00+00:00", model.id, trace.id, (document,)), 10)
    lab.ledger.close()
    assert {f"answer {name}", f"document {document}", "model chat", "model base", "source gazette"} <= kinds(
        told(own_lab, "lineage", name)
    )
    checked = told(own_lab, "verify", name)["artifacts"]
    assert {one["state"] for one in checked} == {"matches"}
    assert {"model", "trace", "shards"} <= {one["kind"] for one in checked}
    file = next(trace.path.glob("*.npy"))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(GlaswerkError, match=r"do not match: trace main\.main"):
        told(own_lab, "verify", name)


def test_the_tree_the_picture_and_the_events_are_of_the_same_part(lab: Lab, tmp_path: Path) -> None:
    svg, lines = tmp_path / "l.svg", tmp_path / "l.jsonl"
    result = run(lab.root, "lineage", "chat", "--up", "--svg", str(svg), "--openlineage", str(lines))
    assert result.output.startswith("made from\n  model chat/step-")
    assert "went into" not in result.output
    assert svg.read_text().count('<rect class="box"') == 8
    assert len(lines.read_text().splitlines()) == 16


def test_a_name_of_several_kinds_is_refused_with_all_of_them(lab: Lab) -> None:
    for verb in ("lineage", "verify"):
        with pytest.raises(GlaswerkError, match="corpus:main, tokenizer:main"):
            told(lab.root, verb, "main")


def test_an_unknown_thing_is_refused_with_near_names(lab: Lab) -> None:
    for verb in ("lineage", "verify"):
        with pytest.raises(GlaswerkError, match="nearest: source:gazette"):
            told(lab.root, verb, "gazete")


def test_a_whole_lab_matches_and_one_byte_of_shards_or_weights_does_not(own_lab: Path) -> None:
    assert {one["state"] for one in told(own_lab, "verify", "--all")["artifacts"]} == {"matches"}
    weights = next((own_lab / "models" / "chat").glob("*/model.safetensors"))
    for file, name in ((own_lab / "shards" / "main.main" / "train.bin", "shards"), (weights, "model")):
        written = file.read_bytes()
        file.write_bytes(written[:-1] + bytes([written[-1] ^ 1]))
        result = run(own_lab, "verify", "chat")
        assert isinstance(result.exception, GlaswerkError)
        assert f"1 of 8 artifacts do not match: {name} " in result.exception.message
        assert f"  {file.name}: altered" in result.stdout
        file.write_bytes(written)
    assert run(own_lab, "verify", "chat").exception is None


def test_a_signed_model_verifies_in_the_lab_and_outside_and_an_altered_one_is_not_signed(
    own_lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("model_signing", reason='pip install "glaswerk[sign]"')
    key, public = str(tmp_path / "key"), str(tmp_path / "key.pub")
    assert "give it away" in run(own_lab, "sign", "--new-key", key).output
    run(own_lab, "sign", "chat", "--key", key)
    assert told(own_lab, "verify", "chat", "--public-key", public)["signature_holds"]
    folder = next((own_lab / "models" / "chat").glob("step-*/"))
    outside = folder.rename(tmp_path / "released")
    signature = ("--signature", f"{folder}.sig", "--public-key", public)
    monkeypatch.chdir(tmp_path)
    assert told(tmp_path, "verify", "./released", *signature)["signature_holds"]
    (outside / "config.json").write_text("{}")
    with pytest.raises(GlaswerkError, match=r"config\.json"):
        raise run(tmp_path, "verify", "./released", *signature).exception or AssertionError
    outside.rename(folder)
    with pytest.raises(GlaswerkError, match=r"is not signed: config\.json: altered"):
        raise run(own_lab, "sign", "chat", "--key", key).exception or AssertionError


def test_an_attestation_of_the_chat_model_names_every_file_and_source(lab: Lab, tmp_path: Path) -> None:
    result = run(lab.root, "attest", "chat", "--to", str(tmp_path / "a.json"))
    assert result.exception is None
    said = json.loads((tmp_path / "a.json").read_text())
    assert "model.safetensors" in [one["name"] for one in said["subject"]]
    built = said["predicate"]["buildDefinition"]
    assert len(built["resolvedDependencies"]) == 7
    with pytest.raises(GlaswerkError, match="expected a model"):
        raise run(lab.root, "attest", "posts").exception or AssertionError


@pytest.mark.parametrize(
    "words",
    [
        ("verify",),
        ("verify", "chat", "--all"),
        ("verify", "chat", "--signature", "x"),
        ("verify", "./here"),
        ("sign",),
        ("sign", "chat"),
        ("sign", "./nowhere", "--key", "pyproject.toml"),
        ("verify", "./nowhere", "--public-key", "pyproject.toml"),
    ],
)
def test_half_a_command_is_refused_in_words(tmp_path: Path, words: tuple[str, ...]) -> None:
    Lab.init(tmp_path).ledger.close()
    key = tmp_path / "key"
    key.write_text("no key")
    given = [str(key) if word == "pyproject.toml" else word for word in words]
    assert isinstance(run(tmp_path, *given).exception, GlaswerkError)
