"""What kind of thing a question asks for, and which sentences have one."""

from __future__ import annotations

import pytest

from glaswerk.retrieve.expected import expected, has


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When was the mill built?", "time"),
        ("In welchem Jahr brannte die Mühle?", "time"),
        ("How many arches has the bridge?", "number"),
        ("Wie viele Bögen hat die Brücke?", "number"),
        ("Who built it?", "person"),
        ("Wem gehört die Mühle?", "person"),
        ("Where is the mill?", "any"),
    ],
)
def test_the_first_words_say_what_is_asked_for(question: str, kind: str) -> None:
    assert expected(question) == kind


@pytest.mark.parametrize(
    ("question", "text", "fits"),
    [
        ("When was it built?", "It was built in 1862.", True),
        ("When was it built?", "It was built by the town.", False),
        ("What happened in 1862, and when was it mended?", "In 1862 it was built.", False),
        ("When does it open?", "It opens at six in the morning.", True),
        ("When does it open?", "@team_1 It opens soon.", False),
        ("How many arches are there?", "It has three arches.", True),
        ("How many arches are there?", "It has arches. https://x.com/1/2", False),
        ("Who built the bridge?", "The bridge was built by Ada Brook.", True),
        ("Who built the bridge?", "The bridge must finally be built.", False),
        ("Who is Ada Brook?", "In town lives Ada Brook.", False),
    ],
)
def test_a_sentence_fits_if_it_has_such_a_thing_that_the_question_does_not_name(
    question: str, text: str, *, fits: bool
) -> None:
    assert has(expected(question), text, question) is fits
