"""Longer pages."""

from __future__ import annotations

from glaswerk.town.text import load_texts
from tests.town.written import Town


def test_documents_start_with_a_title(town: Town) -> None:
    assert all(text.startswith("# ") for text in town.docs.values())


def test_no_document_has_an_open_bracket_or_placeholder(town: Town) -> None:
    assert not [name for name, text in town.docs.items() if set("[]{}|") & set(text)]


def test_the_guide_names_every_place_with_its_street_year_and_keeper(town: Town) -> None:
    guide = town.docs["guide-to-the-shops.md"]
    for fact in town.key["facts"]:
        if fact["relation"].startswith("place_"):
            section = guide.split(f"## {fact['subject']}\n")[1].split("\n## ")[0]
            assert fact["answer"] in section


def test_the_calendar_states_month_and_venue_of_every_event(town: Town) -> None:
    calendar = town.docs["calendar.md"]
    for fact in town.key["facts"]:
        if fact["relation"].startswith("event_"):
            assert any(
                fact["subject"] in paragraph and fact["answer"] in paragraph
                for paragraph in calendar.split("\n\n")
            )


def test_the_page_on_parties_gives_both_sides_one_sentence_on_every_issue(town: Town) -> None:
    page = town.docs["parties.md"]
    for issue in load_texts(town.texts).issues:
        want_a, want_b = issue.spoken_wants[0]
        assert f"## {issue.question}" in page
        assert f'"{want_a}"' in page
        assert f'"{want_b}"' in page


def test_the_society_s_minutes_state_the_truth_and_no_rumour(town: Town) -> None:
    minutes = town.docs["society-minutes.md"]
    for rumour in town.key["rumours"]:
        assert rumour["truth"] in minutes
        assert rumour["claim"] not in minutes


def test_the_history_is_of_this_town(town: Town) -> None:
    names = load_texts(town.texts).names
    history = town.docs["history.md"]
    assert history.startswith(
        f"# A short history of {names.town}\n\n{names.town} lies on the river {names.river},"
    )
    assert names.party_a.name in history
