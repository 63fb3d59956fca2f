"""Curation: one decision for every document, the right reason, and splits that never overlap."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image
from x_archives import members, tweet, write_zip

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.curate.mixture_settings import MixtureConfig
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.filters.boilerplate import LINE_CHARACTERS
from glaswerk.data.filters.duplicates import content_hash
from glaswerk.data.source import add_chats, add_docs, add_images, add_posts
from glaswerk.data.store.corpus import read_documents
from glaswerk.data.store.decisions import VERSIONS
from glaswerk.data.store.families import CORPUS_SPLITS
from glaswerk.data.store.reasons import CURATION
from glaswerk.lab import Artifact, Lab

NOTICE = (
    "The council asks everyone on the upper bank to move their boats before the water rises tonight, "
    "and to keep the path along the weir free for the fire brigade"
)


def add(lab: Lab, folder: Path, rows: Sequence[Mapping[str, Any]], name: str = "docs") -> Artifact:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return add_docs(lab, [path], licence="CC0-1.0", name=name, kind="post")


def decisions(corpus: Artifact) -> dict[str, dict[str, Any]]:
    rows = pq.read_table(corpus.path / "decisions.parquet").to_pylist()
    assert len({(row["source"], row["document"]) for row in rows}) == len(rows)
    return {row["document"]: row for row in rows}


def test_each_rule_drops_what_it_is_for_and_says_so(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"id": "opt-out", "text": "My words are reserved, all of them.", "tdm_opt_out": True},
        {"id": "private", "text": "Only for my friends to read.", "audience": "limited"},
        {"id": "retweet", "text": "RT @mayor: the bridge is open."},
        {"id": "empty", "text": "@anna https://t.co/x"},
        {"id": "short", "text": "@anna Thanks!"},
        {"id": "symbols", "text": "~~~ +++ ~~~ /// *** words here ^^^ ||| ___ === <<< >>>"},
        {"id": "again", "text": "buy now " * 20},
        {"id": "a", "text": NOTICE},
        {"id": "b", "text": NOTICE.upper()},
        {"id": "c", "text": f"{NOTICE}! https://t.co/other"},
        {"id": "d", "text": f"{NOTICE}, says Anna Reed"},
        {"id": "e", "text": f"{NOTICE}, says Berta Reed"},
    ]
    add(empty_lab, tmp_path, rows)
    corpus = curate(empty_lab)
    found = decisions(corpus)
    assert {key.removeprefix("docs:"): row["reason"] for key, row in found.items()} == {
        "opt-out": "rights-opt-out",
        "private": "private-audience",
        "retweet": "retweet",
        "empty": "empty",
        "short": "too-short",
        "symbols": "symbol-heavy",
        "again": "repetitive",
        "a": "kept",
        "b": "exact-duplicate",
        "c": "near-duplicate",
        "d": "kept",
        "e": "kept",
    }
    assert found["docs:b"]["duplicate_of"] == found["docs:c"]["duplicate_of"] == "docs:a"
    assert [d.id for d in read_documents(corpus.path)] == ["docs:a", "docs:d", "docs:e"]
    assert all(
        row["kept"] == (row["reason"] == "kept") and row["version"] == VERSIONS[row["reason"]]
        for row in found.values()
    )


def test_only_the_languages_asked_for_stay(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"id": "de", "text": "Heute backe ich Brot, und morgen gehe ich auf den Markt."},
        {"id": "en", "text": "Today I bake bread, and tomorrow I go to the market."},
        {"id": "fr", "text": "Aujourd'hui je fais du pain, et demain je vais au marché."},
        {"id": "tiny", "text": "Voilà Anna!"},
        {"id": "said", "text": "Demain encore, dit le boulanger.", "lang": "en"},
    ]
    add(empty_lab, tmp_path, rows)
    assert curate(empty_lab).stats["kept"] == 5
    corpus = curate(empty_lab, languages=["en", "de"])
    dropped = {key: row for key, row in decisions(corpus).items() if not row["kept"]}
    assert [(key, row["reason"]) for key, row in dropped.items()] == [("docs:fr", "language")]
    assert dropped["docs:fr"]["score"] < 0.2
    assert {d.id: d.lang for d in read_documents(corpus.path)}["docs:de"] == "de"


def test_what_an_exact_duplicate_points_to_is_in_the_corpus(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"id": "1", "text": NOTICE},
        {"id": "2", "text": f"{NOTICE}! https://t.co/other"},
        {"id": "3", "text": f"{NOTICE}! https://t.co/other "},
    ]
    add(empty_lab, tmp_path, rows)
    found = decisions(curate(empty_lab))
    assert [row["reason"] for row in found.values()] == ["kept", "near-duplicate", "exact-duplicate"]
    assert {row["duplicate_of"] for row in found.values()} == {"", "docs:1"}


def test_personal_data_is_masked_in_kept_text_and_turns(empty_lab: Lab, tmp_path: Path) -> None:
    add(empty_lab, tmp_path, [{"text": "Write to lena@mill.example or +49 151 23456789, please."}])
    turns = [
        {"role": "user", "content": "Where do I pay?"},
        {"role": "assistant", "content": "To DE89 3704 0044 0532 0130 00."},
    ]
    (tmp_path / "chats.jsonl").write_text(json.dumps({"messages": turns}))
    add_chats(empty_lab, [tmp_path / "chats.jsonl"], licence="CC0-1.0", name="chats")
    corpus = curate(empty_lab)
    chat, post = read_documents(corpus.path)
    assert post.text == "Write to [email] or [phone], please."
    assert chat.messages[1]["content"] == "To [iban]."
    assert chat.text == "user: Where do I pay?\nassistant: To [iban]."
    assert corpus.stats["masked"] == {"email": 1, "iban": 1, "phone": 1}


def test_a_deletion_in_one_source_reaches_the_post_and_the_thread_in_another(
    empty_lab: Lab, tmp_path: Path
) -> None:
    older = [
        tweet(1, "A post that is deleted later."),
        tweet(2, "A thread begins with this."),
        tweet(3, "Its second part is deleted later.", in_reply_to_status_id_str="2"),
        tweet(4, "A post that stays for good."),
    ]
    newer = members([tweet(5, "A new post about the fair.")], deleted=[tweet(1, "x"), tweet(3, "x")])
    for name, files in {"b-older": members(older), "a-newer": newer}.items():
        add_posts(empty_lab, [write_zip(tmp_path / f"{name}.zip", files)], licence="own", name=name)
    found = {key: row["reason"] for key, row in decisions(curate(empty_lab)).items()}
    assert found == {"x:1": "deleted", "x:2": "deleted", "x:4": "kept", "x:5": "kept"}


def test_one_post_in_two_sources_is_kept_once(empty_lab: Lab, tmp_path: Path) -> None:
    for name in ("a", "b"):
        path = write_zip(tmp_path / f"{name}.zip", members([tweet(1, f"The fair opens, says {name}.")]))
        add_posts(empty_lab, [path], licence="own", name=name)
    corpus = curate(empty_lab)
    assert [d.source for d in read_documents(corpus.path)] == ["a"]
    assert corpus.stats["decisions"] == {"repeated-id": 1, "kept": 1}


def test_private_posts_come_in_only_when_their_audience_is_named(empty_lab: Lab, tmp_path: Path) -> None:
    add(
        empty_lab,
        tmp_path,
        [{"text": "For my friends only.", "audience": "limited"}, {"text": "For everyone."}],
    )
    assert curate(empty_lab).stats["kept"] == 1
    assert curate(empty_lab, audiences=["public", "limited"]).stats["kept"] == 2


def test_a_lab_without_sources_and_one_without_anything_to_keep_say_what_to_do(
    empty_lab: Lab, tmp_path: Path
) -> None:
    with pytest.raises(GlaswerkError) as caught:
        curate(empty_lab)
    assert "glaswerk add posts" in (caught.value.hint or "")
    add(empty_lab, tmp_path, [{"text": "@a Thanks!"}, {"text": "RT @b: a longer text."}])
    with pytest.raises(GlaswerkError, match="retweet 1, too-short 1") as caught:
        curate(empty_lab)
    assert "glaswerk explain" in (caught.value.hint or "")
    assert empty_lab.find("corpus", "main") is None


@pytest.mark.parametrize(
    "wrong",
    [{"validation_share": 0.9}, {"languages": ["german"]}, {"audiences": ["friends"]}, {"audiences": []}],
)
def test_settings_out_of_range_are_refused(empty_lab: Lab, wrong: dict[str, Any]) -> None:
    with pytest.raises(GlaswerkError, match="expected"):
        curate(empty_lab, **wrong)


def test_no_private_text_reaches_the_report(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"text": "My whispered recipe is this.", "audience": "private"},
        {"text": "My reserved words are these.", "tdm_opt_out": True},
        {"text": "<b>Write</b> to lena@mill.example today."},
        {"text": "Ask me: x@y.example"},
    ]
    add(empty_lab, tmp_path, rows)
    corpus = curate(empty_lab)
    for name in ("report.html", "report.json"):
        text = (corpus.path / name).read_text()
        assert "whispered" not in text
        assert "reserved words" not in text
        assert "mill.example" not in text
    page = (corpus.path / "report.html").read_text()
    assert "&lt;b&gt;Write&lt;/b&gt;" in page
    assert "<b>Write" not in page


@pytest.fixture
def town_lab(town: Path, empty_lab: Lab) -> Lab:
    add_posts(empty_lab, [town / "archives"], licence="CC0-1.0", name="posts", acquired="synthetic")
    add_docs(empty_lab, [town / "docs"], licence="CC0-1.0", name="gazette")
    add_chats(empty_lab, [town / "chats.jsonl"], licence="CC0-1.0", name="chats")
    return empty_lab


@pytest.mark.slow
def test_the_town_is_curated_whole_and_in_order(town_lab: Lab) -> None:
    corpus = curate(town_lab)
    stats = corpus.stats
    found = list(read_documents(corpus.path))
    sources = {source.name: source.stats["documents"] for source in town_lab.all("source")}
    assert [(d.source, d.id) for d in found] == sorted((d.source, d.id) for d in found)
    assert len(decisions(corpus)) == stats["documents"] == sum(sources.values())
    assert sum(stats["decisions"].values()) == stats["documents"]
    assert stats["decisions"]["kept"] == stats["kept"] == len(found) == sum(stats["splits"].values())
    assert stats["bytes"] == sum(len(d.text.encode()) for d in found)
    assert stats["decisions"]["retweet"] > 0
    assert stats["decisions"]["exact-duplicate"] > 0
    assert set(stats["decisions"]) <= set(CURATION)
    assert set(stats["languages"]) == {"en"}
    assert set(stats["splits"]) == {"train", "validation", "chat", "chat-validation"}
    assert corpus.config["sources"] == "all"
    assert {role.removeprefix("source:") for role in corpus.inputs} == set(sources)
    report = json.loads((corpus.path / "report.json").read_text())
    assert report["sources"]["posts"]["documents"] == sources["posts"]


@pytest.mark.slow
def test_the_towns_splits_are_disjoint_by_content(town_lab: Lab) -> None:
    corpus = curate(town_lab)
    hashes = {s: {content_hash(d.text) for d in read_documents(corpus.path, s)} for s in CORPUS_SPLITS}
    assert sum(map(len, hashes.values())) == len(set().union(*hashes.values())) == corpus.stats["kept"]
    dialogues = [d for s in ("chat", "chat-validation") for d in read_documents(corpus.path, s)]
    assert all(d.kind == "dialogue" and d.messages for d in dialogues)
    assert Counter(d.kind for d in read_documents(corpus.path))["dialogue"] == len(dialogues)


@pytest.mark.slow
def test_curating_again_gives_the_same_bytes(town_lab: Lab) -> None:
    first = curate(town_lab, name="one")
    again = curate(town_lab, name="two")
    assert first.digest == again.digest
    assert curate(town_lab, name="one") == first


def test_a_handful_of_documents_still_has_one_to_validate_with(empty_lab: Lab, tmp_path: Path) -> None:
    add(empty_lab, tmp_path, [{"text": f"A sentence about the number {i}."} for i in range(4)])
    assert curate(empty_lab).stats["splits"] == {"train": 3, "validation": 1}
    assert curate(empty_lab, validation_share=0.0).stats["splits"] == {"train": 4}


def test_pictures_that_share_a_caption_stay_and_go_into_splits_of_their_own(
    empty_lab: Lab, tmp_path: Path
) -> None:
    for number, colour in enumerate(["red", "green", "blue", "blue"]):
        Image.new("RGB", (8, 8), colour).save(tmp_path / f"{number}.png")
        (tmp_path / f"{number}.txt").write_text("a boat")
    add_images(empty_lab, [tmp_path], licence="CC0-1.0", name="boats")
    add(empty_lab, tmp_path, [{"text": f"The boat number {i} is on the river."} for i in range(3)])
    corpus = curate(empty_lab)
    pictures = [d for split in ("image", "image-validation") for d in read_documents(corpus.path, split)]
    assert len({d.media for d in pictures}) == len(pictures) == 3
    assert corpus.stats["decisions"] == {"exact-duplicate": 1, "kept": 6}
    assert {d.kind for split in ("train", "validation") for d in read_documents(corpus.path, split)} == {
        "post"
    }


def test_of_copies_of_a_post_the_first_that_passes_all_rules_stays(empty_lab: Lab, tmp_path: Path) -> None:
    add(empty_lab, tmp_path, [{"id": "x:1", "text": "ok"}, {"id": "x:2", "text": NOTICE}], "a")
    add(empty_lab, tmp_path, [{"id": "x:1", "text": "The whole post about the ferry."}], "b")
    rows = pq.read_table(curate(empty_lab).path / "decisions.parquet").to_pylist()
    assert {(row["source"], row["document"]): row["reason"] for row in rows} == {
        ("a", "x:1"): "too-short",
        ("b", "x:1"): "kept",
        ("a", "x:2"): "kept",
    }


def test_what_one_copy_says_of_audience_and_reservation_holds_for_all(empty_lab: Lab, tmp_path: Path) -> None:
    texts = {
        "x:1": "A post about the ferry.",
        "x:2": "A post about the mill.",
        "x:3": "A post about the fair.",
    }
    add(empty_lab, tmp_path, [{"id": i, "text": text} for i, text in texts.items()], "a")
    reserved = [
        {"id": "x:1", "text": texts["x:1"], "audience": "limited"},
        {"id": "x:2", "text": texts["x:2"], "tdm_opt_out": True},
    ]
    add(empty_lab, tmp_path, reserved, "b")
    assert [d.id for d in read_documents(curate(empty_lab).path)] == ["x:3"]


def test_a_share_or_cap_takes_no_copy_of_others_with_it(empty_lab: Lab, tmp_path: Path) -> None:
    for name in ("a", "b"):
        add(
            empty_lab,
            tmp_path,
            [{"id": "1", "text": NOTICE}, {"id": "2", "text": f"From {name}: hello."}],
            name,
        )
    config = CurateConfig(mixture=MixtureConfig(share_by_source={"a": 0.0}))
    corpus = curate(empty_lab, config=config)
    assert [d.id for d in read_documents(corpus.path)] == ["b:1", "b:2"]


def test_a_page_captured_many_times_is_no_boilerplate(empty_lab: Lab, tmp_path: Path) -> None:
    article = NOTICE.replace(" and ", "\nand ").replace(", ", ",\n")
    assert any(len(line) >= LINE_CHARACTERS for line in article.splitlines())
    path = tmp_path / "pages.jsonl"
    pages = [{"text": article} for _ in range(12)] + [
        {"text": f"Page {n} tells\nof the mill and the ferry."} for n in range(30)
    ]
    path.write_text("".join(json.dumps(page | {"id": str(n)}) + "\n" for n, page in enumerate(pages)))
    add_docs(empty_lab, [path], licence="CC0-1.0", name="pages")
    assert curate(empty_lab).stats["decisions"] == {"exact-duplicate": 11, "kept": 31}


def test_a_documents_split_does_not_change_with_the_mask(empty_lab: Lab, tmp_path: Path) -> None:
    add(
        empty_lab,
        tmp_path,
        [{"id": f"{n:03}", "text": f"Number {n}: ask a{n}@mill.example."} for n in range(99)],
    )
    splits = []
    for kinds in (("email",), ()):
        config = CurateConfig(mask=kinds, validation_share=0.3, near_duplicate=1.0)
        corpus = curate(empty_lab, config=config, name=f"mask-{len(kinds)}")
        splits.append({d.id for d in read_documents(corpus.path, "validation")})
    assert splits[0] == splits[1]
    assert 10 < len(splits[0]) < 60


def test_emoji_alone_repeat_nothing(empty_lab: Lab, tmp_path: Path) -> None:
    add(empty_lab, tmp_path, [{"text": "🎉🎉🎉 🚢"}, {"text": "🐟🐟 🌊🌊"}])
    assert curate(empty_lab, config=CurateConfig(off=("too-short",))).stats["decisions"] == {"kept": 2}
