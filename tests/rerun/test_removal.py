"""What a deletion needs before it is carried out: a model that exists, names that are known, marks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.removal.reach import reach
from glaswerk.data.removal.selection import named_marks
from glaswerk.data.source import add_docs
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Kind, Tombstone
from glaswerk.rerun.removal import (
    check_each_known,
    check_forgotten,
    check_known,
    model_named,
    model_names,
    nearest_names,
)

AUTHORS = ("hazel_hogben", "hazel_hobbs", "otto_kern", "Élodie")


@pytest.fixture
def authors_lab(empty_lab: Lab, tmp_path: Path) -> Lab:
    rows = [
        {"id": f"row{i}", "author": name, "text": f"{name} wrote line {i} about the town and its people."}
        for i, name in enumerate(AUTHORS)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(empty_lab, [tmp_path / "rows.jsonl"], licence="CC0-1.0", acquired="own", name="rows")
    return empty_lab


def test_an_empty_lab_has_no_model_to_name(empty_lab: Lab) -> None:
    assert model_names(empty_lab) == []
    with pytest.raises(GlaswerkError, match=r"no model named .chat. \(models: none\)") as missing:
        model_named(empty_lab, "chat", hint="glaswerk train")
    assert missing.value.hint == "glaswerk train"


def test_the_newest_checkpoint_of_a_name_is_found(
    empty_lab: Lab, model: Artifact, make: Callable[..., Artifact]
) -> None:
    later = make("model", "base/step-2", {}, rate=0.2)
    assert model_named(empty_lab, "base", hint="").id == later.id
    assert set(model_names(empty_lab)) == {model.name, later.name}
    with pytest.raises(GlaswerkError, match=r"models: .*base/step-2"):
        model_named(empty_lab, "bas", hint="")


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("hazel_hogbn", "hazel_hogben"),
        ("HAZEL_HOBBS", "hazel_hobbs"),
        ("otto", "otto_kern"),
        ("elodie", "Élodie"),
    ],
)
def test_the_most_similar_author_comes_first(authors_lab: Lab, typed: str, first: str) -> None:
    found = nearest_names(authors_lab, "author", typed)
    assert found[0] == first
    assert len(found) == 3


def test_a_lab_without_sources_has_no_similar_author(empty_lab: Lab) -> None:
    assert nearest_names(empty_lab, "author", "hazel") == []


@pytest.mark.parametrize(
    ("kind", "typed", "first"),
    [
        ("id", "row1", "rows:row1"),
        ("id", "rows:rwo2", "rows:row2"),
        ("id", "ROW3", "rows:row3"),
        ("source", "row", "rows"),
        ("source", "sour", "rows"),
    ],
)
def test_the_most_similar_id_or_source_comes_first(
    authors_lab: Lab, kind: Kind, typed: str, first: str
) -> None:
    assert nearest_names(authors_lab, kind, typed)[0] == first
    assert nearest_names(authors_lab, kind, "a'b%_\\") != []


def test_each_new_name_must_reach_something_and_known_marks_need_not(authors_lab: Lab) -> None:
    known, unknown = Tombstone("author", "otto_kern"), Tombstone("id", "rows:row9")
    check_each_known(authors_lab, [known, Tombstone("id", "rows:row1"), Tombstone("source", "rows")], "")
    with pytest.raises(
        GlaswerkError, match=r"of id 'rows:row9' \(the most similar names: rows:row"
    ) as refused:
        check_each_known(authors_lab, [known, unknown], "glaswerk forget --id rows:row9 --ahead")
    assert refused.value.hint == "glaswerk forget --id rows:row9 --ahead"
    Forgotten((unknown,)).write(authors_lab.root)
    check_each_known(authors_lab, [known, unknown], "")


def test_names_that_reach_nothing_are_refused_with_similar_ones(authors_lab: Lab) -> None:
    marks = [Tombstone("author", "hazel_hogbn"), Tombstone("id", "x:1")]
    with pytest.raises(GlaswerkError) as refused:
        check_known(authors_lab, marks, set())
    assert "no document of author 'hazel_hogbn', nor of 1 more" in str(refused.value)
    assert "(the most similar names: hazel_hogben, " in str(refused.value)
    with pytest.raises(GlaswerkError, match=r"of source 'posts' \(the most similar names: rows\)"):
        check_known(authors_lab, [Tombstone("source", "posts")], set())
    check_known(authors_lab, marks, {"row0"})


@pytest.mark.parametrize(
    "typed",
    [
        "\uff20hazel_hogben",
        "@Hazel_Hogben ",
        "@@hazel_hogben",
        "\uff48\uff41\uff5a\uff45\uff4c_hogben",
        "hazel\u200b_hogben\u2060",
        "\u202a@hazel_hogben\u202c",
        "x.com/hazel_hogben",
        "https://x.com/@hazel_hogben",
        "https://twitter.com/hazel_hogben/with_replies?s=20",
        "https://x.com/hazel_hogben/status/1850",
    ],
)
def test_an_author_is_found_however_the_name_was_typed(authors_lab: Lab, typed: str) -> None:
    marks = named_marks([typed], (), ())
    check_each_known(authors_lab, marks, "")
    assert reach(authors_lab, Forgotten(tuple(marks))).going == {"rows:row0"}


def test_near_names_are_suggested_for_a_name_with_a_wide_at_sign(authors_lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match=r"\(the most similar names: hazel_hogben, "):
        check_each_known(authors_lab, named_marks(["\uff20hazel_hogbn"], (), ()), "")


@pytest.mark.parametrize("typed", ["", " ", "@", "\uff20", "\u200b", "@\u2060 "])
def test_a_name_of_signs_and_invisible_characters_only_is_empty(typed: str) -> None:
    with pytest.raises(GlaswerkError, match="expected the name of an author, found an empty one"):
        named_marks([typed], (), ())


def test_documents_must_be_forgotten_before_they_are_left_out(authors_lab: Lab) -> None:
    ids = _ids(authors_lab)
    with pytest.raises(GlaswerkError, match=r"4 of these documents, .* first ") as refused:
        check_forgotten(authors_lab, ids, command="glaswerk forget --source rows")
    assert refused.value.hint == "glaswerk forget --source rows"
    Forgotten((Tombstone("author", AUTHORS[0]),)).write(authors_lab.root)
    with pytest.raises(GlaswerkError, match="3 of these documents"):
        check_forgotten(authors_lab, ids, command="")
    Forgotten((Tombstone("source", "rows"),)).write(authors_lab.root)
    check_forgotten(authors_lab, ids, command="")


def test_no_document_needs_no_mark(empty_lab: Lab) -> None:
    check_forgotten(empty_lab, set(), command="")
    assert Forgotten.read(empty_lab.root).tombstones == ()


def _ids(lab: Lab) -> set[str]:
    from glaswerk.data.removal.reach import files_of
    from glaswerk.data.store.parquet import read_rows

    files = [Path(file) for source in lab.all("source") for file in files_of(source)]
    return {row["id"] for file in files for row in read_rows(file, ["id"])}
