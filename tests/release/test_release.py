"""A release: the model with its papers, each figure from the ledger, each gap a marked blank."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import ModelCard

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.dialogues.evaluation_sets import add_evaluations
from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.plan.flops import flops_of
from glaswerk.plan.shape import Shape
from glaswerk.release import Release, write
from glaswerk.release import prepare as prepare_release
from glaswerk.release.lineage import lineage_of
from glaswerk.release.overlap import overlap_of
from glaswerk.rerun.exposure import count_exposures


def prepare(lab: Lab, *args: Any, **options: Any) -> Release:
    """As `glaswerk release` does it: what the model learnt is counted first."""
    count_exposures(lab)
    return prepare_release(lab, *args, **options)


@dataclass(frozen=True)
class Released:
    lab: Lab
    chat: Artifact
    release: Release
    folder: Path

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def released(lab_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    """A release of the shared lab's chat model, beside an evaluation of which one item of three leaked."""
    root = tmp_path_factory.mktemp("release")
    lab = Lab.open(shutil.copytree(lab_folder, root / "lab", ignore=shutil.ignore_patterns("*-shm", "*-wal")))
    corpus = lab.need("corpus", "main", hint="").path
    lines = (line for document in read_documents(corpus, "train") for line in document.text.split("\n"))
    leaked = next(" ".join(line.split()[:16]) for line in lines if len(line.split()) >= 16)
    items = [
        {"id": "leaked", "question": f"It began so: {leaked}"},
        {
            "id": "clean",
            "question": "Which of the nine purple zeppelins over the harbour was the last to land?",
        },
        {"id": "short", "question": "Who lives there?"},
    ]
    file = root / "quiz.jsonl"
    file.write_text("".join(json.dumps(item) + "\n" for item in items))
    add_evaluations(lab, [file], name="quiz")
    chat = lab.latest("model", "chat")
    assert chat is not None
    release = prepare(lab, chat, root / "out")
    write(release, chat, root / "out")
    yield Released(lab, chat, release, root / "out")
    lab.ledger.close()


def test_the_folder_is_the_model_with_its_papers_and_nothing_else(released: Released) -> None:
    there = sorted(p.relative_to(released.folder).as_posix() for p in released.folder.rglob("*"))
    assert there == released.release.files
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        assert (released.folder / name).read_bytes() == (released.chat.path / name).read_bytes()
    assert {"README.md", "training-content-summary.html", "model-documentation.md", "ml-bom.cdx.json"} <= {
        *there
    }


def test_the_summary_counts_what_the_shards_hold_and_nothing_held_out(released: Released) -> None:
    splits = released.lab.need("shards", "main.main", hint="").stats["splits"]
    tokens = splits["train"]["tokens"] + splits["chat"]["tokens"]
    documents = splits["train"]["documents"] + splits["chat"]["documents"]
    facts = released.release.facts
    assert (facts.data.tokens, facts.data.documents) == (tokens, documents)
    assert sum(row.documents for row in facts.data.rows) == documents
    assert f"{tokens:,} tokens in {documents:,} documents" in released.text("training-content-summary.md")


def test_every_figure_leads_to_artifacts_of_the_ledger(released: Released) -> None:
    facts = json.loads(released.text("facts.json"))
    known = {row["id"] for row in released.lab.ledger.rows("SELECT id FROM artifact")}
    assert facts["model"]["id"] == released.chat.id
    for part in ("data", "processing", "overlap"):
        assert facts[part]["artifacts"]
        assert {*facts[part]["artifacts"]} <= known
    assert {stage["artifact"] for stage in facts["compute"]["stages"]} <= known


def test_flops_are_those_of_the_formula_over_both_stages(released: Released) -> None:
    base = released.lab.latest("model", "base")
    assert base is not None
    per_token = flops_of(Shape(**base.config["shape"])).per_token
    tokens = base.stats["tokens"] + released.chat.stats["tokens"]
    assert released.release.facts.compute.flops == per_token * tokens


def test_overlap_finds_the_leaked_item_and_leaves_the_clean_and_the_short_one(released: Released) -> None:
    (found,) = released.release.facts.overlap.sets
    assert (found.items, found.checked, found.found) == (3, 2, 1)
    assert "| quiz | quiz | 3 | 2 | 1 | 50.0% |" in released.text("train-test-overlap.md")


def test_a_base_model_is_not_charged_with_what_only_the_chats_hold(
    released: Released, tmp_path: Path
) -> None:
    lab, corpus = released.lab, released.lab.need("corpus", "main", hint="").path
    texts = [document.text for document in read_documents(corpus, "train")]
    said = (turn["content"] for document in read_documents(corpus, "chat") for turn in document.messages)
    alone = next(text for text in said if len(text.split()) >= 14 and not _shares(text.split(), texts))
    file = tmp_path / "asked.jsonl"
    file.write_text(json.dumps({"id": "1", "question": alone}) + "\n")
    add_evaluations(lab, [file], name="asked")
    base = lab.latest("model", "base")
    assert base is not None
    for model, found in ((base, 0), (released.chat, 1)):
        sets = {part.name: part for part in overlap_of(lab, lineage_of(lab, model)).sets}
        assert (sets["asked"].found, sets["quiz"].found) == (found, 1)


def _shares(words: list[str], texts: list[str]) -> bool:
    runs = [" ".join(words[i : i + 13]) for i in range(len(words) - 12)]
    return any(run in text for run in runs for text in texts)


def test_the_bom_holds_to_the_schema_of_cyclonedx_1_6(released: Released) -> None:
    text = released.text("ml-bom.cdx.json")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bom = json.loads(text)
    card = bom["metadata"]["component"]["modelCard"]
    sources = {part["bom-ref"] for part in bom["components"] if part["type"] == "data"}
    assert {entry["ref"] for entry in card["modelParameters"]["datasets"]} == sources


def test_the_model_card_parses_as_hugging_face_reads_it(released: Released) -> None:
    card = ModelCard(released.text("README.md"))
    assert card.data.library_name == "transformers"
    assert card.data.pipeline_tag == "text-generation"
    assert card.data.datasets == ["chats", "gazette", "posts"]
    assert "No trust report was made" in card.text


def test_what_only_a_person_knows_is_a_marked_blank_until_it_is_answered(
    released: Released, tmp_path: Path
) -> None:
    assert {"provider_name", "machine_watts", "model_licence"} <= {*released.release.blanks}
    file = tmp_path / "answers.toml"
    file.write_text('provider_name = "A & B"\nmachine_watts = 100\nmodel_licence = "Apache-2.0"\n')
    again = prepare(released.lab, released.chat, released.folder, answers=file)
    assert not {"provider_name", "machine_watts", "model_licence"} & {*again.blanks}
    assert "| Name | A &amp; B |" in again.texts["training-content-summary.md"]
    assert "license: apache-2.0" in again.texts["README.md"]
    seconds = again.facts.compute.seconds
    assert again.facts.compute.kilowatt_hours == pytest.approx(100 * seconds / 3.6e6)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(again.texts["ml-bom.cdx.json"]) is None


def test_a_release_takes_the_place_of_an_earlier_one_and_of_nothing_else(
    released: Released, tmp_path: Path
) -> None:
    base = released.lab.latest("model", "base")
    assert base is not None
    with pytest.raises(GlaswerkError, match="holds no earlier release of base"):
        prepare(released.lab, base, released.folder)
    copy = shutil.copytree(released.folder, tmp_path / "copy")
    write(released.release, released.chat, copy)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy"]
    copy.rename(tmp_path / ".copy.old")  # as a kill between the two renames leaves it
    prepare(released.lab, released.chat, copy)
    assert (copy / "answers.toml").exists()
    (copy / "notes.txt").write_text("mine")
    with pytest.raises(GlaswerkError, match=r"holds notes\.txt, which no release wrote"):
        prepare(released.lab, released.chat, copy)


def test_a_model_with_a_changed_byte_is_not_released(own_lab: Path, tmp_path: Path) -> None:
    lab = Lab.open(own_lab)
    chat = lab.latest("model", "chat")
    assert chat is not None
    file = chat.path / "model.safetensors"
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(GlaswerkError, match="does not match the manifest of chat"):
        prepare(lab, chat, tmp_path / "out")


def test_obstacles_stop_a_release_or_stand_at_its_top(own_lab: Path, tmp_path: Path) -> None:
    lab = Lab.open(own_lab)
    chat = lab.latest("model", "chat")
    assert chat is not None
    document = next(read_documents(lab.need("corpus", "main", hint="").path, "train")).id
    Forgotten.read(lab.root).with_more([Tombstone("id", document)]).write(lab.root)
    with pytest.raises(GlaswerkError, match="trained on 1 forgotten documents") as error:
        prepare(lab, chat, tmp_path / "out")
    assert error.value.hint == "glaswerk retrain chat makes it again without them"
    release = prepare(lab, chat, tmp_path / "out", despite=True)
    for name, text in release.texts.items():
        if name.endswith(".md"):
            assert "obstacle: trained on 1 forgotten documents" in text[:900], name
