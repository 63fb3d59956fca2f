"""Purged sources hold no byte of what was forgotten and stay recognisable; what a kill leaves is ended."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.data.curate.curate import curate
from glaswerk.data.pictures.store import Pictures
from glaswerk.data.removal.purge import purge
from glaswerk.data.removal.reach import forgotten_ids, reach
from glaswerk.data.source import add_chats, add_docs, add_images, add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone

SECRET, PLAIN = "Hazel hides the key below the mill", "The ford is dry since the first of May"


def forget(lab: Lab, *marks: tuple[Any, str]) -> None:
    Forgotten.read(lab.root).with_more(Tombstone(*mark) for mark in marks).write(lab.root)


def rows_file(folder: Path, name: str, *rows: dict[str, Any]) -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def post(identifier: int, text: str, author: str, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "text": text, "user": {"screen_name": author}, **more}


@pytest.fixture
def posts(empty_lab: Lab, tmp_path: Path) -> Artifact:
    """Hazel's post and thread, a retweet of her, and posts of Otis."""
    found = [
        post(5, SECRET, "hazel"),
        post(6, f"RT @hazel: {SECRET}", "b"),
        post(7, "A thread by Hazel on the old mill", "hazel"),
        post(8, "and on the river behind it", "hazel", in_reply_to_status_id_str="7"),
        post(9, PLAIN, "otis"),
        post(10, "Otis has a boat down by the river", "otis"),
    ]
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps(found))
    return add_posts(empty_lab, [dump], licence="CC0-1.0", acquired="licensed", name="posts")


def chats(lab: Lab, folder: Path, **derived: Any) -> Artifact:
    """A dialogue for each name, with what it was derived from."""
    rows = []
    for name, said in derived.items():
        turns = [("user", f"What of {name}?"), ("assistant", f"It is {name}.")]
        messages = [{"role": role, "content": content} for role, content in turns]
        rows.append({"id": name, "derived_from": said, "messages": messages})
    return add_chats(lab, [rows_file(folder, "chats.jsonl", *rows)], licence="CC0-1.0", name="chats")


def ids(source: Artifact) -> list[str]:
    return [row["id"] for row in read_rows(source.path / "documents.parquet")]


def everything(folder: Path) -> str:
    """All bytes below a folder as text, Parquet decompressed."""
    found = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.append(file.read_bytes().decode("latin-1"))
        if file.suffix == ".parquet":
            found.append(json.dumps(pq.read_table(file).to_pylist(), default=str))
    return "\n".join(found)


def reasons(corpus: Artifact) -> dict[str, str]:
    return {row["document"]: row["reason"] for row in read_rows(corpus.path / "decisions.parquet")}


def test_a_purged_source_holds_no_byte_of_the_authors_words_and_all_else_as_it_was(
    empty_lab: Lab, posts: Artifact
) -> None:
    before = [row for row in read_rows(posts.path / "documents.parquet") if row["author"] == "otis"]
    assert SECRET in everything(empty_lab.root)
    forget(empty_lab, ("author", "@Hazel"))
    (made,) = purge(empty_lab)
    assert list(read_rows(made.path / "documents.parquet")) == before
    assert not any(words in everything(empty_lab.root) for words in (SECRET, "old mill", "behind it"))


def test_its_manifest_is_true_and_says_what_was_purged_on_which_marks(
    empty_lab: Lab, posts: Artifact
) -> None:
    forget(empty_lab, ("author", "hazel"))
    (made,) = purge(empty_lab)
    texts = [row["text"] for row in read_rows(made.path / "documents.parquet")]
    assert made.stats["documents"] == 2
    assert made.stats["bytes"] == sum(len(text.encode()) for text in texts)
    assert made.stats["kinds"] == {"post": 2}
    assert made.stats["purged"] == {"author": 2, "retweet": 1}
    assert made.config["purged"]["of"] == posts.id
    assert made.config["purged"]["marks"] == Forgotten.read(empty_lab.root).digest
    outputs = json.loads((made.path / "manifest.json").read_text())["outputs"]
    files = {path.name for path in made.path.iterdir()} - {"manifest.json"}
    assert {name: said["digest"] for name, said in outputs.items()} == {
        name: digest_file(made.path / name) for name in files
    }


def test_adding_the_same_files_again_does_not_bring_the_words_back(
    empty_lab: Lab, posts: Artifact, tmp_path: Path
) -> None:
    forget(empty_lab, ("author", "hazel"))
    purge(empty_lab)
    again = add_posts(
        empty_lab, [tmp_path / "dump.json"], licence="CC0-1.0", acquired="licensed", name="posts"
    )
    assert again.config["purged"]["of"] == posts.id
    assert SECRET not in everything(empty_lab.root)
    other = add_posts(
        empty_lab, [tmp_path / "dump.json"], licence="CC0-1.0", acquired="licensed", name="other"
    )
    assert "x:5" in ids(other)
    assert {reasons(curate(empty_lab))[name] for name in ("x:5", "x:6", "x:7")} == {"forgotten"}
    assert [made.name for made in purge(empty_lab)] == ["other"]
    assert SECRET not in everything(empty_lab.root / "sources")


def test_a_second_purge_does_nothing_and_one_with_more_marks_goes_on_from_the_first(
    empty_lab: Lab, posts: Artifact
) -> None:
    forget(empty_lab, ("id", "x:5"))
    (first,) = purge(empty_lab)
    assert purge(empty_lab) == []
    forget(empty_lab, ("id", "x:9"))
    (second,) = purge(empty_lab)
    assert ids(second) == ["x:10", "x:6", "x:7"]
    assert second.config["purged"]["of"] == first.config["purged"]["of"] == posts.id
    assert second.id != first.id
    assert second.stats["purged"] == {"id": 2}
    left = [row["id"] for row in read_rows(second.path / "purged.parquet")]
    assert sorted(left) == ["x:5", "x:9"]


def test_a_post_of_a_thread_takes_the_thread_along(empty_lab: Lab, posts: Artifact) -> None:
    forget(empty_lab, ("id", "x:8"))
    (made,) = purge(empty_lab)
    assert made.stats["purged"] == {"part": 1}
    assert "behind it" not in everything(empty_lab.root)


@pytest.mark.parametrize("purged", [False, True])
def test_what_was_derived_goes_at_any_remove_also_if_it_comes_after_the_purge(
    empty_lab: Lab, posts: Artifact, tmp_path: Path, purged: bool
) -> None:
    forget(empty_lab, ("author", "hazel"))
    if purged:
        purge(empty_lab)
    made = chats(
        empty_lab,
        tmp_path,
        alder="https://x.com/hazel/status/5",
        birch=["x:9", "chats:alder"],
        cedar="x:6",
        dogwood=8,
        elm=["x:9"],
        fir=[],
    )
    gone = {name for name, reason in reasons(curate(empty_lab)).items() if reason == "forgotten"}
    expected = {"chats:alder", "chats:birch", "chats:cedar", "chats:dogwood"}
    assert gone - {"x:5", "x:6", "x:7"} == expected
    again = next(source for source in purge(empty_lab) if source.name == "chats")
    assert ids(again) == ["chats:elm", "chats:fir"]
    assert again.stats["purged"] == {"derived": 4}
    assert made.stats["documents"] == 6
    assert "It is alder" not in everything(empty_lab.root / "sources")


def test_what_was_derived_from_a_post_that_its_owner_deleted_stays_out(
    empty_lab: Lab, posts: Artifact, tmp_path: Path
) -> None:
    from glaswerk.data.store.parquet import write_relations

    write_relations(posts.path, ["x:5"], [])
    chats(empty_lab, tmp_path, alder="x:5", elm="x:9")
    found = reasons(curate(empty_lab))
    assert (found["x:5"], found["chats:alder"], found["chats:elm"]) == ("deleted", "deleted", "kept")


def test_forgetting_a_source_takes_what_was_derived_from_it_but_not_from_what_another_holds(
    empty_lab: Lab, posts: Artifact, tmp_path: Path
) -> None:
    dump = tmp_path / "more.json"
    dump.write_text(json.dumps([post(9, PLAIN, "otis")]))
    add_posts(empty_lab, [dump], licence="CC0-1.0", acquired="licensed", name="more")
    chats(empty_lab, tmp_path, alder="x:5", elm="x:9")
    forget(empty_lab, ("source", "posts"))
    made = {source.name: source for source in purge(empty_lab)}
    assert made["posts"].stats["purged"] == {"source": 5}
    assert ids(made["posts"]) == []
    assert ids(made["chats"]) == ["chats:elm"]
    corpus = curate(empty_lab)
    assert {name for name, reason in reasons(corpus).items() if reason == "kept"} == {"x:9", "chats:elm"}


def test_a_mark_that_is_taken_back_lets_later_content_in_again(
    empty_lab: Lab, posts: Artifact, tmp_path: Path
) -> None:
    forget(empty_lab, ("author", "hazel"))
    purge(empty_lab)
    (empty_lab.root / "forgotten.jsonl").unlink()
    chats(empty_lab, tmp_path, alder="x:5")
    assert reasons(curate(empty_lab))["chats:alder"] == "kept"
    shutil.rmtree(empty_lab.path("source", "posts"))
    again = add_posts(
        empty_lab, [tmp_path / "dump.json"], licence="CC0-1.0", acquired="licensed", name="posts"
    )
    assert again.id == posts.id


def test_a_picture_goes_with_its_last_document(empty_lab: Lab, town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    rows = []
    for number in range(3):
        name = f"town-0000{number}.png"
        (folder / name).write_bytes((town / "images" / name).read_bytes())
        rows.append({"file_name": name, "text": f"drawing number {number}", "id": f"a{number}"})
    rows.append({"file_name": "town-00001.png", "text": "the same drawing again", "id": "b1"})
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    made = add_images(empty_lab, [folder], licence="CC0-1.0", name="images")
    pictures = {row["id"]: row["media"][0] for row in read_rows(made.path / "documents.parquet")}
    with Pictures(made.path) as stored:
        data = {name: stored.read(name) for name in stored.names()}
    forget(empty_lab, ("id", "images:b1"))
    (made,) = purge(empty_lab)
    assert made.stats["pictures"] == 3
    forget(empty_lab, ("id", "images:a0"), ("id", "images:a1"))
    (made,) = purge(empty_lab)
    assert (made.stats["documents"], made.stats["pictures"]) == (1, 1)
    assert made.stats["picture_bytes"] == len(data[pictures["images:a2"]])
    with Pictures(made.path) as stored:
        assert stored.names() == [pictures["images:a2"]]
        assert stored.read(pictures["images:a2"]) == data[pictures["images:a2"]]
    left = b"".join(file.read_bytes() for file in made.path.rglob("*") if file.is_file())
    assert not any(data[pictures[name]] in left for name in ("images:a0", "images:a1"))
    forget(empty_lab, ("source", "images"))
    (made,) = purge(empty_lab)
    assert (made.stats["pictures"], made.stats["widths"]) == (0, {})


@pytest.mark.slow
def test_a_purge_takes_out_what_owners_deleted_without_a_mark(
    empty_lab: Lab, posts: Artifact, tmp_path: Path
) -> None:
    later = tmp_path / "later.json"
    event = {"delete": {"status": {"id": 5, "id_str": "5"}}}
    later.write_text(json.dumps([event, post(11, "Otis rows up the river", "otis")]))
    add_posts(empty_lab, [later], licence="CC0-1.0", acquired="licensed", name="later")
    chats(empty_lab, tmp_path, alder="x:5", elm="x:9")
    made = {source.name: source for source in purge(empty_lab)}
    assert {name: source.stats["purged"] for name, source in made.items()} == {
        "posts": {"deleted": 1},
        "chats": {"deleted": 1},
    }
    assert "x:5" not in ids(made["posts"])
    assert ids(made["chats"]) == ["chats:elm"]
    assert purge(empty_lab) == []


def test_a_mark_on_an_id_covers_every_text_that_came_under_it(empty_lab: Lab, tmp_path: Path) -> None:
    rows = rows_file(
        tmp_path,
        "rows.jsonl",
        {"id": "7", "text": SECRET},
        {"id": "7", "text": f"{SECRET}, by the wheel"},
        {"id": "8", "text": PLAIN},
    )
    source = add_docs(empty_lab, [rows], licence="CC0-1.0", name="rows")
    assert ids(source) == ["rows:7", "rows:7~2", "rows:8"]
    marks = Forgotten((Tombstone("id", "rows:7"),))
    assert sorted(row["id"] for row in reach(empty_lab, marks).documents) == ["rows:7", "rows:7~2"]
    forget(empty_lab, ("id", "rows:7"))
    assert reasons(curate(empty_lab)) == {"rows:7": "forgotten", "rows:7~2": "forgotten", "rows:8": "kept"}
    (made,) = purge(empty_lab)
    assert (ids(made), made.stats["purged"]) == (["rows:8"], {"id": 2})
    assert forgotten_ids(empty_lab) == {"rows:7", "rows:7~2"}


def test_a_mark_on_a_second_text_leaves_the_first(empty_lab: Lab, tmp_path: Path) -> None:
    rows = rows_file(tmp_path, "rows.jsonl", {"id": "7", "text": PLAIN}, {"id": "7", "text": SECRET})
    add_docs(empty_lab, [rows], licence="CC0-1.0", name="rows")
    forget(empty_lab, ("id", "rows:7~2"))
    (made,) = purge(empty_lab)
    assert ids(made) == ["rows:7"]


def test_without_marks_and_without_their_documents_nothing_is_purged(empty_lab: Lab, posts: Artifact) -> None:
    assert purge(empty_lab) == []
    forget(empty_lab, ("author", "nobody"))
    assert purge(empty_lab) == []
    assert empty_lab.find("source", "posts") == posts


def test_a_source_of_an_older_lab_without_links_is_purged_too(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [{"id": "a", "text": SECRET}, {"id": "b", "text": PLAIN}]
    made = add_docs(empty_lab, [rows_file(tmp_path, "rows.jsonl", *rows)], licence="CC0-1.0", name="rows")
    file = made.path / "documents.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["derived_from", "rejected"]), file)
    forget(empty_lab, ("id", "rows:a"))
    (made,) = purge(empty_lab)
    assert ids(made) == ["rows:b"]


def test_a_broken_source_is_a_clean_error_and_stays(empty_lab: Lab, posts: Artifact) -> None:
    file = posts.path / "documents.parquet"
    forget(empty_lab, ("author", "hazel"))
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(GlaswerkError, match="complete Parquet file"):
        purge(empty_lab)
    assert file.exists()


@pytest.mark.parametrize("moment", ["while writing", "before the swap", "within the swap", "after the swap"])
def test_wherever_a_kill_strikes_the_next_purge_ends_it(
    empty_lab: Lab, posts: Artifact, tmp_path: Path, moment: str
) -> None:
    old = shutil.copytree(posts.path, tmp_path / "old")
    forget(empty_lab, ("author", "hazel"))
    (made,) = purge(empty_lab)
    part, trash = made.path.with_name(".posts.part"), made.path.with_name(".posts.old")
    if moment == "after the swap":
        shutil.copytree(old, trash)
    else:
        os.rename(made.path, part)
        shutil.copytree(old, trash if moment == "within the swap" else made.path)
    if moment == "while writing":
        (part / "manifest.json").unlink()
    # A curation that was cut off holds texts, too, and no corpus will ever take it up.
    left = empty_lab.root / "runs" / "corpus-gone" / "0"
    left.mkdir(parents=True)
    (left / "000000.parquet").write_text(SECRET)
    purge(empty_lab)
    assert SECRET not in everything(empty_lab.root)
    found = empty_lab.find("source", "posts")
    assert found is not None
    assert (found.id, found.digest) == (made.id, made.digest)
    assert not part.exists()
    assert not trash.exists()
