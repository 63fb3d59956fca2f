"""Times and authors in a question narrow the search."""

from __future__ import annotations

from datetime import date

import pytest

from glaswerk.retrieve import Filters
from glaswerk.retrieve.scope import scope

TODAY = date(2026, 3, 10)
AUTHORS = {"hazel": "Hazel", "ada brook": "Ada Brook", "hill_union": "hill_union", "will": "Will"}


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("What changed since May?", "2025-05-01", ""),
        ("What changed since February?", "2026-02-01", ""),
        ("Which posts are from before 1900?", "", "1899-12-31"),
        ("What did people write after 1900?", "1901-01-01", ""),
        ("Was geschah seit dem 3. Juni 2021?", "2021-06-03", ""),
        ("Welche Beiträge sind vor Mai 2021?", "", "2021-04-30"),
        ("Welche Beiträge sind bis Mai 2021?", "", "2021-05-31"),
        ("What was said since 2021-05-04 and before 2022-01-01?", "2021-05-04", "2021-12-31"),
        ("What was said since the flood?", "", ""),
        ("Who ruled the island after 1804?", "", ""),
        ("What happened before 1066?", "", ""),
        ("Which posts are from before 0001?", "", ""),
        ("Which posts are from after 9999?", "", ""),
        ("What was said since 31 February 2021?", "", ""),
    ],
)
def test_a_time_becomes_a_filter(question: str, since: str, until: str) -> None:
    found = scope(question, Filters(), lambda name: None, TODAY)
    assert (found.filters.since, found.filters.until) == (since, until)
    if since or until:
        assert "since" not in found.question


def test_a_filter_that_is_set_stays() -> None:
    found = scope("What changed since May?", Filters(since="2020-01-01"), lambda name: None, TODAY)
    assert found.filters.since == "2020-01-01"


@pytest.mark.parametrize(
    ("question", "authors"),
    [
        ("What did Hazel say about the mill?", ("Hazel",)),
        ("What did Hazel and Ada Brook say about the mill?", ("Hazel", "Ada Brook")),
        ("What did @hill_union and Hazel write?", ("hill_union", "Hazel")),
        ("Was sagte Hazel über die Mühle?", ("Hazel",)),
        ("Where does Hazel live?", ()),
        ("What will be said about the mill?", ()),
        ("What did Hill Union say about the mill?", ("hill_union",)),
        ("What did Hazel post about the mill?", ("Hazel",)),
        ("What did Hazel tell Ada Brook?", ("Hazel",)),
        ("What has Hazel told Ada Brook about the mill?", ("Hazel",)),
        ("What did Hazel say about Ada Brook?", ("Hazel",)),
        ("What did Hazel write about the mill of Ada Brook?", ("Hazel",)),
        ("Who wrote about Hazel?", ()),
        ("What was said about the mill by Hazel?", ("Hazel",)),
        ("What was said about Hazel?", ()),
        ("Was hat Hazel über Ada Brook geschrieben?", ("Hazel",)),
        ("Which posts does Hazel have?", ()),
        ("How many posts by Hazel mention Ada Brook?", ("Hazel",)),
    ],
)
def test_authors_are_who_is_asked_about_as_writers(question: str, authors: tuple[str, ...]) -> None:
    found = scope(question, Filters(), lambda name: AUTHORS.get(name.casefold()), TODAY)
    assert found.authors == authors


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("What was said about the mill?", "about the mill?"),
        ("What did people say about the mill since May?", "about the mill ?"),
        ("What do people think about the toll?", "about the toll?"),
        ("Was wurde über die Mühle gesagt?", "über die Mühle gesagt?"),
        ("What was said?", "?"),
        ("What did the people of the town eat?", "What did the people of the town eat?"),
    ],
)
def test_nobodys_words_in_particular_need_no_verb(question: str, rest: str) -> None:
    assert scope(question, Filters(), lambda name: None, TODAY).question == rest
