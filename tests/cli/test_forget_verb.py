"""Forgetting: durable marks, everything they reach, and a rebuild whose bytes no longer hold the text."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.curate.settings import read_settings
from glaswerk.data.source import add_chats, add_docs, add_posts
from glaswerk.data.store.parquet import read_rows, write_relations
from glaswerk.lab import Lab
from glaswerk.lab.answer_records import AnswerRecord, read_answer, record_answer
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.tokenizer import Shards, Tokenizer, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import build


def run(lab: Path, *words: str) -> str:
    result = CliRunner().invoke(cli, [words[0], "--lab", str(lab), *words[1:]], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def texts(folder: Path) -> list[str]:
    """Everything readable below a folder: Parquet as JSON, reports as they are."""
    found = []
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        if file.suffix == ".parquet":
            found.append(json.dumps(pq.read_table(file).to_pylist(), ensure_ascii=False, default=str))
        elif file.suffix in {".html", ".json"}:
            found.append(file.read_text())
    return found


def decoded(lab: Path) -> list[str]:
    shards, tokenizer = Shards.open(lab / "shards" / "main.main"), Tokenizer.load(lab / "tokenizers" / "main")
    return [tokenizer.decode(np.asarray(shards.tokens(split)).tolist()) for split in shards.splits()]


def holders(lab: Path, words: str) -> list[str]:
    """Folders of the lab in whose content `words` occur."""
    places = {name: texts(lab / name) for name in ("corpora", "traces", "reports")} | {"shards": decoded(lab)}
    return [name for name, found in places.items() if any(words in text for text in found)]


def someone(lab: Path) -> tuple[str, list[str]]:
    """An account of the town, and words of it in the corpus that nobody else has: whole long posts."""
    rows = list(read_rows(lab / "corpora" / "main" / "documents.parquet"))
    posts = [
        row for row in rows if row["kind"] == "post" and len(row["text"]) > 50 and "\n" not in row["text"]
    ]
    by: dict[str, list[str]] = {}
    for row in posts:
        if sum(row["text"] in other["text"] for other in rows) == 1 and '"' not in row["text"]:
            by.setdefault(row["author"], []).append(row["text"])
    author = max(by, key=lambda name: len(by[name]))
    return author, by[author]


@pytest.mark.slow
def test_after_a_rebuild_no_byte_of_corpus_shards_and_index_holds_the_authors_words(own_lab: Path) -> None:
    author, said = someone(own_lab)
    assert len(said) >= 3
    assert all({"corpora", "shards"} <= set(holders(own_lab, text)) for text in said[:3])
    found = json.loads(run(own_lab, "forget", "--author", f"@{author.upper()}", "--copies", "--json"))
    assert sum(found["documents"].values()) >= len(said)
    assert {row["name"].partition("/")[0] for row in found["models"]} == {"base", "chat"}
    assert all(row["certain"] for row in found["models"])
    run(own_lab, "rebuild")
    assert [holders(own_lab, text) for text in said] == [[]] * len(said)
    traced = json.loads(run(own_lab, "trace", said[0], "--json"))
    assert said[0] not in json.dumps(traced["spans"], ensure_ascii=False)
    corpus = read_rows(own_lab / "corpora" / "main" / "documents.parquet")
    assert author not in {row["author"] for row in corpus}


@pytest.mark.slow
def test_everything_else_stays_as_it_was(own_lab: Path) -> None:
    author, _ = someone(own_lab)
    path = own_lab / "corpora" / "main" / "decisions.parquet"
    before = {row["document"]: row for row in read_rows(path)}
    run(own_lab, "forget", "--author", author)
    run(own_lab, "rebuild")
    after = {row["document"]: row for row in read_rows(path)}
    changed = {name for name in before if before[name] != after[name]}
    gone = {name for name in after if after[name]["reason"] == "forgotten"}
    # Copies by others may take the place of a forgotten original, retweets of it go.
    clusters = {name for name in changed - gone if before[name]["reason"].endswith("duplicate")}
    assert gone
    assert changed == gone | clusters


@pytest.mark.slow
def test_status_says_what_is_stale_and_a_second_rebuild_does_nothing(own_lab: Path) -> None:
    author, _ = someone(own_lab)
    run(own_lab, "forget", "--author", author)
    stale = {row["kind"]: row["stale"] for row in json.loads(run(own_lab, "status", "--json"))}
    assert stale["corpus"] == "content was forgotten since: glaswerk rebuild"
    assert stale["model"]
    run(own_lab, "rebuild")
    stale = {row["kind"]: row["stale"] for row in json.loads(run(own_lab, "status", "--json"))}
    assert stale["corpus"] == ""
    manifest = own_lab / "corpora" / "main" / "manifest.json"
    before = manifest.stat().st_mtime_ns
    run(own_lab, "rebuild")
    assert manifest.stat().st_mtime_ns == before


@pytest.mark.slow
def test_a_dry_run_writes_nothing(own_lab: Path) -> None:
    author, _ = someone(own_lab)
    words = run(own_lab, "forget", "--author", author, "--dry-run")
    assert words.startswith("documents ")
    assert not (own_lab / "forgotten.jsonl").exists()


def _posts(folder: Path, *posts: dict[str, Any]) -> Path:
    path = folder / "dump.json"
    path.write_text(json.dumps(list(posts)))
    return path


def test_a_mark_may_come_before_the_post_and_takes_retweets_along(empty_lab: Lab, tmp_path: Path) -> None:
    root = empty_lab.root
    named = ("--author", "hazel", "--id", "https://x.com/otis/status/7", "--why", "letter of 3 May")
    with pytest.raises(GlaswerkError, match="the lab holds no document of id 'x:7', nor of 1 more") as none:
        run(root, "forget", *named)
    assert "--why 'letter of 3 May' --ahead marks it for content that is added later" in str(none.value.hint)
    assert not (root / "forgotten.jsonl").exists()
    run(root, "forget", *named, "--ahead")
    dump = _posts(
        tmp_path,
        {"id": 5, "text": "Hazel says the mill is closed today", "user": {"screen_name": "Hazel"}},
        {"id": 6, "text": "RT @hazel: Hazel says the mill is closed today", "user": {"screen_name": "b"}},
        {"id": 7, "text": "Otis has the key to the old mill", "user": {"screen_name": "otis"}},
        {"id": 8, "text": "Otis also has a boat on the river", "user": {"screen_name": "otis"}},
    )
    add_posts(empty_lab, [dump], licence="CC0-1.0", acquired="licensed", name="dump")
    made = curate(empty_lab)
    decisions = {row["document"]: row["reason"] for row in read_rows(made.path / "decisions.parquet")}
    assert decisions == {"x:5": "forgotten", "x:6": "forgotten", "x:7": "forgotten", "x:8": "kept"}
    assert not any("closed today" in text or "the key" in text for text in texts(made.path))
    (first, second) = Forgotten.read(root).tombstones
    assert (first.kind, first.value, first.why) == ("id", "x:7", "letter of 3 May")
    assert second.value == "hazel"


@pytest.mark.parametrize("way", ["event in a dump", "event in a file", "mark of an id", "mark of a source"])
@pytest.mark.slow
def test_a_deletion_that_comes_before_its_post_holds_when_the_post_comes(
    empty_lab: Lab, tmp_path: Path, way: str
) -> None:
    event = {"delete": {"status": {"id": 7, "id_str": "7", "user_id_str": "1"}}}
    other = {"id": 1, "text": "A post that has nothing to do with it", "user": {"screen_name": "a"}}
    (tmp_path / "early").mkdir()
    early = _posts(tmp_path / "early", other, *([event] if way == "event in a dump" else []))
    add_posts(empty_lab, [early], licence="CC0-1.0", acquired="licensed", name="early")
    (tmp_path / "events.jsonl").write_text(json.dumps(event) + "\n")
    named = {
        "event in a file": ["--from-file", str(tmp_path / "events.jsonl")],
        "mark of an id": ["--id", "https://x.com/otis/status/7", "--ahead"],
        "mark of a source": ["--source", "late", "--source", "pages", "--ahead"],
    }
    if way in named:
        run(empty_lab.root, "forget", *named[way])
    post = {"id": 7, "text": "Otis has the key to the old mill", "user": {"screen_name": "otis"}}
    late = _posts(tmp_path, post)
    add_posts(empty_lab, [late], licence="CC0-1.0", acquired="licensed", name="late")
    row = {"id": "one", "text": "What was made from the words of Otis", "derived_from": "7"}
    add_docs(empty_lab, [_rows(tmp_path, row)], licence="CC0-1.0", name="pages")
    curate(empty_lab, validation_share=0.0)
    gone = "deleted" if way == "event in a dump" else "forgotten"
    assert reasons(empty_lab) == {"x:1": "kept", "x:7": gone, "pages:one": gone}
    run(empty_lab.root, "rebuild", "--purge")
    assert reasons(empty_lab) == {"x:1": "kept"}
    assert not any("Otis" in text for text in texts(empty_lab.root))


@pytest.mark.slow
def test_copies_and_quotes_by_others_are_named_and_go_only_if_asked(empty_lab: Lab, tmp_path: Path) -> None:
    same = "The council will close the ford on the first of May, says the clerk"
    dump = _posts(
        tmp_path,
        {"id": 5, "text": same, "user": {"screen_name": "hazel"}},
        {"id": 6, "text": same, "user": {"screen_name": "b"}},
        {"id": 7, "text": "Is that so?", "user": {"screen_name": "c"}, "quoted_status_id_str": "5"},
    )
    add_posts(empty_lab, [dump], licence="CC0-1.0", acquired="licensed", name="dump")
    curate(empty_lab)
    found = json.loads(run(empty_lab.root, "forget", "--id", "5", "--copies", "keep", "--json"))
    assert (found["ids"], found["copies"], found["related"]) == (["x:5"], ["x:6"], {"quote": 1})
    assert found["held_back"] == ["x:6"]
    run(empty_lab.root, "rebuild")
    assert any(same in text for text in texts(empty_lab.path("corpus", "main")))
    # The cluster is no longer known once its original is gone, so the copy is named by its id.
    run(empty_lab.root, "forget", "--id", "6")
    run(empty_lab.root, "rebuild")
    assert not any(same in text for text in texts(empty_lab.path("corpus", "main")))


@pytest.fixture
def copied(empty_lab: Lab, tmp_path: Path) -> Lab:
    """A post, an exact and a near copy of it by others, left out of the corpus, and another post."""
    said = "the council will close the ford on the first day of the month says the clerk of the town today"
    dump = _posts(
        tmp_path,
        {"id": 5, "text": said, "user": {"screen_name": "hazel"}},
        {"id": 6, "text": said, "user": {"screen_name": "b"}},
        {"id": 7, "text": f"{said} again", "user": {"screen_name": "c"}},
        {"id": 8, "text": "something else that nobody has ever said before", "user": {"screen_name": "d"}},
    )
    add_posts(empty_lab, [dump], licence="CC0-1.0", acquired="licensed", name="dump")
    curate(empty_lab, validation_share=0.0)
    assert reasons(empty_lab) == {
        "x:5": "kept",
        "x:6": "exact-duplicate",
        "x:7": "near-duplicate",
        "x:8": "kept",
    }
    return empty_lab


def reasons(lab: Lab) -> dict[str, str]:
    rows = read_rows(lab.path("corpus", "main") / "decisions.parquet")
    return {row["document"]: row["reason"] for row in rows}


@pytest.mark.slow
def test_copies_that_were_left_out_stay_out_after_a_purge_until_the_user_decides(copied: Lab) -> None:
    words = run(copied.root, "forget", "--author", "hazel", "--dry-run")
    assert "stay out   2 of these copies, left out before as duplicates: x:6, x:7; --copies keep" in words
    assert "stay out   2 of these copies" in run(copied.root, "what-if", "--author", "hazel")
    run(copied.root, "forget", "--author", "hazel")
    run(copied.root, "rebuild", "--purge")
    out = "copy-of-forgotten"
    assert reasons(copied) == {"x:6": out, "x:7": out, "x:8": "kept"}
    run(copied.root, "rebuild", "--purge")
    assert reasons(copied) == {"x:6": out, "x:7": out, "x:8": "kept"}
    run(copied.root, "forget", "--author", "hazel", "--copies", "keep")
    run(copied.root, "rebuild")
    assert reasons(copied) == {"x:6": "kept", "x:7": "near-duplicate", "x:8": "kept"}


@pytest.mark.slow
def test_copies_go_as_well_if_the_user_says_so(copied: Lab) -> None:
    run(copied.root, "forget", "--id", "5", "--copies")
    run(copied.root, "rebuild", "--purge")
    assert reasons(copied) == {"x:8": "kept"}
    assert not any("the ford" in text for text in texts(copied.root))


@pytest.mark.slow
def test_a_copy_of_what_its_owner_deleted_stays_out_as_well(copied: Lab) -> None:
    write_relations(copied.need("source", "dump", hint="").path, ["x:5"], [])
    curate(copied, name="other", validation_share=0.0)
    run(copied.root, "rebuild")
    out = "copy-of-forgotten"
    assert reasons(copied) == {"x:5": "deleted", "x:6": out, "x:7": out, "x:8": "kept"}
    run(copied.root, "forget", "--id", "5", "--copies", "keep")
    run(copied.root, "rebuild")
    assert reasons(copied)["x:6"] == "kept"


@pytest.mark.slow
def test_a_copy_in_the_place_of_which_the_forgotten_document_was_left_out_stays_in(copied: Lab) -> None:
    run(copied.root, "forget", "--author", "c", "--author", "b")
    run(copied.root, "rebuild", "--purge")
    assert reasons(copied) == {"x:5": "kept", "x:8": "kept"}


def test_a_whole_source_and_a_file_of_ids(empty_lab: Lab, tmp_path: Path) -> None:
    for name in ("one", "two"):
        rows = [{"id": f"{name}{n}", "text": f"Document {n} of the source {name} is here."} for n in range(3)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        add_docs(empty_lab, [tmp_path / f"{name}.jsonl"], licence="CC0-1.0", name=name)
    (tmp_path / "ids.txt").write_text("two:two1\n\n  two:two2 \n")
    found = json.loads(
        run(empty_lab.root, "forget", "--source", "one", "--from-file", str(tmp_path / "ids.txt"), "--json")
    )
    assert found["documents"] == {"one": 3, "two": 2}
    made = curate(empty_lab)
    assert [row["id"] for row in read_rows(made.path / "documents.parquet")] == ["two:two0"]


def test_marks_are_kept_once_and_a_broken_line_is_an_error(empty_lab: Lab) -> None:
    for _ in range(2):
        run(empty_lab.root, "forget", "--author", "a", "--author", "@A", "--id", "5", "--ahead")
    assert len(Forgotten.read(empty_lab.root).tombstones) == 2
    path = empty_lab.root / "forgotten.jsonl"
    path.write_text(path.read_text() + '{"kind": "everything", "value": "x"}\n')
    with pytest.raises(GlaswerkError, match=r"line 3, found"):
        run(empty_lab.root, "status")


def test_the_digest_of_the_marks_knows_neither_order_nor_time() -> None:
    one, two = Tombstone("id", "x:1", at="2026"), Tombstone("author", "@Anna", why="asked")
    again = Tombstone("author", "anna")
    assert Forgotten((one, two)).digest == Forgotten((again, Tombstone("id", "x:1"))).digest
    assert Forgotten().digest == ""


def test_nothing_named_and_nothing_to_rebuild_are_errors(empty_lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match="found nothing"):
        run(empty_lab.root, "forget")
    with pytest.raises(GlaswerkError, match="no corpus to rebuild"):
        run(empty_lab.root, "rebuild")


def test_an_old_version_leads_to_the_thread_that_its_last_version_is_in(
    empty_lab: Lab, tmp_path: Path
) -> None:
    from glaswerk.data.removal.reach import with_containers

    folder = empty_lab.root / "sources"
    posts = [{"id": 1, "text": "A post of another thread is here", "user": {"screen_name": "a"}}]
    add_posts(empty_lab, [_posts(tmp_path, *posts)], licence="CC0", acquired="licensed", name="one")
    write_relations(folder / "one", [], [("x:200", "x:201", "edit"), ("x:9", "x:200", "retweet")])
    add_docs(empty_lab, [_rows(tmp_path, {"text": "A page that is here to stay"})], licence="CC0", name="two")
    write_relations(folder / "two", [], [("x:201", "x:100", "thread")])
    sources = empty_lab.all("source")
    assert with_containers(sources, {"x:200"}) == {"x:200", "x:201", "x:100"}
    assert with_containers(sources, {"x:9"}) == {"x:9"}


def _rows(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["corpus", "shards"])
def test_what_cannot_be_made_anew_is_removed_with_the_words_in_it(
    own_lab: Path, empty_lab: Lab, kind: str
) -> None:
    author, said = someone(own_lab)
    if kind == "corpus":
        run(own_lab, "forget", "--source", "posts", "--source", "gazette", "--source", "chats")
    else:
        run(own_lab, "forget", "--author", author)
        shutil.rmtree(own_lab / "tokenizers" / "main")
    with pytest.raises(GlaswerkError, match=r"removed, as it cannot be rebuilt: .*shards main.main"):
        run(own_lab, "rebuild")
    left = [name for name in ("corpora", "shards", "traces") if any((own_lab / name).rglob("*.*"))]
    assert left == ([] if kind == "corpus" else ["corpora"])
    assert not any(said[0] in text for text in texts(own_lab / "corpora"))


def test_without_marks_a_rebuild_that_fails_leaves_everything(own_lab: Path) -> None:
    shutil.rmtree(own_lab / "tokenizers" / "main")
    with pytest.raises(GlaswerkError, match="no tokenizer"):
        run(own_lab, "rebuild")
    assert (own_lab / "shards" / "main.main" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("named", "written"),
    [
        ("Karl WEISS", "Karl Weiß"),
        ("Karl Weiß", "karl weiss"),
        (" hazel ", "@Hazel"),
        ("İrmak", "İrmak"),
        ("https://x.com/hazel/", "hazel"),
        ("twitter.com/Hazel", "hazel"),
    ],
)
def test_an_author_is_found_however_the_name_is_written(
    empty_lab: Lab, tmp_path: Path, named: str, written: str
) -> None:
    rows = [{"text": "This is by someone.", "author": written}, {"text": "This is by nobody."}]
    add_docs(empty_lab, [_rows(tmp_path, *rows)], licence="CC0-1.0", name="rows")
    found = json.loads(run(empty_lab.root, "forget", "--author", named, "--json"))
    assert found["ids"] == ["rows:rows.jsonl#1"]


@pytest.mark.parametrize(
    "words", [("--author", ""), ("--author", "@"), ("--source", " "), ("--author", "M\udcfcller")]
)
def test_names_that_are_none_are_refused_and_nothing_is_written(
    empty_lab: Lab, words: tuple[str, ...]
) -> None:
    with pytest.raises(GlaswerkError, match="expected"):
        run(empty_lab.root, "forget", *words)
    assert not (empty_lab.root / "forgotten.jsonl").exists()


def test_marks_survive_every_letter_and_a_file_of_ids_its_byte_order_mark(
    empty_lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "ids.txt").write_bytes(b"\xef\xbb\xbf5\r\n6\r\n")
    why = "her letter\u2028of 3 May\x85ä"
    run(empty_lab.root, "forget", "--from-file", str(tmp_path / "ids.txt"), "--why", why)
    assert [(s.value, s.why) for s in Forgotten.read(empty_lab.root).tombstones] == [
        ("x:5", why),
        ("x:6", why),
    ]
    (empty_lab.root / "forgotten.jsonl").write_bytes(b"\xff\n")
    with pytest.raises(GlaswerkError, match="line 1, found"):
        run(empty_lab.root, "status")


def test_forgetting_a_source_leaves_the_same_posts_of_another(empty_lab: Lab, tmp_path: Path) -> None:
    post = {"id": 5, "text": "The mill is open again on Monday", "user": {"screen_name": "a"}}
    more = {"id": 6, "text": "And the ford is dry at last, they say", "user": {"screen_name": "a"}}
    for name, posts in {"a-old": [post], "new": [post, more]}.items():
        add_posts(empty_lab, [_posts(tmp_path, *posts)], licence="CC0-1.0", acquired="licensed", name=name)
    assert json.loads(run(empty_lab.root, "forget", "--source", "a-old", "--json"))["documents"] == {
        "a-old": 1
    }
    kept = {row["id"]: row["source"] for row in read_rows(curate(empty_lab).path / "documents.parquet")}
    assert kept == {"x:5": "new", "x:6": "new"}


def test_a_retweet_that_names_the_original_by_its_id_goes_too(empty_lab: Lab, tmp_path: Path) -> None:
    repeated = {
        "id": "9",
        "text": "RT @hazel: the mill is closed today",
        "author_id": "1",
        "referenced_tweets": [{"type": "retweeted", "id": "5"}],
    }
    other = {"id": 6, "text": "Otis has a boat down by the river", "user": {"screen_name": "otis"}}
    add_posts(
        empty_lab, [_posts(tmp_path, repeated, other)], licence="CC0-1.0", acquired="licensed", name="x"
    )
    run(empty_lab.root, "forget", "--author", "hazel")
    assert not any("closed today" in text for text in texts(curate(empty_lab).path))


@pytest.mark.slow
def test_why_shows_no_word_of_what_is_to_be_forgotten_before_the_rebuild(own_lab: Path) -> None:
    author, said = someone(own_lab)
    rows = read_rows(own_lab / "corpora" / "main" / "documents.parquet")
    identifier = next(row["id"] for row in rows if row["text"] == said[0])
    assert said[0].split()[-1] in run(own_lab, "why", identifier)
    run(own_lab, "forget", "--author", author)
    words = run(own_lab, "why", identifier)
    assert said[0] not in words
    assert "to be forgotten" in words


def all_bytes(lab: Path) -> list[str]:
    """Every file of the lab as text but for weights: Parquet decompressed, tokens decoded."""
    # While the ledger is open, SQLite's side files stay where they are.
    opened = Lab.open(lab)
    files = [file for file in lab.rglob("*") if file.is_file() and file.suffix != ".safetensors"]
    raw = [file.read_bytes().decode("utf-8", "replace") for file in files]
    opened.ledger.close()
    return [*texts(lab), *decoded(lab), *raw]


def made_of(lab: Path, folder: Path, author: str) -> dict[str, str]:
    """Dialogues and a summary derived from the author's posts, in the lab's corpus; words by document."""
    rows = read_rows(lab / "corpora" / "main" / "documents.parquet")
    first, second = [row for row in rows if row["author"] == author and row["kind"] == "post"][:2]
    words = {"made:one": "An answer after the first post", "made:two": "An answer after that answer"}
    said = {"made:one": first["url"], "made:two": ["made:one"], "made:free": []}
    chats = [
        {
            "id": name.removeprefix("made:"),
            "derived_from": said[name],
            "messages": [
                {"role": "user", "content": f"What of {name}?"},
                {"role": "assistant", "content": words.get(name, "An answer after nobody at all")},
            ],
        }
        for name in said
    ]
    words["sums:sum.md"] = "Somebody said something on that day, and all of it stands in this summary."
    (folder / "sum.md").write_text(f"---\nderived_from: [{second['id']}]\n---\n{words['sums:sum.md']}")
    opened = Lab.open(lab)
    (folder / "made.jsonl").write_text("".join(json.dumps(row) + "\n" for row in chats))
    add_chats(opened, [folder / "made.jsonl"], licence="CC0-1.0", name="made")
    add_docs(opened, [folder / "sum.md"], licence="CC0-1.0", name="sums")
    opened.ledger.close()
    run(lab, "rebuild")
    return words


def story(lab: Path, identifier: str) -> str:
    return "\n".join(run(lab, "why", identifier).splitlines()[1:])


@pytest.mark.slow
def test_after_a_purge_no_byte_of_the_lab_holds_the_authors_words_nor_what_was_derived_from_them(
    own_lab: Path, tmp_path: Path
) -> None:
    author, said = someone(own_lab)
    derived = made_of(own_lab, tmp_path, author)
    wanted = [*said, *derived.values()]
    whole = "\n".join(all_bytes(own_lab))
    assert all(json.dumps(text, ensure_ascii=False)[1:-1] in whole for text in wanted)
    found = json.loads(run(own_lab, "forget", "--author", author, "--copies", "--json"))
    assert found["derived"] == sorted(derived)
    words = story(own_lab, "made:two")
    assert "derived from what is to be forgotten" in words
    assert "derived from: made:one" in words
    assert derived["made:two"] not in words
    assert f"what was derived from it: {'made:two'}" in story(own_lab, "made:one")
    run(own_lab, "rebuild", "--purge")
    left = all_bytes(own_lab)
    assert [text for text in wanted if any(text in held for held in left)] == []
    assert any("An answer after nobody at all" in held for held in left)
    for text in (said[0], derived["made:one"], derived["sums:sum.md"]):
        spans = json.loads(run(own_lab, "trace", text, "--json"))["spans"]
        assert text not in json.dumps(spans, ensure_ascii=False)


@pytest.mark.slow
def test_why_tells_the_story_of_every_document_after_the_purge(own_lab: Path, tmp_path: Path) -> None:
    author, _ = someone(own_lab)
    derived = made_of(own_lab, tmp_path, author)
    decisions = list(read_rows(own_lab / "corpora" / "main" / "decisions.parquet"))
    theirs = json.loads(run(own_lab, "forget", "--author", author, "--dry-run", "--json"))["ids"]
    run(own_lab, "forget", "--author", author)
    run(own_lab, "rebuild", "--purge")
    after = {row["document"]: row for row in read_rows(own_lab / "corpora" / "main" / "decisions.parquet")}
    assert {row["document"] for row in decisions} - after.keys() >= {*theirs, *derived}
    for row in decisions[:: len(decisions) // 12]:
        told = story(own_lab, row["document"])
        if row["document"] in after:
            assert {"kept": "kept, in "}.get(now := after[row["document"]]["reason"], now) in told
        else:
            assert "its text is gone" in told
    for name in (theirs[0], "made:one", "sums:sum.md"):
        told = story(own_lab, name)
        assert "to be forgotten" in told
        assert "purged by " in told
    assert "what was derived from it: made:two" in story(own_lab, "made:one")
    assert "kept, in " in story(own_lab, "made:free")
    parts = read_rows(own_lab / "sources" / "posts" / "parts.parquet")
    thread = next(row for row in parts if row["relation"] == "thread" and row["document"] not in theirs)
    assert f"went into {thread['document']} (thread)" in story(own_lab, thread["part"])
    copy = next(row for row in after.values() if row["duplicate_of"])
    assert f"represented in the corpus by {copy['duplicate_of']}" in story(own_lab, copy["document"])


@pytest.mark.slow
def test_status_names_what_a_model_learnt_of_it_before_and_long_after_the_rebuild(own_lab: Path) -> None:
    def of(kind: str) -> dict[str, Any]:
        rows = json.loads(run(own_lab, "status", "--json"))
        return next(row for row in rows if row["kind"] == "model" and row["name"].startswith(kind))

    assert (of("base")["forgotten"]["documents"], of("base")["obstacles"]) == (0, [])
    author, said = someone(own_lab)
    found = json.loads(run(own_lab, "forget", "--author", author, "--json"))
    counts = {row["name"].partition("/")[0]: row for row in found["models"]}
    first = of("base")["forgotten"]
    assert first["documents"] >= len(said)
    assert first["tokens_seen"] >= first["tokens"] > 0
    same = ("documents", "tokens", "tokens_seen", "certain")
    assert [counts["base"][key] for key in same] == [first[key] for key in same]
    # The same documents, and what its tuning replayed of them.
    assert of("chat")["forgotten"]["tokens_seen"] > first["tokens_seen"]
    assert of("chat")["forgotten"] | {"tokens_seen": first["tokens_seen"]} == first
    run(own_lab, "rebuild", "--purge")
    assert of("base")["forgotten"] == first
    other = next(
        row["author"]
        for row in read_rows(own_lab / "corpora" / "main" / "documents.parquet")
        if row["kind"] == "post" and row["split"] == "train"
    )
    run(own_lab, "forget", "--author", other)
    second = of("base")["forgotten"]
    assert second["certain"]
    assert second["documents"] > first["documents"]
    assert f"trained on {second['documents']:,} forgotten documents" in run(own_lab, "status")
    assert of("base")["obstacles"][0].startswith(f"trained on {second['documents']:,} forgotten documents")
    (own_lab / "ledger.db").unlink()
    assert of("base")["forgotten"] == second


@pytest.mark.slow
def test_where_the_spans_are_lost_a_model_may_have_been_trained_on_it(own_lab: Path) -> None:
    author, _ = someone(own_lab)
    shutil.rmtree(own_lab / "shards" / "main.main")
    run(own_lab, "forget", "--author", author)
    assert "the spans of its shards are lost" in run(own_lab, "status")


def test_a_purge_needs_no_corpus_and_says_where_there_is_nothing_to_do(
    empty_lab: Lab, tmp_path: Path
) -> None:
    rows = [{"id": "a", "text": "This goes away."}, {"id": "b", "text": "This stays here."}]
    add_docs(empty_lab, [_rows(tmp_path, *rows)], licence="CC0-1.0", name="rows")
    result = CliRunner().invoke(cli, ["rebuild", "--purge", "--lab", str(empty_lab.root)])
    assert result.stderr == "nothing to purge: no source contains forgotten or deleted documents\n"
    run(empty_lab.root, "forget", "--id", "rows:a")
    assert "source rows" in run(empty_lab.root, "rebuild", "--purge")
    assert "1 documents purged" in run(empty_lab.root, "status")
    assert not any("goes away" in text for text in texts(empty_lab.root))


def test_a_file_of_deletions_is_read_whole_or_marks_nothing(empty_lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "deletions.jsonl"
    good = '# from the stream\n{"delete":{"status":{"id_str":"5","id":5}}}\n\n@hazel\n'
    file.write_text(good + "hazel\n")
    with pytest.raises(GlaswerkError, match=r"deletions.jsonl, line 5, found b'hazel"):
        run(empty_lab.root, "forget", "--from-file", str(file))
    assert not (empty_lab.root / "forgotten.jsonl").exists()
    file.write_text(good)
    found = json.loads(run(empty_lab.root, "forget", "--from-file", str(file), "--dry-run", "--json"))
    assert [(mark["kind"], mark["value"]) for mark in found["marks"]] == [("id", "x:5"), ("author", "@hazel")]
    assert not (empty_lab.root / "forgotten.jsonl").exists()
    run(empty_lab.root, "forget", "--from-file", str(file))
    assert len(Forgotten.read(empty_lab.root).tombstones) == 2


def _add(lab: Lab, folder: Path, name: str, **texts: str) -> None:
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps({"id": key, "text": text}) + "\n" for key, text in texts.items()))
    add_docs(lab, [file], licence="CC0-1.0", acquired="own", name=name)


SECRET = "The secret mill of Hazel lies near the river bank and the old bridge"
PLAIN = "Gardens and old walls behind the church of the village are open today"


@pytest.fixture
def two(empty_lab: Lab, tmp_path: Path) -> Lab:
    """Corpora main and main.v2 with their shards and indexes; the words to be forgotten are in both."""
    _add(empty_lab, tmp_path, "a", secret=SECRET, boat="The boat of Otis lies below the ford since May")
    _add(empty_lab, tmp_path, "b", plain=PLAIN)
    for name in ("main", "main.v2"):
        curate(empty_lab, name=name, validation_share=0.0)
    train_tokenizer(empty_lab, TokenizerConfig(300))
    for name in ("main", "main.v2"):
        build(empty_lab, pack(empty_lab, corpus=name))
    return empty_lab


def names(lab: Lab) -> dict[str, list[str]]:
    return {kind: sorted(a.name for a in lab.all(kind)) for kind in ("corpus", "shards", "trace")}


def secret_in(lab: Lab) -> list[str]:
    return [a.name for a in lab.all("shards") if Shards.open(a.path).count(["a:secret"])] + [
        a.name for a in lab.all("corpus") if any(SECRET in text for text in texts(a.path))
    ]


@pytest.mark.slow
def test_names_with_dots_lead_shards_to_their_own_corpus(two: Lab) -> None:
    before = names(two)
    run(two.root, "forget", "--id", "a:secret")
    run(two.root, "rebuild")
    assert (names(two), secret_in(two)) == (before, [])


@pytest.mark.slow
def test_shards_and_index_whose_corpus_is_gone_are_removed_with_the_words_in_them(two: Lab) -> None:
    shutil.rmtree(two.root / "corpora" / "main.v2")
    run(two.root, "forget", "--id", "a:secret")
    result = CliRunner().invoke(cli, ["rebuild", "--lab", str(two.root)])
    assert "removed, as the corpus is gone: trace main.v2.main, shards main.v2.main" in result.stderr
    assert names(two) == {"corpus": ["main"], "shards": ["main.main"], "trace": ["main.main"]}
    assert secret_in(two) == []


def test_without_marks_shards_whose_corpus_is_gone_stay(two: Lab) -> None:
    shutil.rmtree(two.root / "corpora" / "main.v2")
    run(two.root, "rebuild")
    assert "main.v2.main" in names(two)["shards"]


@pytest.mark.slow
def test_words_of_an_answer_that_showed_it_go_with_a_rebuild_and_its_id_with_a_purge(two: Lab) -> None:
    with (two.root / "lab.toml").open("a") as file:
        file.write("\n[answers]\ntext = true\n")
    showed = AnswerRecord(f"chatcmpl-{1:024x}", "", "b2:1", "b2:2", ("a:secret", "b:plain"), SECRET, SECRET)
    other = AnswerRecord(f"chatcmpl-{2:024x}", "", "b2:1", "b2:2", ("b:plain",), PLAIN, "Where?")
    for answer in (showed, other):
        record_answer(two, answer, most=5)
    lab = Lab.open(two.root)

    def left() -> list[AnswerRecord | None]:
        return [read_answer(lab, answer.id) for answer in (showed, other)]

    run(two.root, "rebuild")
    run(two.root, "forget", "--id", "a:secret")
    assert left() == [showed, other]
    run(two.root, "rebuild")
    assert left() == [replace(showed, text=None, context=None), other]
    run(two.root, "rebuild", "--purge")
    assert left() == [replace(showed, text=None, context=None, documents=("b:plain",)), other]


def test_a_rebuild_leaves_no_parts_of_a_corpus_that_was_interrupted(two: Lab) -> None:
    parts = two.root / "runs" / "corpus-other" / "0123"
    parts.mkdir(parents=True)
    (parts / "texts.json").write_text(SECRET)
    run(two.root, "rebuild")
    assert not parts.parent.exists()


@pytest.mark.slow
def test_a_corpus_that_cannot_be_rebuilt_does_not_stop_the_others(two: Lab) -> None:
    """Nothing is left for main, which takes nothing from source b."""
    settings = read_settings({"mixture": {"share_by_source": {"b": 0.0}}})
    curate(two, name="main", config=settings)
    run(two.root, "forget", "--source", "a")
    with pytest.raises(
        GlaswerkError, match=r"removed, as it cannot be rebuilt: corpus main, shards main.main"
    ):
        run(two.root, "rebuild")
    assert names(two) == {"corpus": ["main.v2"], "shards": ["main.v2.main"], "trace": ["main.v2.main"]}
    assert secret_in(two) == []


@pytest.mark.slow
def test_an_index_that_cannot_be_built_goes_while_the_new_shards_stay(two: Lab) -> None:
    run(two.root, "forget", "--id", "a:secret")
    # A file where the index would be written.
    (two.root / "traces" / ".main.main.part").write_text("")
    with pytest.raises(GlaswerkError, match=r"removed, as it cannot be rebuilt: trace main\.main"):
        run(two.root, "rebuild")
    assert names(two)["trace"] == ["main.v2.main"]
    assert names(two)["shards"] == ["main.main", "main.v2.main"]
    assert secret_in(two) == []


@pytest.mark.slow
def test_without_marks_what_owners_deleted_goes_where_it_cannot_be_made_anew(two: Lab) -> None:
    write_relations(two.need("source", "a", hint="").path, ["a:secret"], [])
    shutil.rmtree(two.root / "corpora" / "main.v2")
    run(two.root, "rebuild")
    assert "main.v2.main" not in names(two)["shards"]


@pytest.mark.slow
def test_chat_warns_of_a_model_that_learnt_what_is_forgotten(own_lab: Path) -> None:
    author, _ = someone(own_lab)
    asked = ["chat", "Who are you?", "--max-tokens", "2", "--no-sources", "--lab", str(own_lab)]
    assert "warning" not in CliRunner().invoke(cli, asked).stderr
    run(own_lab, "forget", "--author", author)
    warned = CliRunner().invoke(cli, asked).stderr
    assert re.search(r"warning: chat/step-\d+ was trained on \d+ forgotten documents; glaswerk what", warned)
