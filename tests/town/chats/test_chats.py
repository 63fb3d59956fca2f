"""Chats for tuning."""

from __future__ import annotations

from collections import defaultdict

from tests.town.written import Town, said


def test_untuned_subjects_are_a_fifth_and_occur_in_no_chat(town: Town) -> None:
    tuned = {fact["subject"]: fact["tuned"] for fact in town.key["facts"]}
    untuned = [subject for subject, is_tuned in tuned.items() if not is_tuned]
    assert 0.1 < len(untuned) / len(tuned) < 0.35
    words = said("\n".join(m["content"] for chat in town.chats for m in chat["messages"]))
    assert not [subject for subject in untuned if said(subject) in words]


def test_tuned_facts_are_asked_in_several_phrasings_and_answered_rightly(town: Town) -> None:
    facts = {fact["id"]: fact for fact in town.key["facts"]}
    asked: dict[str, set[str]] = defaultdict(set)
    for chat in town.chats:
        turns = [message for message in chat["messages"] if message["role"] != "system"]
        if chat["fact"]:
            asked[chat["fact"]].add(turns[0]["content"])
            assert facts[chat["fact"]]["answer"] in turns[1]["content"]
            assert facts[chat["fact"]]["subject"] in turns[1]["content"]
    assert set(asked) == {name for name, fact in facts.items() if fact["tuned"]}
    assert all(5 <= len(questions) <= 14 for questions in asked.values())
