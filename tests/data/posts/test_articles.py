"""Long articles and conversations with Grok in an archive, and characters that text cannot hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from x_archives import HANDLE, members, tweet, write_zip

from glaswerk.core.document import Document, from_rows
from glaswerk.data.curate.curate import curate
from glaswerk.data.posts.articles import article_text
from glaswerk.data.source import add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

BLOCKS = {"blocks": [{"text": "A long article about mills that the author wrote on X."}, {"text": " "}]}
ARTICLE = {"articleId": "1", "title": "On mills", "content": BLOCKS}
WHOLE = "On mills\n\nA long article about mills that the author wrote on X."
QUESTION = {
    "chatId": "1",
    "createdAt": "2025-01-01T00:00:00.000Z",
    "sender": {"name": "User"},
    "message": "When?",
}
ANSWER = {
    "chatId": "1",
    "createdAt": "2025-01-01T00:00:09.000Z",
    "sender": {"name": "Agent"},
    "message": "1783.",
}


def archive(path: Path, **files: tuple[str, str, list[dict[str, Any]]]) -> list[Path]:
    """An archive with one post and further files: (file, key of its records, records), named by data type."""
    content = members([tweet(1, "One post about the mill.")])
    manifest: dict[str, Any] = json.loads(str(content["data/manifest.js"]).partition("=")[2])
    for kind, (name, key, records) in files.items():
        content[f"data/{name}.js"] = f"window.YTD.x.part0 = {json.dumps([{key: r} for r in records])}"
        listed = [{"fileName": f"data/{name}.js", "count": str(len(records))}]
        manifest["dataTypes"][kind] = {"files": listed}
    content["data/manifest.js"] = f"window.__THAR_CONFIG = {json.dumps(manifest)}"
    return [write_zip(path / "archive.zip", content)]


def documents(made: Artifact) -> dict[str, Document]:
    return {d.kind: d for d in from_rows(read_rows(made.path / "documents.parquet"))}


def test_an_article_is_a_document_of_its_author(empty_lab: Lab, tmp_path: Path) -> None:
    paths = archive(tmp_path, article=("article", "article", [ARTICLE]))
    made = add_posts(empty_lab, paths, licence="own")
    found = documents(made)["page"]
    assert (found.text, found.author, found.rights.audience) == (WHOLE, HANDLE, "public")
    assert made.stats["kinds"] == {"page": 1, "post": 1}


@pytest.mark.parametrize(
    "state", [{"lifecycleState": "Draft"}, {"status": "DRAFT"}, {"state": "unpublished"}]
)
def test_an_article_that_was_not_published_is_left_out_and_counted(
    empty_lab: Lab, tmp_path: Path, state: Mapping[str, str]
) -> None:
    paths = archive(tmp_path, article=("article", "article", [{**ARTICLE, **state}]))
    made = add_posts(empty_lab, paths, licence="own")
    assert made.stats["documents"] == 1
    assert made.stats["left_out"] == {"draft_article": 1}


def test_an_article_of_a_protected_time_is_limited(empty_lab: Lab, tmp_path: Path) -> None:
    protected = [{"protectedAt": "2020-01-01T00:00:00.000Z", "action": "Protect"}]
    paths = archive(
        tmp_path,
        article=("article", "article", [ARTICLE]),
        protectedHistory=("protected-history", "protectedHistory", protected),
    )
    assert documents(add_posts(empty_lab, paths, licence="own"))["page"].rights.audience == "limited"


def test_an_article_is_read_from_whatever_field_has_its_text() -> None:
    for fields in (
        {"plain_text": "Words."},
        {"contentState": {"blocks": [{"text": "Words."}]}},
        {"content": [{"text": "Words."}]},
        {"content": "Words."},
    ):
        assert article_text({"title": "T", **fields}) == "T\n\nWords."
    assert article_text({"title": "T"}) == ""


def test_conversations_with_grok_stay_out_and_are_counted(empty_lab: Lab, tmp_path: Path) -> None:
    paths = archive(tmp_path, grokChatItem=("grok-chat-item", "grokChatItem", [ANSWER, QUESTION]))
    made = add_posts(empty_lab, paths, licence="own")
    assert made.stats["documents"] == 1
    assert made.stats["left_out"] == {"grok_chat": 2}


def test_conversations_with_grok_are_private_dialogues_if_asked_for(empty_lab: Lab, tmp_path: Path) -> None:
    other = {**QUESTION, "chatId": "2", "message": "Nobody answered this."}
    paths = archive(tmp_path, grokChatItem=("grok-chat-item", "grokChatItem", [ANSWER, QUESTION, other]))
    made = add_posts(empty_lab, paths, licence="own", include_grok=True)
    found = documents(made)["dialogue"]
    assert [(turn["role"], turn["content"]) for turn in found.messages] == [
        ("user", "When?"),
        ("assistant", "1783."),
    ]
    assert (found.author, found.rights.audience) == (HANDLE, "private")
    assert made.stats["kinds"] == {"dialogue": 1, "post": 2}
    assert "left_out" not in made.stats or made.stats["left_out"] == {}
    kept = read_rows(curate(empty_lab).path / "documents.parquet")
    assert [row["audience"] for row in kept] == ["public"]


def test_nul_is_removed_from_posts(empty_lab: Lab, tmp_path: Path) -> None:
    content = members([tweet(1, "Nul \0 inside the post of the mill \u2028 end")])
    made = add_posts(empty_lab, [write_zip(tmp_path / "archive.zip", content)], licence="own")
    assert documents(made)["post"].text == "Nul  inside the post of the mill \u2028 end"
