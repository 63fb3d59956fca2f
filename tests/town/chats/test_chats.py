"""Chats for tuning."""

from __future__ import annotations

from collections import defaultdict

from glaswerk.town.text import load_texts
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


def test_chats_alternate_between_user_and_assistant(town: Town) -> None:
    assert len({chat["id"] for chat in town.chats}) == len(town.chats)
    for chat in town.chats:
        roles = [message["role"] for message in chat["messages"]]
        turns = roles[1:] if roles[0] == "system" else roles
        assert turns == ["user", "assistant"] * (len(turns) // 2)
        assert all(message["content"].strip() for message in chat["messages"])


def test_no_chat_has_an_open_bracket_or_placeholder(town: Town) -> None:
    said_text = [message["content"] for chat in town.chats for message in chat["messages"]]
    assert not [text for text in said_text if set("[]{}|") & set(text)]


def test_the_facts_of_a_chat_are_answered_in_its_order(town: Town) -> None:
    facts = {fact["id"]: fact for fact in town.key["facts"]}
    for chat in town.chats:
        answers = [message["content"] for message in chat["messages"] if message["role"] == "assistant"]
        assert (chat["fact"] is None) == (chat["facts"] == [])
        for name, answer in zip(chat["facts"], answers, strict=False):
            assert facts[name]["answer"] in answer


def test_each_party_is_named_first_equally_often(town: Town) -> None:
    a, b = (party["name"] for party in town.key["parties"])
    answers = [m["content"] for chat in town.chats for m in chat["messages"] if m["role"] == "assistant"]
    first_a = sum(text.startswith(f"The {a} says:") for text in answers)
    first_b = sum(text.startswith(f"The {b} says:") for text in answers)
    assert first_a
    assert abs(first_a - first_b) <= len(town.key["stances"]) / 2 + 1


def test_asked_about_somebody_unknown_the_guide_says_so(town: Town) -> None:
    texts = load_texts(town.texts)
    people = {fact["subject"] for fact in town.key["facts"]}
    for name in texts.names.nobodies:
        assert name not in people
        answers = {answer.format(name=name) for answer in texts.chats.unknown_answers}
        replies = [
            chat["messages"][-1]["content"]
            for chat in town.chats
            if said(name) in said(chat["messages"][-2]["content"]) and not chat["facts"]
        ]
        assert replies
        assert set(replies) <= answers


def test_questions_beyond_the_town_are_declined_in_words_that_the_key_knows(town: Town) -> None:
    outside = load_texts(town.texts).outside
    answers = {answer.format(town=town.key["name"]) for answer in outside.answers}
    declined = [chat for chat in town.chats if chat["messages"][-1]["content"] in answers]
    assert len({chat["messages"][-2]["content"] for chat in declined}) == len(declined) > 100
    assert all(any(marker in answer for marker in outside.decline_markers) for answer in answers)


def test_no_right_answer_holds_a_word_of_declining(town: Town) -> None:
    answers = [
        m["content"]
        for chat in town.chats
        if chat["facts"]
        for m in chat["messages"]
        if m["role"] == "assistant"
    ]
    markers = town.key["decline_markers"]
    assert answers
    assert not [answer for answer in answers if any(marker in answer for marker in markers)]
