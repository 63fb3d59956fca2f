"""What one's own content says to a question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from glaswerk.retrieve import Filters, Retriever, ground

from .conftest import Rows

ROWS = [
    {"id": "bridge", "text": "The old bridge was built by Ada Brook in 1862. It has three arches.",
     "author": "Hazel", "created_at": "2024-01-05"},
    {"id": "mill", "text": "The mill burned down in 1901. Nobody was hurt in the fire.",
     "author": "Otto", "created_at": "2024-06-05"},
    {"id": "mill2", "text": "The new mill will open next spring. I look forward to its bread.",
     "author": "Hazel", "created_at": "2025-02-01"},
    {"id": "school", "text": "The school by the river has no roof. It rains on the children.",
     "author": "Otto", "created_at": "2025-03-01"},
    {"id": "de", "text": "Der Rat beschloss den Bau neuer Brücken über den Fluss. Die Kosten trägt das Land.",
     "author": "Rat", "created_at": "2025-01-01", "lang": "de"},
]  # fmt: skip
TODAY = date(2025, 4, 1)


@pytest.fixture
def town(shared: Callable[[Rows], Retriever]) -> Retriever:
    return shared(ROWS)


def test_an_answer_has_the_words_and_the_kind_of_thing_asked_for(town: Retriever) -> None:
    found = ground(town, "When was the old bridge built?")
    assert found.verdict == "answered"
    assert found.quotes[0].text.startswith("The old bridge was built by Ada Brook in 1862.")


def test_without_that_kind_of_thing_it_is_only_the_closest(town: Retriever) -> None:
    found = ground(town, "When was the roof of the school by the river mended?")
    assert found.verdict == "closest"
    assert found.quotes[0].hit.document.endswith("school")


@pytest.mark.parametrize("question", ["Who is Elena Marchetti?", "Was the bridge sold in 1999?", "quantum"])
def test_what_nothing_answers_is_declined(town: Retriever, question: str) -> None:
    found = ground(town, question)
    assert found.verdict == "declined"
    assert not found.quotes


def test_a_follow_up_is_about_what_was_asked_before(town: Retriever) -> None:
    found = ground(town, "And how many arches has it?", ["Who built the old bridge?"])
    assert found.quotes[0].hit.document.endswith("bridge")
    assert "three arches" in found.quotes[0].text


def test_each_author_who_is_asked_for_is_quoted(town: Retriever) -> None:
    found = ground(town, "What did Hazel and Otto say about the mill?")
    assert {quote.hit.author for quote in found.quotes} == {"Hazel", "Otto"}


def test_what_changed_since_a_time_is_the_newest_first(town: Retriever) -> None:
    found = ground(town, "What changed since January 2025?", today=TODAY)
    assert [hit.created_at[:10] for hit in found.near] == ["2025-03-01", "2025-02-01", "2025-01-01"]
    assert found.filters == Filters(since="2025-01-01")


def test_a_count_is_computed_and_its_query_shown(town: Retriever) -> None:
    found = ground(town, "How many posts mention the mill?")
    assert found.verdict == "counted"
    assert found.count is not None
    assert found.count.documents == 2
    assert "passages_with('mill')" in found.count.sql
    assert ground(town, "How many documents are there?").count.documents == len(ROWS)  # type: ignore[union-attr]


def test_a_count_of_thousands_of_words_is_a_count(town: Retriever) -> None:
    found = ground(town, f"How many posts mention {' '.join(f'word{i}' for i in range(3_000))}?")
    assert found.count is not None
    assert found.count.documents == 0


def test_a_german_question_finds_other_forms(town: Retriever) -> None:
    found = ground(town, "Was hat der Rat zum Brückenbau beschlossen?")
    assert found.quotes[0].hit.document.endswith("de")


@pytest.mark.parametrize("question", ["", " ", "?", "the", "\0", "“”", "NEAR(", '"', "a OR b*", "x" * 5000])
def test_odd_questions_are_answered_or_declined(town: Retriever, question: str) -> None:
    assert ground(town, question).verdict in ("declined", "closest", "answered")


@pytest.mark.parametrize(
    "question",
    [
        "How many documents do not mention the mill?",
        "How many documents have the word mill or the word school?",
        "How many pages does the book have?",
    ],
)
def test_what_a_count_of_words_cannot_say_is_not_counted(town: Retriever, question: str) -> None:
    assert ground(town, question).count is None


def test_a_count_of_an_authors_posts_is_of_that_author(town: Retriever) -> None:
    for question in (
        "How many posts by Hazel mention the mill?",
        "How many posts by Hazel about the mill?",
    ):
        found = ground(town, question)
        assert found.count is not None
        assert found.count.documents == 1


def test_names_with_an_apostrophe_or_an_underline_are_found(
    retriever_of: Callable[[Rows], Retriever],
) -> None:
    town = retriever_of(
        [
            {"id": "a", "text": "The shop of Mary O'Brien in the old town sells maps of the county."},
            {"id": "b", "text": "A letter from ada_b arrived, who writes about the weather on the coast."},
        ]
    )
    assert ground(town, "What does the shop of O'Brien sell?").quotes[0].hit.document.endswith("a")
    assert ground(town, "Where does ada_b write about the weather?").quotes[0].hit.document.endswith("b")


def test_contradictions_are_both_shown(retriever_of: Callable[[Rows], Retriever]) -> None:
    text = "In {} the great stone bridge over the wide river was opened by the mayor, and a band played."
    town = retriever_of([{"id": "one", "text": text.format(1890)}, {"id": "two", "text": text.format(1899)}])
    found = ground(town, "When was the great stone bridge over the river opened?")
    assert len(found.quotes) == 2


def test_an_unknown_name_at_the_beginning_is_a_name(town: Retriever) -> None:
    assert ground(town, "Zorblax burned down the mill when?").verdict == "declined"


def test_copies_in_masses_do_not_hide_another_passage(retriever_of: Callable[[Rows], Retriever]) -> None:
    same = "The mill on the hill burned down in the great fire of the summer, and nobody was hurt that night"
    rows = [{"id": f"copy{i}", "text": f"{same}, {'very ' * (i % 3)}luckily."} for i in range(400)]
    other = "After the fire the hill had a new mill, which Otto Hale built of stone."
    town = retriever_of([*rows, {"id": "other", "text": other}])
    found = ground(town, "What happened to the mill on the hill after the fire?")
    assert any(hit.document.endswith("other") for hit in found.near)


QUOTED = [
    {"id": "a", "text": "It is an old bridge\nover the wide river, said the mayor of the small town."},
    {
        "id": "b",
        "text": "The bridge is old, and wide is the river below it, said the mayor of the small town.",
    },
    {"id": "c", "text": "The bold bridge builder's old bridges crossed the river near the mill of Otto."},
    {"id": "d", "text": "Nobody’s fool, she wrote on the wall of the school, and since May it stands there."},
    {"id": "e", "text": "Der Rat sprach von der „neuen Brücke“ über den Fluss und von ihren hohen Kosten."},
]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ('Who said "old bridge" and when?', {"a"}),
        ('"Old Bridge over"', {"a"}),
        ('Who said "bridge is old"?', {"b"}),
        ('"river, said the mayor"', {"a"}),
        ('"the mayor" "wide is the river"', {"b"}),
        ('"nobody\'s fool"', {"d"}),
        ('"since May it stands"', {"d"}),
        ("Wer sprach von der „neuen Brücke“?", {"e"}),
        ("Wer sprach von der »neuen Brücke«?", {"e"}),
        ('"bridge old"', set()),
        ('"new bridge"', set()),
        ("„neue Brücke“", set()),
    ],
)
def test_a_phrase_in_quotes_stands_in_the_passage_as_it_is_written(
    shared: Callable[[Rows], Retriever], question: str, wanted: set[str]
) -> None:
    found = ground(shared(QUOTED), question)
    assert {hit.document[-1] for hit in found.near} == wanted
    assert {quote.hit.document[-1] for quote in found.quotes} <= wanted
    assert bool(found.quotes) == bool(wanted)
    assert found.filters == Filters()


@pytest.mark.parametrize("question", ['Who said 5" of rain?', '""', '" "', "“”", 'the "', '"…"'])
def test_marks_that_quote_nothing_change_nothing(town: Retriever, question: str) -> None:
    assert ground(town, question).verdict in ("declined", "closest", "answered")


def test_a_phrase_is_not_counted_as_words(town: Retriever) -> None:
    assert ground(town, 'How many posts say "new mill"?').count is None


def test_a_phrase_of_one_author_is_found_among_their_words(
    retriever_of: Callable[[Rows], Retriever],
) -> None:
    rows = [
        {"id": "one", "text": "The mill is a wonder of the world, and I love it.", "author": "Hazel"},
        {"id": "two", "text": "The mill is a wonder of the world, as they say.", "author": "Otto"},
    ]
    found = ground(retriever_of(rows), 'What did Hazel write about "a wonder of the world"?')
    assert {quote.hit.author for quote in found.quotes} == {"Hazel"}


def test_sources_that_contradict_each_other_come_before_sources_that_agree(
    retriever_of: Callable[[Rows], Retriever],
) -> None:
    rows = [
        {"id": "a", "text": "Poison turned the tap water blue. Shocking.", "created_at": "2024-03-13"},
        {"id": "b", "text": "Poison turned the tap water blue. Typical, I say.", "created_at": "2024-03-28"},
        {"id": "c", "text": "The tap water was blue because of a poison.", "created_at": "2024-03-22"},
        {
            "id": "d",
            "text": "A harmless dye made the tap water blue, as was found.",
            "created_at": "2024-04-01",
        },
    ]
    quotes = ground(retriever_of(rows), "Why was the tap water blue?").quotes
    shown = [quote.hit.document[-1] for quote in quotes]
    assert {"a", "d"} <= set(shown)
    assert "b" not in shown
    assert all(quote.to_json()["created_at"] for quote in quotes)


def test_numbers_and_denials_contradict(retriever_of: Callable[[Rows], Retriever]) -> None:
    rows = [
        {"id": "a", "text": "The council says: the bridge over the river opened in 1890 for carts."},
        {"id": "b", "text": "The paper tells us: the bridge over the river opened in 1890 for carts, too."},
        {"id": "c", "text": "My father knew it: the bridge over the river opened in 1899 for all of us."},
        {"id": "d", "text": "In 1890 the bridge over the river was not opened; the river was too high."},
    ]
    shown = [
        q.hit.document[-1]
        for q in ground(retriever_of(rows), "When was the bridge over the river opened?").quotes
    ]
    assert {"c", "d"} <= set(shown)


def test_a_comparison_quotes_both_and_what_each_of_them_said(town: Retriever) -> None:
    for question in (
        "What did Hazel and Otto say about the mill?",
        "Was sagten Hazel und Otto über die mill?",
    ):
        found = ground(town, question)
        assert found.verdict == "answered"
        assert [quote.hit.author for quote in found.quotes[:2]] in (["Hazel", "Otto"], ["Otto", "Hazel"])
    only = ground(town, "What did Hazel say about Otto?")
    assert {quote.hit.author for quote in only.quotes} <= {"Hazel"}


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("What did Otto say since May 2024?", ["school", "mill"]),
        ("What is new since 2025-02-15?", ["school"]),
        ("What changed before March 2024?", ["bridge"]),
        ("Was ist neu seit Februar 2025?", ["school", "mill2"]),
    ],
)
def test_a_question_of_time_gives_the_newest_of_that_time(
    town: Retriever, question: str, documents: list[str]
) -> None:
    found = ground(town, question, today=TODAY)
    assert [hit.document.split(":")[-1] for hit in found.near] == documents


def test_what_was_said_of_a_thing_in_a_time_is_quoted(town: Retriever) -> None:
    for question in (
        "What was said about the mill since January 2025?",
        "What did people say about the mill since 2025?",
    ):
        found = ground(town, question, today=TODAY)
        assert [quote.hit.document.split(":")[-1] for quote in found.quotes] == ["mill2"]
