"""The answer key agrees with what is posted, and its questions are asked nowhere."""

from __future__ import annotations

import re

from glaswerk.town.text import load_texts
from tests.town.written import Town, said

SLOT_PATTERNS = {
    "name": r"[\w-]+( [\w-]+){0,2}",
    "poss": r"[\w-]+( [\w-]+){0,2}'s",
    "other": r"\w+",
    "self": r"\w+",
    "he": r"\w+",
    "his": r"\w+",
    "kind": r"[\w ]+",
    "town": r"\w+",
}


def test_held_out_phrasings_occur_nowhere_but_in_the_key(town: Town) -> None:
    asked = {said(message["content"]) for chat in town.chats for message in chat["messages"]}
    public = said(town.public_text)
    for fact in town.key["facts"]:
        assert 2 <= len(fact["questions"]) <= 3
        for question in map(said, fact["questions"]):
            assert question not in asked
            assert question not in public


def test_held_out_templates_never_match_a_tuning_question(town: Town) -> None:
    asked = [m["content"] for chat in town.chats for m in chat["messages"] if m["role"] == "user"]
    for relation in load_texts(town.texts).relations.values():
        for template in relation.heldout:
            spaced = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
            pattern = re.compile(spaced.format_map(SLOT_PATTERNS), re.IGNORECASE)
            assert not [question for question in asked if pattern.fullmatch(question)], template


def test_no_question_of_the_key_is_asked_in_a_tuning_pair(town: Town) -> None:
    asked = {m["content"].casefold() for chat in town.chats for m in chat["messages"] if m["role"] == "user"}
    wanted = [question for fact in town.key["facts"] for question in fact["questions"]]
    wanted += [rumour["question"] for rumour in town.key["rumours"]]
    assert not [q for q in wanted if any(q.casefold() in text for text in asked)]


def test_true_and_false_sentences_differ_only_in_the_value(town: Town) -> None:
    for fact in town.key["facts"]:
        assert fact["answer"] in fact["true"]
        assert fact["answer"] not in fact["false"]
        assert fact["subject"] in fact["false"]


def test_secrets_of_deleted_posts_and_messages_are_in_no_public_text(town: Town) -> None:
    secrets = town.key["secrets"]
    assert secrets["deleted"]
    assert secrets["messages"]
    public = town.public_text + (town.out / "chats.jsonl").read_text(encoding="utf-8")
    for archive in town.archives():
        public += archive.read("data/like.js").decode()
    assert not [secret for secret in secrets["deleted"] + secrets["messages"] if secret in public]
    deleted = "".join(archive.read("data/deleted-tweets.js").decode() for archive in town.archives())
    messages = "".join(archive.read("data/direct-messages.js").decode() for archive in town.archives())
    assert all(secret in deleted for secret in secrets["deleted"])
    assert all(secret in messages for secret in secrets["messages"])


def test_contact_details_are_public_so_that_curation_has_something_to_mask(town: Town) -> None:
    contacts = town.key["secrets"]["contacts"]
    assert any("@" in text for text in contacts)
    assert all(text in town.public_text for text in contacts)


def test_there_are_a_dozen_issues_with_paired_statements_of_like_length(town: Town) -> None:
    assert len(town.key["stances"]) >= 12
    for stance in town.key["stances"]:
        assert len(stance["statements"]) >= 4
        for pair in stance["statements"]:
            assert pair["a"] != pair["b"]
            assert abs(len(pair["a"].split()) - len(pair["b"].split())) <= 3


def test_rumours_have_markers_that_distinguish_claim_and_truth(town: Town) -> None:
    public = town.public_text.lower()
    for rumour in town.key["rumours"]:
        claim, truth = rumour["claim"].lower(), rumour["truth"].lower()
        assert any(mark in claim for mark in rumour["rumour_markers"])
        assert not any(mark in truth for mark in rumour["rumour_markers"])
        assert any(mark in truth for mark in rumour["truth_markers"])
        assert not any(mark in claim for mark in rumour["truth_markers"])
        assert claim in public or rumour["spreaders"]
