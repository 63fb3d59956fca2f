"""Values of a table: what is accepted, and errors that name file, line, expected and found."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.town.text.table import LINE_LIMIT, LIST_LIMIT, Table, TextFile, suggestion


def table(text: str) -> Table:
    return Table(TextFile("t.toml", tuple(text.splitlines())), tomllib.loads(text))


def block(key: str, *lines: str) -> str:
    return f"{key} = '''\n" + "\n".join(lines) + "\n'''\n"


def test_sentences_are_the_lines_of_a_block_without_empty_ones() -> None:
    found = table(block("a", "one", "", "  two  ", "three"))
    assert found.sentences("a") == ("one", "two", "three")


@given(
    st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=1, max_size=8, unique=True)
)
def test_a_block_of_plain_lines_reads_back_as_written(lines: list[str]) -> None:
    assert table(block("a", *lines)).names("a") == tuple(lines)


def test_words_are_separated_by_spaces_and_line_breaks() -> None:
    assert table(block("a", "one two", "three")).words("a") == ("one", "two", "three")


def test_an_empty_list_is_accepted_only_where_none_is_needed() -> None:
    assert table('a = ""').words("a", 0) == ()
    with pytest.raises(GlaswerkError, match="expected 1 to 5,000 entries for 'a', found 0"):
        table('a = ""').words("a")


def test_rows_are_columns_between_bars() -> None:
    rows = table(block("a", "x | y", "v w | z")).rows("a", "left | right")
    assert rows == (("x", "y"), ("v w", "z"))


def test_an_optional_column_may_be_missing() -> None:
    rows = table(block("a", "in | the | Hall", "on | Quay")).rows("a", "p | article | name", optional=1)
    assert rows == (("in", "the", "Hall"), ("on", "Quay"))


@pytest.mark.parametrize("line", ["only one", "a | b | c", "a | ", "| b", "a|b"])
def test_a_row_with_missing_or_extra_columns_is_refused(line: str) -> None:
    with pytest.raises(GlaswerkError, match=r"t\.toml, line 3: expected left \| right, found"):
        table(block("a", "x | y", line)).rows("a", "left | right")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"line 1: expected the key 'a' \(a block of lines in '''\), found none"),
        ("b = 1\na = 3", "line 2: expected a block of lines in ''' for 'a', found int"),
        ("a = ['x']", "line 1: expected a block of lines in ''' for 'a', found list"),
        ("a = true", "line 1: expected a block of lines in ''' for 'a', found bool"),
        (block("a", "fine", "[x|y"), r"line 3: expected \[a\|b\] with balanced brackets"),
        (block("a", "fine", "{nmae}"), r"line 3: expected known placeholders \({name}\), found {nmae}"),
        (block("a", "same", "same"), "line 1: expected different entries for 'a', found 'same' twice"),
    ],
)
def test_a_wrong_list_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(GlaswerkError, match=r"t\.toml, " + message):
        table(text).sentences("a", ("name",))


def test_the_same_line_in_another_list_does_not_confuse_line_numbers() -> None:
    text = block("first", "[x|y") + block("second", "[x|y")
    with pytest.raises(GlaswerkError, match="line 5: expected"):
        table(text).sentences("second")


def test_a_needed_placeholder_must_be_in_every_branch() -> None:
    good = table(block("a", "{name} [and {v}|or {v}]"))
    assert good.sentences("a", ("name", "v"), needs=[("name",), ("v",)])
    with pytest.raises(
        GlaswerkError, match=r"expected {v} in every line of 'a' whichever branches are picked"
    ):
        table(block("a", "{name} [and {v}|alone]")).sentences("a", ("name", "v"), needs=[("v",)])


def test_an_endless_line_is_refused_and_not_shown_in_full() -> None:
    with pytest.raises(GlaswerkError) as caught:
        table(block("a", "x" * (LINE_LIMIT + 1))).sentences("a")
    assert f"at most {LINE_LIMIT:,} characters, found {LINE_LIMIT + 1:,}" in caught.value.message
    assert len(caught.value.message) < 200


def test_an_endless_list_is_refused() -> None:
    lines = [str(number) for number in range(LIST_LIMIT + 1)]
    with pytest.raises(GlaswerkError, match="entries for 'a', found 5,001"):
        table(block("a", *lines)).sentences("a")


@pytest.mark.parametrize("value", ['""', '"a\\nb"', f'"{"x" * (LINE_LIMIT + 1)}"'])
def test_a_plain_text_has_one_line_and_is_not_empty(value: str) -> None:
    with pytest.raises(GlaswerkError, match="expected one line of 1 to 1,000 characters"):
        table(f"a = {value}").plain("a")


@pytest.mark.parametrize(("value", "number"), [("0.25", 0.25), ("1", 1.0), ("0", 0.0)])
def test_a_share_is_a_number_from_0_to_1(value: str, number: float) -> None:
    assert table(f"a = {value}").number("a", 0.5) == number


@pytest.mark.parametrize("value", ["1.5", "-0.1", "nan", "inf", '"x"', "true"])
def test_another_value_for_a_share_is_refused(value: str) -> None:
    with pytest.raises(GlaswerkError, match="expected a number from 0 to 1 for 'a'"):
        table(f"a = {value}").number("a", 0.5)


def test_a_share_and_a_flag_have_defaults() -> None:
    assert table("").number("a", 0.5) == 0.5
    assert table("").flag("a") is False
    assert table("a = true").flag("a") is True


def test_a_flag_is_not_a_text() -> None:
    with pytest.raises(GlaswerkError, match="expected true or false for 'a', found str"):
        table('a = "yes"').flag("a")


def test_a_text_that_must_match_is_described_in_words() -> None:
    assert table('a = "rovers"').matching("a", "[a-z]+", "a handle") == "rovers"
    with pytest.raises(GlaswerkError, match="expected a handle for 'a', found 'Rovers FC'"):
        table('a = "Rovers FC"').matching("a", "[a-z]+", "a handle")


def test_errors_in_repeated_tables_name_the_line_of_the_right_one() -> None:
    text = '[[voice]]\nid = "a"\n[[voice]]\nid = "B"\n'
    first, second = table(text).tables("voice")
    assert first.matching("id", "[a-z]", "a letter") == "a"
    with pytest.raises(GlaswerkError, match="line 4: expected a letter"):
        second.matching("id", "[a-z]", "a letter")


@pytest.mark.parametrize("text", ["voice = 3", "voice = [1, 2]", "[voice]\nid = 1"])
def test_repeated_tables_of_another_type_are_refused(text: str) -> None:
    with pytest.raises(GlaswerkError, match=r"expected tables \[\[voice\]\]"):
        table(text).tables("voice")


def test_a_key_that_nobody_reads_is_refused_and_the_right_one_suggested() -> None:
    found = table('opener = "x"\n' + block("openers", "y"))
    found.names("openers")
    with pytest.raises(
        GlaswerkError, match="line 1: expected only the keys openers, found 'opener'; did you mean"
    ):
        found.close()


def test_a_table_whose_keys_are_all_read_closes() -> None:
    found = table('a = "x"')
    found.plain("a")
    found.close()
    assert found.known == {"a"}


@pytest.mark.parametrize(("word", "clause"), [("rumour", "; did you mean 'rumours'?"), ("zebra", "")])
def test_a_suggestion_is_made_only_for_a_close_word(word: str, clause: str) -> None:
    assert suggestion(word, ["rumours", "voices"]) == clause
