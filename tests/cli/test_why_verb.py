"""`why` tells the story of any document, `rights` on what terms everything is in the lab."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs, add_posts
from glaswerk.data.store.corpus import read_documents
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Lab


def run(*words: str) -> str:
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.output


def why(lab: Lab, identifier: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("why", identifier, "--lab", str(lab.root), "--json"))
    return found


def decided(lab: Lab, reason: str) -> dict[str, Any]:
    rows = read_rows(lab.path("corpus", "main") / "decisions.parquet")
    return next(row for row in rows if row["reason"] == reason)


@pytest.mark.slow
def test_every_document_of_the_town_has_a_story_from_source_to_decision(lab: Lab) -> None:
    rows = list(read_rows(lab.path("corpus", "main") / "decisions.parquet"))
    for row in rows[:: len(rows) // 25]:
        kinds = {event["kind"]: event for event in why(lab, row["document"])[0]["events"]}
        assert {"source", "corpus"} <= kinds.keys()
        assert kinds["corpus"]["figures"]["reason"] == row["reason"]
        assert ("shards" in kinds) == row["kept"]


def test_a_kept_posts_story_ends_in_the_models_and_its_tokens_are_its_text(lab: Lab) -> None:
    from glaswerk.tokenizer import Shards, Tokenizer

    post = next(d for d in read_documents(lab.path("corpus", "main"), "train") if d.kind == "post")
    (story,) = why(lab, post.url)
    events = {(event["kind"], event["name"].partition("/")[0]): event for event in story["events"]}
    assert story["document"]["text"]
    span = events["shards", "main.main"]["figures"]
    tokens = Shards.open(lab.path("shards", "main.main")).tokens("train")[span["start"] : span["end"]]
    assert Tokenizer.load(lab.path("tokenizer", "main")).decode(tokens.tolist()) == post.text
    assert re.fullmatch(r"in its training text, 1\.\d+ epochs", events["model", "base"]["words"])
    assert events["model", "chat"]["words"] == "may have been replayed while tuning"


def test_what_is_held_out_was_never_trained_on(lab: Lab) -> None:
    post = next(iter(read_documents(lab.path("corpus", "main"), "validation")))
    models = [event for event in why(lab, post.id)[0]["events"] if event["kind"] == "model"]
    assert {event["words"] for event in models} == {"held out: never trained on"}


def test_a_duplicate_names_the_kept_one_and_the_kept_one_its_copies(lab: Lab) -> None:
    row = decided(lab, "exact-duplicate")
    kept = why(lab, row["duplicate_of"])[0]["events"]
    copies = [event["figures"]["stands_for"] for event in kept if event["kind"] == "corpus"]
    assert row["document"] in copies[0]


def test_a_post_of_a_thread_leads_to_the_thread(lab: Lab) -> None:
    parts = read_rows(lab.path("source", "posts") / "parts.parquet")
    part = next(row for row in parts if row["relation"] == "thread")
    first, second = why(lab, part["part"].removeprefix("x:"))
    assert first["events"][0]["words"] == f"went into {part['document']} (thread)"
    assert second["document"]["kind"] == "thread"


def test_a_deleted_post_is_told_of_without_its_text(empty_lab: Lab, tmp_path: Path) -> None:
    post = {"id": 5, "text": "a secret of the mill", "user": {"screen_name": "a"}}
    other = {"id": 6, "text": "another post about the mill", "user": {"screen_name": "b"}}
    for name, values in {"a": [post, other], "b": [other, {"delete": {"status": {"id": 5}}}]}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(values))
        add_posts(empty_lab, [tmp_path / f"{name}.json"], licence="CC0", acquired="licensed", name=name)
    curate(empty_lab)
    (story,) = why(empty_lab, "5")
    assert story["document"] is None
    assert [event["words"] for event in story["events"]][:2] == [
        f"added {empty_lab.need('source', 'a', hint='').finished_at[:10]}",
        "its owner deleted it",
    ]
    text = run("why", "x:5", "--lab", str(empty_lab.root))
    assert "secret" not in text
    assert "its owner deleted it" in text
    assert "another post about the mill" in run("why", "x:6", "--lab", str(empty_lab.root))


def test_an_unknown_document_is_an_error_that_says_where_ids_stand(lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match="knows no document 'x:77'") as raised:
        run("why", "77", "--lab", str(lab.root))
    assert "glaswerk search" in str(raised.value.hint)


def test_rights_count_documents_by_what_is_allowed_and_name_obstacles(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"text": "one", "licence": "MIT", "author": "a"},
        {"text": "two", "licence": "MIT", "author": "b"},
        {"text": "three", "tdm_opt_out": True},
        {"text": "four", "acquired": "unknown"},
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(empty_lab, [file], licence="CC0-1.0", name="rows", acquired="own")
    found = json.loads(run("rights", "--lab", str(empty_lab.root), "--json"))
    assert [(row["licence"], row["documents"], row["authors"], row["obstacle"]) for row in found] == [
        ("MIT", 2, 2, ""),
        ("CC0-1.0", 1, 0, "its owner reserved text and data mining"),
        ("CC0-1.0", 1, 0, "how it was acquired is unknown"),
    ]
    assert "how it was acquired is unknown" in run("rights", "--lab", str(empty_lab.root))


def test_rights_name_every_obstacle_that_the_status_of_a_model_names(empty_lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"text": "one", "audience": "limited"}))
    add_docs(empty_lab, [file], licence="unknown", name="rows")
    (found,) = json.loads(run("rights", "--lab", str(empty_lab.root), "--json"))
    assert found["obstacle"] == "its licence is unknown; its audience is limited"


def test_rights_of_an_empty_lab_say_how_to_begin(empty_lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match="no source yet"):
        run("rights", "--lab", str(empty_lab.root))
