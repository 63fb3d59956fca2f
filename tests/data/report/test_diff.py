"""What differs between two corpora: every document accounted for, and no text that may not be shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from x_archives import members, tweet, write_zip

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.report.diff import compare
from glaswerk.data.source import add_docs, add_posts
from glaswerk.lab import Artifact, Lab

ENGLISH = "Today I bake bread, and tomorrow I go to the market with {}."
GERMAN = "Heute backe ich Brot, und morgen gehe ich auf den Markt."
ROWS = [{"id": str(i), "text": ENGLISH.format(name)} for i, name in enumerate(["Anna", "Berta", "Carla"])]


def corpus(folder: Path, rows: Sequence[Mapping[str, Any]], name: str = "docs", **settings: Any) -> Artifact:
    """The corpus of a fresh lab with these documents."""
    lab = Lab.init(folder)
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(lab, [path], licence="CC0-1.0", name=name, kind="post")
    made = curate(lab, **settings)
    lab.ledger.close()
    return made


def moves(found: Mapping[str, Any]) -> dict[tuple[Any, Any], int]:
    return {(row["a"], row["b"]): row["documents"] for row in found["decisions"]}


def test_equal_corpora_do_not_differ(tmp_path: Path) -> None:
    found = compare(corpus(tmp_path / "a", ROWS), corpus(tmp_path / "b", ROWS))
    assert found["documents"] == {"both": 3, "only_a": 0, "only_b": 0, "other_decision": 0, "other_source": 0}
    assert moves(found) == {("kept", "kept"): 3}
    assert found["settings"] == found["rules"] == found["content"] == []
    assert all(row["a"] == row["b"] for row in [*found["sources"], *found["languages"]])


def test_a_setting_that_drops_documents_is_named_with_what_it_dropped(tmp_path: Path) -> None:
    rows = [*ROWS, {"id": "de", "text": GERMAN}]
    a, b = corpus(tmp_path / "a", rows), corpus(tmp_path / "b", rows, languages=["en"])
    found = compare(a, b)
    assert found["settings"] == [{"setting": "languages", "a": [], "b": ["en"]}]
    assert moves(found) == {("kept", "kept"): 3, ("kept", "language"): 1}
    change = next(row for row in found["decisions"] if row["b"] == "language")
    assert change["samples"] == [{"document": "docs:de", "text_a": GERMAN, "text_b": None}]
    assert {"language": "de", "a": 1, "b": 0} in found["languages"]
    assert found["sources"][0]["b"] == {"documents": 4, "kept": 3}


def test_documents_of_one_corpus_only_are_counted_on_their_side(tmp_path: Path) -> None:
    found = compare(corpus(tmp_path / "a", ROWS[:2]), corpus(tmp_path / "b", ROWS[1:]))
    assert moves(found) == {("kept", "kept"): 1, ("kept", None): 1, (None, "kept"): 1}
    assert (found["documents"]["only_a"], found["documents"]["only_b"]) == (1, 1)
    assert [row["input"] for row in found["inputs"]] == ["source:docs"]


def test_a_changed_text_is_shown_where_it_changed(tmp_path: Path) -> None:
    beginning = "The council met and talked about the bridge, " * 4
    one, other = f"{beginning}which stays closed.", f"{beginning}which opens again."
    found = compare(
        *(
            corpus(tmp_path / n, [{"id": "1", "text": t}, *ROWS[1:]], validation_share=0.0)
            for n, t in (("a", one), ("b", other))
        )
    )
    (change,) = found["content"]
    assert (change["text"], change["documents"]) == (True, 1)
    sample = change["samples"][0]
    assert sample["text_a"].startswith("…")
    assert sample["text_a"].endswith("which stays closed.")
    assert sample["text_b"].endswith("which opens again.")


def test_a_changed_split_is_counted_without_a_changed_text(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": ENGLISH.format(f"number {i}")} for i in range(20)]
    a, b = (corpus(tmp_path / str(share), rows, validation_share=share) for share in (0.0, 0.5))
    (change,) = compare(a, b, samples=1)["content"]
    assert (change["text"], change["split_a"], change["split_b"]) == (False, "train", "validation")
    assert change["documents"] == b.stats["splits"]["validation"]
    assert len(change["samples"]) == 1


def test_one_post_from_another_source_is_the_same_document(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "posts.zip", members([tweet(1, "The fair opens on Friday.")]))
    add_posts(empty_lab, [path], licence="own", name="b")
    before = curate(empty_lab, name="before")
    add_posts(empty_lab, [path], licence="own", name="a")
    found = compare(before, curate(empty_lab, name="after"))
    # The second corpus has two rows for the post, one of them "repeated-id".
    assert moves(found) == {("kept", "kept"): 1}
    assert found["documents"]["other_source"] == 1


def test_a_text_that_is_reserved_private_or_deleted_on_one_side_is_not_shown(tmp_path: Path) -> None:
    marks = [{"tdm_opt_out": True}, {"audience": "private"}]
    reserved = [{**row, **mark} for row, mark in zip(ROWS, marks, strict=False)]
    found = compare(corpus(tmp_path / "a", ROWS), corpus(tmp_path / "b", [*reserved, ROWS[2]]), samples=9)
    hidden = {("kept", "rights-opt-out"): 1, ("kept", "private-audience"): 1}
    assert moves(found) == {("kept", "kept"): 1, **hidden}
    for row in found["decisions"]:
        if row["b"] != "kept":
            assert [set(sample) for sample in row["samples"]] == [{"document"}]
    assert "Anna" not in json.dumps(found)


def test_no_samples_where_none_are_asked_for(tmp_path: Path) -> None:
    found = compare(corpus(tmp_path / "a", ROWS[:2]), corpus(tmp_path / "b", ROWS[1:]), samples=0)
    assert all(row["samples"] == [] for row in [*found["decisions"], *found["content"]])


@pytest.mark.parametrize("name", ["decisions.parquet", "documents.parquet"])
def test_a_corpus_that_is_damaged_is_refused_in_words(tmp_path: Path, name: str) -> None:
    whole, other = corpus(tmp_path / "a", ROWS), corpus(tmp_path / "b", ROWS)
    file = other.path / name
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(GlaswerkError, match="expected two corpora that can be compared"):
        compare(whole, other)
    pq.write_table(pq.read_table(whole.path / name).drop_columns(["source"]), file)
    if name == "decisions.parquet":
        with pytest.raises(GlaswerkError, match="source"):
            compare(whole, other)
    file.unlink()
    with pytest.raises(GlaswerkError, match=f"found one without {name}"):
        compare(whole, other)


def test_inputs_and_settings_that_one_side_lacks_are_none_there(tmp_path: Path) -> None:
    a = corpus(tmp_path / "a", ROWS)
    b = corpus(tmp_path / "b", ROWS, name="letters")
    found = compare(a, b)
    assert {row["input"] for row in found["inputs"]} == {"source:docs", "source:letters"}
    assert all((row["a"] is None) != (row["b"] is None) for row in found["inputs"])
    assert found["documents"] == {"both": 0, "only_a": 3, "only_b": 3, "other_decision": 0, "other_source": 0}


def test_the_summary_of_each_side_names_its_corpus(tmp_path: Path) -> None:
    a = corpus(tmp_path / "a", ROWS)
    found = compare(a, a)
    assert found["a"] == found["b"]
    assert found["a"]["id"] == a.id
    assert (found["a"]["documents"], found["a"]["kept"]) == (3, 3)
    assert found["inputs"] == []


@pytest.mark.parametrize("samples", [0, 1, 2])
def test_each_change_has_at_most_as_many_samples_as_wanted(tmp_path: Path, samples: int) -> None:
    german = [{"id": f"de{number}", "text": GERMAN + "!" * number + f" {number}"} for number in range(4)]
    a = corpus(tmp_path / "a", [*ROWS, *german])
    b = corpus(tmp_path / "b", [*ROWS, *german], languages=["en"])
    changes = [row for row in compare(a, b, samples=samples)["decisions"] if row["a"] != row["b"]]
    assert changes
    assert all(len(row["samples"]) == min(samples, row["documents"]) for row in changes)


def test_a_comparison_is_json(tmp_path: Path) -> None:
    a, b = corpus(tmp_path / "a", ROWS), corpus(tmp_path / "b", ROWS[:2])
    found = compare(a, b)
    assert json.loads(json.dumps(found)) == found
    assert found["documents"]["only_a"] == 1


def test_both_directions_count_the_same_documents(tmp_path: Path) -> None:
    a, b = corpus(tmp_path / "a", ROWS), corpus(tmp_path / "b", [*ROWS[1:], {"id": "9", "text": GERMAN}])
    there, back = compare(a, b), compare(b, a)
    assert moves(there) == {(after, before): count for (before, after), count in moves(back).items()}
    assert there["documents"]["only_a"] == back["documents"]["only_b"] == 1
