"""Exact and near duplicates; posts of one pattern about different things are neither."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.filters import duplicates
from glaswerk.data.filters.duplicates import (
    BANDS,
    PERMUTATIONS,
    band_keys,
    candidates,
    content_hash,
    features,
    guard_key,
    normalise,
    overlap,
    pairs,
    shingles,
    to_pairs,
    words_of,
)

NOTICE = (
    "The council asks everyone on the upper bank to move their boats before the water rises tonight, "
    "and to keep the path along the weir free for the fire brigade"
)


@pytest.mark.parametrize(
    ("left", "right"),
    [("The  mill\nturns. ", "the mill TURNS."), ("Straße", "STRASSE"), ("ﬁne", "fine")],
)
def test_case_spaces_and_compatible_forms_make_no_difference(left: str, right: str) -> None:
    assert content_hash(left) == content_hash(right)


def test_another_word_is_another_text() -> None:
    assert content_hash("The mill turns.") != content_hash("The mill stops.")


@pytest.mark.parametrize(
    "other",
    [
        NOTICE + "! https://t.co/abc",
        NOTICE.upper(),
        NOTICE.replace("asks", "begs"),
        "so: " + NOTICE[0].lower() + NOTICE[1:] + " 🙏",
    ],
)
def test_small_changes_of_a_notice_are_near_duplicates(other: str) -> None:
    assert overlap(NOTICE, other) >= 0.8


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (f"{NOTICE}, says Anna Reed", f"{NOTICE}, says Berta Reed"),
        (f"Anna writes that {NOTICE}", f"Berta writes that {NOTICE}"),
        (f"{NOTICE} at 7", f"{NOTICE} at 8"),
        (f"{NOTICE} in 1990", f"{NOTICE}"),
    ],
)
def test_another_name_or_number_makes_another_fact(left: str, right: str) -> None:
    assert overlap(left, right) == 0.0


def test_long_texts_are_compared_by_overlap_alone() -> None:
    words = " ".join(f"word{i}" for i in range(400))
    assert overlap(words, words.replace("word200", "Other")) > 0.95


def test_candidates_hold_the_near_duplicates_and_not_the_pattern() -> None:
    names = ("Anna", "Berta", "Clara", "Dora")
    texts = [f"Yesterday in the market hall {name} told us that {NOTICE}" for name in names]
    texts += [NOTICE, NOTICE + "!", "Something else entirely happened on the other side of the hill."]
    assert list(candidates(*features(texts))) == [(4, 5)]


def test_a_thousand_equal_texts_do_not_make_a_million_pairs() -> None:
    found = list(candidates(*features([NOTICE] * 1000)))
    assert len(found) < 60_000
    assert {later for _, later in found} == set(range(1, 1000))


@given(st.text(max_size=60), st.text(max_size=60))
def test_overlap_is_symmetric_and_full_with_itself(left: str, right: str) -> None:
    assert overlap(left, left) == (1.0 if words_of(left) else 0.0)
    assert overlap(left, right) == overlap(right, left)
    assert 0.0 <= overlap(left, right) <= 1.0


def test_features_do_not_depend_on_how_many_texts_go_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [f"{NOTICE} in the year {year}, as it was in {year - 7}." for year in range(1900, 1930)]
    digests, guards = features(texts)
    monkeypatch.setattr(duplicates, "_CHARACTERS", 300)
    again, guards_again = features(texts)
    assert (digests == again).all()
    assert (guards == guards_again).all()
    monkeypatch.setattr(duplicates, "_WORDS", 5)
    assert (digests == features(texts)[0]).all()
    assert features([])[0].shape == (0, duplicates.PERMUTATIONS)


@given(st.text())
def test_normalising_ignores_case_and_spacing_and_leaves_no_double_space(text: str) -> None:
    found = normalise(text)
    assert "  " not in found
    assert found == found.strip()
    assert content_hash(f"  {text}\n") == content_hash(text)
    assert len(content_hash(text)) == 16


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop, Anna!", ["Don't", "stop", "Anna"]),
        ("At 7:30 for 1,200.50 …", ["At", "7:30", "for", "1,200.50"]),
        ("See https://t.co/abc now", ["See", "now"]),
        ("well-known snake_case", ["well-known", "snake", "case"]),
        ("🙏 !? …", []),
        ("水車 小屋", ["水", "車", "小", "屋"]),
    ],
)
def test_words_keep_their_spelling_inner_marks_and_lose_links(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [""]),
        (["A"], ["a"]),
        (["A", "b", "C"], ["a b c"]),
        (["A", "b", "C", "d"], ["a b c", "b c d"]),
    ],
)
def test_shingles_are_three_words_in_lower_case_or_all_of_a_shorter_text(
    words: list[str], expected: list[str]
) -> None:
    assert shingles(words) == expected


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("The mill of Otis turns.", "A mill of Otis stops.", True),
        ("The mill of Otis turns.", "The mill of Hazel turns.", False),
        ("It opens at 7.", "It opens at 8.", False),
        ("It opens. Then it closes.", "it opens. then it closes.", True),
        ("See https://A.example/B7", "See https://c.example/d8", True),
    ],
)
def test_a_guard_is_the_names_and_numbers_of_a_short_text(left: str, right: str, same: bool) -> None:
    assert (guard_key(left, words_of(left)) == guard_key(right, words_of(right))) == same


def test_long_texts_have_no_guard() -> None:
    text = "Otis has 7 boats. " * 100
    assert guard_key(text, words_of(text)) == 0


def test_band_keys_are_never_zero_and_depend_on_the_guard() -> None:
    digests = np.zeros((2, PERMUTATIONS), np.uint32)
    keys = band_keys(digests, np.array([0, 1], np.uint64))
    assert keys.shape == (BANDS, 2)
    assert (keys != 0).all()
    assert (keys[:, 0] != keys[:, 1]).all()


@given(st.lists(st.integers(0, 5), max_size=40))
def test_pairs_share_a_key_and_every_row_is_paired_with_the_first_of_its_bucket(found: list[int]) -> None:
    keys = np.array(found, np.uint64)
    rows = np.arange(len(found), dtype=np.uint32)
    made = list(to_pairs(pairs(keys, rows)))
    assert len(made) == len(set(made))
    assert made == sorted(made, key=lambda pair: (pair[1], pair[0]))
    assert all(earlier < later and found[earlier] == found[later] for earlier, later in made)
    repeated = {(found.index(key), place) for place, key in enumerate(found) if found.index(key) < place}
    assert repeated <= set(made)


def test_emoji_alone_overlap_with_nothing_not_even_themselves() -> None:
    assert overlap("🙏🙏", "🙏🙏") == 0.0
    assert overlap("", "words") == 0.0


def test_a_capital_at_the_beginning_of_a_sentence_is_no_other_fact() -> None:
    assert overlap(f"{NOTICE}. Tonight again", f"{NOTICE}. tonight again") == 1.0


UNSPACED_PAIRS = {
    "Chinese": "今天早上河边的老磨坊重新开始转动，许多居民带着孩子来看，面包店的老板也送来了新鲜的面包",
    "Japanese": "今朝、古い水車がまた回りはじめ、たくさんの住民が子どもを連れて見に来て、パンも配られました",
    "Thai": "เช้านี้กังหันน้ำเก่าริมแม่น้ำเริ่มหมุนอีกครั้งชาวบ้านหลายคนพาลูกมาดูและเจ้าของร้านขนมปังก็นำขนมปังสดมาแจกให้ทุกคน",
    "Khmer": "ព្រឹកនេះកង់ទឹកចាស់នៅមាត់ទន្លេបានចាប់ផ្តើមវិលម្តងទៀតអ្នកស្រុកជាច្រើនបាននាំកូនមកមើលហើយម្ចាស់ហាងនំបានចែកនំ",
    "Lao": "ເຊົ້ານີ້ກັງຫັນນ້ຳເກົ່າແຄມແມ່ນ້ຳໄດ້ເລີ່ມໝຸນອີກຄັ້ງຊາວບ້ານຫຼາຍຄົນພາລູກມາເບິ່ງແລະເຈົ້າຂອງຮ້ານເຂົ້າຈີ່ກໍ່ເອົາເຂົ້າຈີ່",
}


@pytest.mark.parametrize("lang", UNSPACED_PAIRS)
def test_a_copy_with_one_more_letter_is_a_near_duplicate_in_scripts_without_spaces(lang: str) -> None:
    text = UNSPACED_PAIRS[lang]
    copy = text + text[3]
    assert overlap(text, copy) >= 0.85
    assert overlap(f"{text} https://t.co/a", f"RT {copy}!".replace("RT ", "")) >= 0.85
    found = set(candidates(*features([text, copy])))
    assert found == {(0, 1)}


@pytest.mark.parametrize("lang", UNSPACED_PAIRS)
def test_the_halves_of_a_text_and_other_texts_are_no_near_duplicates(lang: str) -> None:
    text = UNSPACED_PAIRS[lang]
    assert overlap(text, text[: len(text) // 2]) < 0.85
    assert overlap(text, text[::-1]) < 0.5
    for other in UNSPACED_PAIRS.values():
        assert other == text or overlap(text, other) < 0.2


def test_a_number_or_a_latin_name_inside_chinese_is_a_fact() -> None:
    text = UNSPACED_PAIRS["Chinese"]
    assert overlap(f"{text}2024年", f"{text}2023年") == 0.0
    assert overlap(f"{text}BBC报道", f"{text}CNN报道") == 0.0
    assert words_of("BBC报道2024年ok") == ["BBC", "报", "道", "2024", "年", "ok"]
