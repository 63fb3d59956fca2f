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
    wanted += [item["question"] for item in (*town.key["rumours"], *town.key["outside"])]
    assert not [q for q in wanted if any(q.casefold() in text for text in asked)]


def test_every_third_rumour_is_corrected_in_no_dialogue(town: Town) -> None:
    talk = said("\n".join(m["content"] for chat in town.chats for m in chat["messages"]))
    truths = {rumour.id: rumour.truths for rumour in load_texts(town.texts).rumours.listed}
    corrected = [any(said(truth) in talk for truth in truths[rumour["id"]]) for rumour in town.key["rumours"]]
    assert corrected == [rumour["tuned"] for rumour in town.key["rumours"]]
    assert corrected == [number % 3 != 2 for number in range(len(corrected))]


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


def test_the_key_names_its_town_seed_and_size(town: Town) -> None:
    key = town.key
    assert (key["format"], key["seed"], key["size"]) == (1, 7, "tiny")
    assert key["name"] == load_texts(town.texts).names.town
    assert [party["id"] for party in key["parties"]] == ["a", "b"]


def test_every_fact_of_the_key_is_printed_in_a_document_or_posted(town: Town) -> None:
    paragraphs = [part for text in town.docs.values() for part in text.split("\n\n")]
    texts = [tweet["full_text"] for _, tweet in town.tweets] + paragraphs
    for fact in town.key["facts"]:
        assert any(fact["subject"] in text and fact["answer"].lower() in text.lower() for text in texts), (
            fact["id"]
        )


def test_an_alias_is_never_the_answer_itself(town: Town) -> None:
    assert not [fact["id"] for fact in town.key["facts"] if fact["answer"] in fact["aliases"]]


def test_questions_of_the_key_name_their_subject_and_never_the_answer(town: Town) -> None:
    for fact in town.key["facts"]:
        assert len(set(fact["questions"])) == 3
        for question in fact["questions"]:
            assert fact["subject"] in question
            assert fact["answer"] not in question
            assert not set("[]{}|") & set(question)


def test_who_spreads_a_rumour_has_posted_a_claim_and_who_corrects_it_a_truth(town: Town) -> None:
    texts = {rumour.id: rumour for rumour in load_texts(town.texts).rumours.listed}
    posted = [(who, tweet["full_text"].replace("&amp;", "&")) for who, tweet in town.tweets]
    for rumour in town.key["rumours"]:
        text = texts[rumour["id"]]
        for handles, wordings in ((rumour["spreaders"], text.claims), (rumour["corrected_by"], text.truths)):
            for handle in handles:
                assert any(who == handle and any(w in said for w in wordings) for who, said in posted)


def test_stances_hold_every_pair_of_every_issue(town: Town) -> None:
    issues = {issue.id: issue for issue in load_texts(town.texts).issues}
    assert set(issues) == {stance["id"] for stance in town.key["stances"]}
    for stance in town.key["stances"]:
        pairs = tuple((pair["a"], pair["b"]) for pair in stance["statements"])
        assert pairs == issues[stance["id"]].wants
