"""What stands in the way of a model's release: forgotten and reserved content, and rights, by its lineage."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_chats, add_docs
from glaswerk.data.store.parquet import write_documents, write_relations
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.lineage.obstacles import obstacles
from glaswerk.rerun.exposure import count_exposures
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig

TEXTS = [f"The ford below mill number {number} is dry since the first of May" for number in range(1, 7)]


def rows(folder: Path, texts: list[str], **more: Any) -> Path:
    path = folder / "rows.jsonl"
    found = [{"id": str(number), "text": text, **more} for number, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return path


def model(lab: Lab, name: str = "base", stage: str = "pretrain", **inputs: str) -> Artifact:
    """A model as `train` and `tune` leave it, but for the weights, which nothing here reads."""
    given = inputs or {"shards": lab.need("shards", "main.main", hint="").id}

    def write(folder: Path) -> dict[str, Any]:
        (folder / "config.json").write_text("{}")
        return {"epochs": 2.0, "steps": 10}

    return lab.make(Spec("model", f"{name}/step-10", "test/1", given, {"stage": stage}), write)


def packed(lab: Lab) -> Artifact:
    curate(lab, validation_share=0.0)
    if lab.find("tokenizer", "main") is None:
        train_tokenizer(lab, TokenizerConfig(300))
    return pack(lab)


@pytest.fixture
def plain(empty_lab: Lab, tmp_path: Path) -> Artifact:
    add_docs(empty_lab, [rows(tmp_path, TEXTS)], licence="CC0-1.0", name="rows")
    packed(empty_lab)
    return model(empty_lab)


def forget(lab: Lab, *ids: str) -> None:
    marks = Forgotten.read(lab.root).with_more(Tombstone("id", identifier) for identifier in ids)
    marks.write(lab.root)


def counted(lab: Lab, made: Artifact) -> list[str]:
    count_exposures(lab)
    return obstacles(lab, made)


def test_with_known_rights_and_nothing_forgotten_nothing_stands_in_the_way(
    empty_lab: Lab, plain: Artifact
) -> None:
    assert counted(empty_lab, plain) == []


def test_what_has_not_been_counted_is_not_called_clean(empty_lab: Lab, plain: Artifact) -> None:
    assert "has not been counted" in obstacles(empty_lab, plain)[0]
    count_exposures(empty_lab)
    forget(empty_lab, "rows:1")
    assert "has not been counted" in obstacles(empty_lab, plain)[0]


def test_forgotten_documents_are_counted_with_their_tokens_and_epochs(
    empty_lab: Lab, plain: Artifact
) -> None:
    from glaswerk.tokenizer import Shards

    spans = Shards.open(empty_lab.path("shards", "main.main"))
    ((_, documents, tokens),) = spans.count({"rows:1", "rows:2"})
    assert documents == 2
    forget(empty_lab, "rows:1", "rows:2", "rows:never-there")
    assert counted(empty_lab, plain) == [
        f"trained on 2 forgotten documents ({tokens:,} tokens, {2 * tokens:,} in all epochs): "
        "glaswerk retrain base"
    ]


def test_what_its_owner_deleted_since_the_training_is_counted_without_a_mark(
    empty_lab: Lab, plain: Artifact
) -> None:
    assert counted(empty_lab, plain) == []

    def write(folder: Path) -> dict[str, Any]:
        write_documents(folder / "documents.parquet", [])
        write_relations(folder, ["rows:0"], [])
        return {"documents": 0}

    empty_lab.make(Spec("source", "later", "test/1"), write)
    assert counted(empty_lab, plain)[0].startswith("trained on 1 forgotten documents")


def test_a_model_trained_after_the_rebuild_is_clean_and_the_old_one_is_not(
    empty_lab: Lab, plain: Artifact
) -> None:
    forget(empty_lab, "rows:1")
    packed(empty_lab)
    new = model(empty_lab, "new")
    assert counted(empty_lab, new) == []
    assert counted(empty_lab, plain)[0].startswith("trained on 1 forgotten documents")
    assert counted(empty_lab, plain)[0].endswith(f"in all epochs): {new.name} was not")


def test_marks_that_come_after_the_shards_are_gone_are_still_counted(empty_lab: Lab, plain: Artifact) -> None:
    forget(empty_lab, "rows:1")
    packed(empty_lab)
    forget(empty_lab, "rows:2")
    packed(empty_lab)
    assert counted(empty_lab, plain)[0].startswith("trained on 2 forgotten documents")


def test_spans_are_kept_for_models_that_are_there_and_go_with_them(empty_lab: Lab, plain: Artifact) -> None:
    kept = [*(empty_lab.root / "runs").glob("spans-*")]
    assert kept == []
    forget(empty_lab, "rows:1")
    packed(empty_lab)
    (folder,) = (empty_lab.root / "runs").glob("spans-*")
    assert {file.name for file in folder.iterdir()} == {"shards.json", "train.spans.parquet"}
    empty_lab.remove(plain)
    forget(empty_lab, "rows:2")
    packed(empty_lab)
    assert [*(empty_lab.root / "runs").glob("spans-*")] == []


def test_a_tuned_model_knows_what_its_base_was_trained_on_even_if_that_is_gone(
    empty_lab: Lab, plain: Artifact, tmp_path: Path
) -> None:
    tuned = model(empty_lab, "chat", "chat", base=plain.id, shards=plain.inputs["shards"])
    forget(empty_lab, "rows:1")
    assert counted(empty_lab, tuned)[0].startswith("trained on 1 forgotten documents")
    empty_lab.remove(plain)
    forget(empty_lab, "rows:2")
    assert counted(empty_lab, tuned)[0].startswith("trained on 2 forgotten documents")


def test_where_shards_and_spans_are_lost_nothing_is_certain(empty_lab: Lab, plain: Artifact) -> None:
    shutil.rmtree(empty_lab.path("shards", "main.main"))
    assert counted(empty_lab, plain) == [
        "what it was trained on is no longer known: the spans of its shards are lost"
    ]


def test_owners_who_reserved_their_rights_after_the_training_are_counted(
    empty_lab: Lab, plain: Artifact, tmp_path: Path
) -> None:
    file = rows(tmp_path, TEXTS[:2], tdm_opt_out=True)
    add_docs(empty_lab, [file], licence="CC0-1.0", name="rows")
    assert counted(empty_lab, plain) == [
        "trained on 2 documents whose owners reserved text and data mining since"
    ]


def test_unknown_rights_and_private_audiences_are_named_by_source(empty_lab: Lab, tmp_path: Path) -> None:
    for name, more in {
        "found": {"acquired": "unknown"},
        "vague": {"licence": "Unknown"},
        "circle": {"audience": "limited"},
        "good": {},
    }.items():
        texts = [f"{text}, as {name} has it" for text in TEXTS[:3]]
        add_docs(empty_lab, [rows(tmp_path, texts, **more)], licence="CC0-1.0", name=name)
    reserved = rows(tmp_path, ["The owner of this text has reserved it for the people"], tdm_opt_out=True)
    add_docs(empty_lab, [reserved], licence="CC0-1.0", name="reserved")
    curate(empty_lab, validation_share=0.0, audiences=["public", "limited"])
    train_tokenizer(empty_lab, TokenizerConfig(300))
    pack(empty_lab)
    made = model(empty_lab)
    assert counted(empty_lab, made) == [
        "source circle: its audience is limited (3 documents of the corpus main)",
        "source found: how it was acquired is unknown (3 documents of the corpus main)",
        "source vague: its licence is unknown (3 documents of the corpus main)",
    ]


def test_rights_of_a_corpus_made_anew_since_are_told_by_its_sources(empty_lab: Lab, tmp_path: Path) -> None:
    file = rows(tmp_path, TEXTS)
    add_docs(empty_lab, [file], licence="CC0-1.0", acquired="unknown", name="rows")
    packed(empty_lab)
    made = model(empty_lab)
    add_docs(empty_lab, [file], licence="CC0-1.0", acquired="own", name="rows")
    packed(empty_lab)
    assert counted(empty_lab, made) == ["source rows: how it was acquired is unknown"]
    assert counted(empty_lab, model(empty_lab, "new")) == []


def test_a_source_that_is_added_again_with_less_rights_holds_the_old_model_back(
    empty_lab: Lab, tmp_path: Path
) -> None:
    file = rows(tmp_path, TEXTS)
    add_docs(empty_lab, [file], licence="CC-BY-4.0", acquired="public", name="rows")
    packed(empty_lab)
    made = model(empty_lab)
    tuned = model(empty_lab, "tuned", "chat", shards=made.inputs["shards"], base=made.id)
    assert counted(empty_lab, made) == []
    add_docs(empty_lab, [file], licence="CC-BY-NC-4.0", acquired="public", name="rows")
    for one in (made, tuned):
        (words,) = counted(empty_lab, one)
        assert "source rows, as it was added again since" in words
        assert "commercial use" in words
    assert obstacles(empty_lab, made, ["non-commercial"]) == []
    add_docs(empty_lab, [file], licence="CC-BY-4.0", acquired="unknown", name="rows")
    assert counted(empty_lab, made) == [
        "source rows, as it was added again since: how it was acquired is unknown"
    ]


def test_status_shows_a_line_for_each_obstacle_and_lists_them_as_json(
    empty_lab: Lab, plain: Artifact, tmp_path: Path
) -> None:
    turns = [{"role": "user", "content": "Is it dry?"}, {"role": "assistant", "content": "Since May."}]
    path = tmp_path / "chats.jsonl"
    path.write_text(json.dumps({"messages": turns}) + "\n")
    add_chats(empty_lab, [path], licence="CC0-1.0", acquired="unknown", name="chats")
    packed(empty_lab)
    model(empty_lab, "new")
    forget(empty_lab, "rows:1")
    words = CliRunner().invoke(cli, ["status", "--lab", str(empty_lab.root)]).stdout
    assert words.count("no release: trained on 1 forgotten documents") == 2
    assert words.count("no release: source chats: how it was acquired is unknown") == 1
    listed = json.loads(CliRunner().invoke(cli, ["status", "--lab", str(empty_lab.root), "--json"]).stdout)
    rows_by_name = {row["name"]: row for row in listed if row["kind"] == "model"}
    assert rows_by_name["base/step-10"]["forgotten"]["documents"] == 1
    assert len(rows_by_name["new/step-10"]["obstacles"]) == 2


def test_status_answers_where_a_source_is_broken(empty_lab: Lab, plain: Artifact) -> None:
    file = empty_lab.path("source", "rows") / "documents.parquet"
    file.write_bytes(file.read_bytes()[:-40])
    result = CliRunner().invoke(cli, ["status", "--lab", str(empty_lab.root)])
    assert result.exit_code == 0
    assert "forgotten content in models was not counted: expected a complete Parquet file" in result.stderr
    assert "has not been counted" in result.stdout
