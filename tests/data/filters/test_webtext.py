"""Rules for running text: each fires on what it was made for, on figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.filters.webtext import (
    RULE_FAMILIES,
    C4Config,
    FineWebConfig,
    GopherConfig,
    WebConfig,
    check_web,
)
from glaswerk.data.store.reasons import CURATION

GOPHER, C4, FINEWEB = (WebConfig((name,)) for name in RULE_FAMILIES)
ALL = WebConfig(RULE_FAMILIES)
# Twelve words a sentence, none of them a repeated five-word sequence.
SENTENCES = [
    "The miller of the upper lane has bought a second wheel today.",
    "Her neighbours say that it turns with far less noise than before.",
    "A ferry was to bring the stones, and they came late again.",
    "Nobody on the council asked what this would cost in the end.",
    "Most people have their bread from the baker beside the old bridge.",
    "In spring the river rises to the third step of the quay.",
]
PROSE = " ".join(SENTENCES)
PAGE = "\n\n".join((" ".join(SENTENCES[:3]), " ".join(SENTENCES[3:])))
GERMAN = (
    "Die Müllerin hat in der oberen Gasse ein zweites Rad gekauft. Es dreht sich mit weniger Lärm als das "
    "erste. Eine Fähre sollte die Steine bringen, und sie kam wieder zu spät. Im Rat fragte niemand, was "
    "das am Ende kosten würde. Das Brot holen die meisten beim Bäcker an der alten Brücke."
)


def reason(text: str, config: WebConfig, kind: str = "page", lang: str = "en") -> str | None:
    found = next(check_web(text, kind, lang, config), None)
    return found and found.reason


def score(text: str, config: WebConfig, kind: str = "page", lang: str = "en") -> float:
    found = next(check_web(text, kind, lang, config), None)
    assert found is not None
    return found.score


def numbered(count: int, start: int = 0) -> str:
    """`count` words of eight letters, all different."""
    letters = "abcdefghij"
    return " ".join(
        "word" + "".join(letters[int(d)] for d in f"{n:04d}") for n in range(start, start + count)
    )


@pytest.mark.parametrize(("text", "lang"), [(PAGE, "en"), (GERMAN, "de"), (PAGE, ""), (GERMAN, "gsw")])
def test_an_ordinary_page_passes_every_rule(text: str, lang: str) -> None:
    assert not list(check_web(text, "page", lang, ALL))


@pytest.mark.parametrize("kind", ["post", "thread", "caption", "dialogue"])
def test_what_is_no_running_text_is_never_judged(kind: str) -> None:
    assert not list(check_web("# # # lorem ipsum {", kind, "en", ALL))


@pytest.mark.parametrize("text", ["", " \n\n ", "\u3000"])
def test_a_text_without_words_is_left_to_the_quality_rules(text: str) -> None:
    assert not list(check_web(text, "page", "en", ALL))


@pytest.mark.parametrize("lang", ["zh", "ja", "th"])
def test_languages_without_spaces_are_not_judged_by_their_words(lang: str) -> None:
    assert not list(check_web("吾輩は猫である。名前はまだ無い。", "page", lang, ALL))


def test_the_least_number_of_words_is_fifty_and_punctuation_is_no_word() -> None:
    """49 words and a dash are 49; 50 are enough. Function words are added so that only length decides."""
    few = f"the of {numbered(47)} -"
    assert (reason(few, GOPHER), score(few, GOPHER)) == ("gopher-words", 49)
    assert reason(few + " more", GOPHER) is None


def test_books_have_no_greatest_length_and_speeches_no_least() -> None:
    config = replace(GOPHER, gopher=GopherConfig(words_max=60))
    assert reason(PROSE, config) == "gopher-words"
    assert reason(PROSE, config, kind="book") is None
    assert reason("I have a question to the minister.", GOPHER) == "gopher-words"
    assert reason("I have a question to the minister.", GOPHER, kind="book") == "gopher-words"
    assert reason("I have a question to the minister.", GOPHER, kind="speech") is None


def test_mean_word_length_is_between_three_and_ten_characters() -> None:
    """Sixty words of two letters: mean 2. Sixty of eleven: mean 11."""
    assert score(" ".join(["ab"] * 60), GOPHER) == 2
    assert reason(" ".join(["ab"] * 60), GOPHER) == "gopher-word-length"
    assert score(" ".join(["abcdefghijk"] * 60), GOPHER) == 11


def test_one_hash_sign_or_ellipsis_in_ten_words_is_the_limit() -> None:
    """50 words: five hash signs are a tenth and pass, six are 0.12. An ellipsis counts in either spelling."""
    words = f"{numbered(48)} the of".split()
    for sign in ("#", "...", "…"):
        allowed = " ".join(word + sign if n < 5 else word for n, word in enumerate(words))
        assert reason(allowed, GOPHER) is None
        tagged = " ".join(word + sign if n < 6 else word for n, word in enumerate(words))
        assert (reason(tagged, GOPHER), score(tagged, GOPHER)) == ("gopher-symbols", pytest.approx(0.12))


def test_lists_and_teasers_are_named_by_their_lines() -> None:
    """All six lines begin with a bullet; in the second text 2 of 6 end with an ellipsis."""
    assert reason("\n".join(f"- {line}" for line in SENTENCES), GOPHER) == "gopher-bullets"
    assert reason("\n".join(f"  • {line}" for line in SENTENCES), GOPHER) == "gopher-bullets"
    cut = "\n".join(line + ("..." if n < 2 else "") for n, line in enumerate(SENTENCES))
    assert (reason(cut, GOPHER), score(cut, GOPHER)) == ("gopher-ellipsis", pytest.approx(1 / 3))


def test_eight_words_in_ten_need_a_letter() -> None:
    """Of 60 words 13 are figures: 47/60 = 0.783; with twelve it is 0.8 and passes."""
    figures = [str(1000 + n) for n in range(13)]
    text = " ".join(["the", "of", *numbered(45).split(), *figures])
    assert (reason(text, GOPHER), score(text, GOPHER)) == ("gopher-letters", pytest.approx(47 / 60))
    assert reason(" ".join(["the", "of", *numbered(46).split(), *figures[:12]]), GOPHER) is None


def test_a_text_has_two_function_words_of_its_own_language() -> None:
    text = "The " + numbered(60)
    assert (reason(text, GOPHER), score(text, GOPHER)) == ("gopher-stop-words", 1)
    assert reason(text + " of", GOPHER) is None
    assert reason(GERMAN, GOPHER, lang="en") == "gopher-stop-words"
    assert reason(numbered(60), GOPHER, lang="fi") is None


def test_repeated_lines_count_by_number_and_by_characters() -> None:
    """Four of ten lines are repeats: 0.4 by number. Then one of eleven, but a long one: by characters."""
    lines = [f"the of {numbered(8, 10 * n)}" for n in range(6)]
    text = "\n".join([*lines, *lines[:4]])
    assert (reason(text, GOPHER), score(text, GOPHER)) == ("gopher-repeated-lines", pytest.approx(0.4))
    long = f"the of {numbered(40, 500)}"
    text = "\n".join([*lines, long, *[f"and {n}" for n in range(3)], long])
    assert reason(text, GOPHER) == "gopher-repeated-lines"
    assert score(text, GOPHER) == pytest.approx(len(long) / len(text))


def test_a_paragraph_that_returns_counts_though_its_lines_do_not_touch() -> None:
    paragraphs = [f"the of {numbered(8, 10 * n)}" for n in range(6)]
    assert reason("\n\n".join([*paragraphs, *paragraphs[:4]]), GOPHER) == "gopher-repeated-lines"


def test_a_play_may_repeat_the_names_of_its_speakers() -> None:
    """Ten speeches under two names: 8 of 20 lines are repeats, but few of the characters."""
    lines = [line for n in range(10) for line in (("ANNA", "BERT")[n % 2], f"the of {numbered(8, 10 * n)}")]
    assert reason("\n".join(lines), GOPHER) == "gopher-repeated-lines"
    assert reason("\n".join(lines), GOPHER, kind="book") is None
    assert reason("\n".join([*lines[:2] * 6, *lines]), GOPHER, kind="book") == "gopher-repeated-lines"


def test_the_most_frequent_pair_of_words_may_be_a_fifth_of_the_text() -> None:
    """ "buy soap" has 8 characters; 20 times in a text of 20 × (8 + 1 + 8) + 19 = 359 characters: 160/359."""
    text = " ".join(f"buy soap {word}" for word in numbered(20).split())
    assert len(text) == 359
    config = replace(GOPHER, gopher=GopherConfig(stop_words_min=0))
    assert reason(text, config) == "gopher-repetition"
    assert reason(" ".join(text.split()[:45]), config, kind="speech") is None
    assert score(text, config) == pytest.approx(160 / 359)


def test_repeated_long_sequences_count_without_overlap() -> None:
    """Thirty words of 8 letters, twenty others, the thirty again: 30 × 8 = 240 of 719 characters repeat."""
    once = numbered(30)
    text = f"{once} {numbered(20, 100)} {once}"
    assert len(text) == 80 * 9 - 1
    ngrams = GopherConfig(stop_words_min=0, top_ngrams=(), repeated_ngrams=((5, 0.33),))
    assert score(text, replace(GOPHER, gopher=ngrams)) == pytest.approx(240 / 719)
    # Seven-word sequences find 28 of the thirty words: 224 of 719.
    ngrams = replace(ngrams, repeated_ngrams=((7, 0.3),))
    assert score(text, replace(GOPHER, gopher=ngrams)) == pytest.approx(224 / 719)
    assert reason(text, replace(GOPHER, gopher=replace(ngrams, repeated_ngrams=((7, 0.32),)))) is None


def test_c4_wants_five_sentences_in_lines_that_end_like_one() -> None:
    """Four sentences in two lines; the menu beside them ends without a stop and does not count."""
    menu = "Home\nAbout us and our mill\nContact\n"
    four = menu + " ".join(SENTENCES[:2]) + "\n" + " ".join(SENTENCES[2:4])
    assert (reason(four, C4), score(four, C4)) == ("c4-sentences", 4)
    assert reason(four + "\n" + SENTENCES[4], C4) is None


@pytest.mark.parametrize(
    "line",
    [
        "Please enable JavaScript to read this page.",
        "By reading on you accept our privacy policy.",
        "Read more about the mill...",
        "Two words.",
        "x" * 1001 + " is a very long word.",
    ],
)
def test_lines_that_c4_takes_out_hold_no_sentence(line: str) -> None:
    assert score("\n".join([*SENTENCES[:4], line]), C4) == 4


def test_abbreviations_inside_a_sentence_end_none_and_quotes_may_close_one() -> None:
    """One sentence each: "approx. 5" is followed by a figure and so counts, "e.g. the" does not."""
    assert score("They bought parts, e.g. the wheel, i.e. the large one.", C4) == 1
    assert score("„Das Rad dreht sich wieder“, sagte sie und „es geht gut.“", C4) == 1


def test_code_and_filler_text_drop_the_page_but_not_in_lines_taken_out_before() -> None:
    assert reason(PAGE + "\nThe loop is for (;;) { stop(); } and ends here.", C4) == "c4-curly-bracket"
    assert reason(PAGE + "\n\nLorem ipsum dolor sit amet.", C4) == "c4-lorem-ipsum"
    assert reason(PAGE + "\nfunction mill() {", C4) is None


def test_fineweb_names_menus_lists_and_repeats() -> None:
    """1 of 10 lines ends with a stop; 3 of 4 lines are short; 2 line breaks on 3 + 12 words."""
    menu = "\n".join([*[f"a line of the long menu, number {n} of nine" for n in range(9)], SENTENCES[0]])
    assert (reason(menu, FINEWEB), score(menu, FINEWEB)) == ("fineweb-punctuation", pytest.approx(0.1))
    short = "\n".join(["Open today.", "Closed on Monday.", "Mind the step.", SENTENCES[0]])
    assert (reason(short, FINEWEB), score(short, FINEWEB)) == ("fineweb-short-lines", pytest.approx(0.75))
    twice = "\n".join([*SENTENCES, SENTENCES[0]])
    assert reason(twice, FINEWEB) == "fineweb-repeated-lines"
    assert score(twice, FINEWEB) == pytest.approx(len(SENTENCES[0]) / len(twice.replace("\n", "")))
    verse = "\n\n".join(["Marktplatzerneuerungsgesellschaft besteht weiter.", SENTENCES[0]])
    lines = FineWebConfig(new_lines_max=0.1)
    assert reason(verse, replace(FINEWEB, fineweb=lines)) == "fineweb-new-lines"
    assert score(verse, replace(FINEWEB, fineweb=lines)) == pytest.approx(2 / 15)


def test_each_family_of_rules_can_be_left_out() -> None:
    assert not list(check_web("{ lorem ipsum #", "page", "en", WebConfig()))


def test_thresholds_of_the_papers_are_the_defaults() -> None:
    assert (C4Config().sentences_min, FineWebConfig().punctuated_lines_min) == (5, 0.12)
    assert GopherConfig().repeated_ngrams[0] == (5, 0.15)


@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from([*SENTENCES, "", "- a", "{"]), max_size=30).map("\n".join),
    st.sampled_from(["page", "book", "speech"]),
    st.sampled_from(["en", "de", "", "zh"]),
)
def test_any_text_gets_a_known_reason_or_none(text: str, kind: str, lang: str) -> None:
    found = next(check_web(text, kind, lang, replace(ALL, gopher=GopherConfig(words_min=0))), None)
    assert found is None or (found.reason in CURATION and found.score >= 0)


@pytest.mark.parametrize(
    "text", ["今天早上河边的老磨坊重新开始转动。" * 20, "เช้านี้กังหันน้ำเก่าริมแม่น้ำเริ่มหมุนอีกครั้ง " * 20]
)
def test_a_page_in_a_script_without_spaces_passes_whatever_language_was_detected(text: str) -> None:
    for lang in ("", "und", "en", "zh"):
        assert list(check_web(text, "page", lang, WebConfig(families=("gopher", "c4", "fineweb")))) == []
