"""Masking of addresses and numbers, and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.filters.pii import DEFAULT_KINDS, KINDS, mask
from glaswerk.data.store.reasons import MASKED


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to lena.mill+fair@post.example.org!", "Write to [email]!"),
        ("(anna_b@mail.de), or müller@bücher.example", "([email]), or [email]"),
        ("DE89 3704 0044 0532 0130 00 is the account", "[iban] is the account"),
        ("de89370400440532013000", "[iban]"),
        ("Konto AT12, IBAN: GB82-WEST-1234-5698-7654-32.", "Konto AT12, IBAN: [iban]."),
        ("Call +49 151 23456789 or 030/1234567.", "Call [phone] or [phone]."),
        ("Tel. (089) 123 45 67, 0151-23456789", "Tel. [phone], [phone]"),
        ("Ring (212) 555-2368 or 212-555-2368", "Ring [phone] or [phone]"),
        ("0049 (0)30 1234567", "[phone]"),
        ("Tel:+49 171 1234567", "Tel:[phone]"),
        ("Tel.:030/1234567, Tel.030/1234567", "Tel.:[phone], Tel.[phone]"),
        ('WhatsApp:+491711234567, "phone":"+1 555 123 4567"', 'WhatsApp:[phone], "phone":"[phone]"'),
        ("(+49) 171 1234567 or (0049)171/1234567", "[phone] or [phone]"),
        ("+1.555.123.4567, 0171.1234567", "[phone], [phone]"),
        ("+33 6.12.34.56.78", "[phone]"),
        ("06.12.34.56.78 or 01 23 45 67 89 or 01-23-45-67-89.", "[phone] or [phone] or [phone]."),
        ("06\u00a012\u00a034\u00a056\u00a078", "[phone]"),
        ("me@example.com-thanks, me@example.com_", "[email]-thanks, [email]_"),
        ("O'Neil@example.com, D’Arcy@post.example", "[email], [email]"),
        ("'me@example.com' and mailto:'me@co-op.example'", "'[email]' and mailto:'[email]'"),
    ],
)
def test_addresses_and_numbers_are_masked(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "In 1990-1999 and 2024-05-12, 12.05.2024, 05/12/2024 or 2024/05/12.",
        "It costs 1 200 000 €, EUR 1.250.000,50, $1,234,567.89 or 0.99.",
        "+10 000 000 people, 1.000.000 trees, 53.000.000.000,00 Euro",
        "Open 0800-1200, postcode 01067 Dresden, bus 042, room 0815",
        "Ratio 16:9, version 10.0.19045, 192.168.100.200, pages 100-200",
        "https://x.com/lena/status/1850000000000000123 and https://example.org/0301234567",
        "DE89 3704 0044 0532 0130 01 has a wrong checksum",
        "@lena and me @ home, 3 @ 5, user@host",
        "Score 4-3-3, chapter 1-2-3, 2018/2019",
        "ISBN 978-3-16-148410-0",
        "7°N 030°W, 04:04 02/01/12 6.7C",
        "Version 1.2.3.4567, v.1.2.3.4567, build:10.0.19045.3324",
        "01.02.2024, 01.02.24 10:30, Datum:01.02.2024, +1 01.02.2024, am:2024-05-12 um:10:30:00",
        "1.234.567,89, Summe:1.234.567,89, +1.234.567,89 and +1.234.567.890",
        "Score:0:1, 3:0 and Stand:10.5.3, p=.0123456789, ::0123456789",
        "+1.41421356237, 0355626618.16711, 0020.0002.0029",
        "IP:192.168.100.200 and 010.020.030.040",
        "ISBN:0123456789, ISBN 0-12-345678-9, ISBN-10: 0767901843, ID:0123456789",
        "https://example.org/a:0301234567 and https://example.org/a.030.1234567",
        "www.example.org/tel:+491711234567, example.org/b.0301234567",
        "01 23 45 67 89 10, 99 01 23 45 67 89, 01 23.45 67.89, 00 12 34 56 78, 11.22.33.44.55",
        "01 23 45 67, 01\u00a023\u00a045\u00a067\u00a089\u00a010",
        "Lotto: 03 12 23 34 45",
    ],
)
def test_years_dates_prices_and_links_stay(text: str) -> None:
    assert mask(text)[0] == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Visa 4111 1111 1111 1111, exp 12/29", "Visa [card], exp 12/29"),
        ("5555555555554444 or 3782-822463-10005.", "[card] or [card]."),
        ("Card:6011 1111 1111 1117, 3056 930902 5904", "Card:[card], [card]"),
    ],
)
def test_card_numbers_are_masked(text: str, masked: str) -> None:
    """The numbers are those that the schemes give out for tests."""
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112 has a wrong checksum",
        "order 1111 2222 3333 4444, 9999999999999995",
        "4111 1111-1111 1111, 41111 11111 11111 1",
        "0004111111111111111, 4111 1111 1111 1111 1111",
        "x.com/lena/status/4111111111111111 and id=4111111111111111",
        "EAN 4006381333931, ISBN 9783161484100",
        "4111111111111111.25 and 3,4111111111111111",
    ],
)
def test_long_numbers_that_are_no_cards_stay(text: str) -> None:
    assert mask(text, ["card"])[0] == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("from 149.112.112.112.", "from [ip]."),
        (
            "Talk:149.112.112.112 wrote; 208.67.222.222:53, 208.67.222.0/24",
            "Talk:[ip] wrote; [ip]:53, 208.67.222.0/24",
        ),
        ("2001:4860:4860::8888 and 2620:fe::fe, 2620:00FE:0:0:0:0:0:9", "[ip] and [ip], [ip]"),
    ],
)
def test_public_ip_addresses_are_masked(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "version 149.112.112.112, driver 31.0.101.2115, v208.67.222.222, Chapter 149.112.112.112",
        "192.168.1.100, 10.0.0.138, 127.0.0.1, 172.16.254.1, 255.255.255.0 and 203.0.113.7",
        "sections 4.2.1.10 and 12.3.4.56, 1.115.131.0, network 208.67.222.0/24",
        "300.112.112.112, 149.112.112, 149.112.112.112.5, 149.112.112.112-beta",
        "https://149.112.112.112/path and //208.67.222.222:8080/",
        "at 20:26:05, std::vector, dead::beef, fe80::1, 2001:db8::1, ::1, 2000: the year",
        "a ratio of 2001:2:3, MAC 20:01:48:60:48:60",
    ],
)
def test_versions_and_addresses_of_nobody_stay(text: str) -> None:
    assert mask(text, ["ip"])[0] == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("I live at 52.52001, 13.40495.", "I live at [coordinates]."),
        ("geo:48.2010,16.3695 or (-33.8568;151.2153)", "geo:[coordinates] or ([coordinates])"),
        ("52.5200° N, 13.4050° E and 40.7128 N 74.0060 W", "[coordinates] and [coordinates]"),
        ("(Latitude:0.3702; Longitude:32.6563)", "(Latitude:[coordinates])"),
        ("maps.example.org/@52.52001,13.40495,17z", "maps.example.org/@[coordinates],17z"),
        ("52°31'12\"N 13°24'18\"E, 48° 12′ 3.5″ N, 16° 22′ 10″ O", "[coordinates], [coordinates]"),
    ],
)
def test_places_to_ten_metres_are_masked(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "52.520, 13.405 is a town, 52°31'N 13°24'E too",
        "p = 0.0312, 0.0004 and shares of 0.1234, 0.5678",
        "values 1.2345 2.3456 and 95.1234, 200.5678",
        "1.2345, 2.3456, 3.4567 and 12.3456, 7.8901%",
        "1234.5678, 12.3456 and v1.2345.6789, 2.3456",
        "52,5200, 13,4050",
    ],
)
def test_other_pairs_of_figures_stay(text: str) -> None:
    assert mask(text, ["coordinates"])[0] == text


def test_handles_are_masked_only_where_asked_for() -> None:
    text = ".@lena, @b_12 and @carl@social.example: write to d@post.example, me @ home"
    assert mask(text)[0] == ".@lena, @b_12 and @[email]: write to [email], me @ home"
    assert mask(text, KINDS)[0] == ".[handle], [handle] and [handle]: write to [email], me @ home"
    assert mask(text, ["handle"])[1] == {"handle": 3}


def test_only_the_kinds_asked_for_are_masked() -> None:
    text = "a@b.de or +49 30 123456789"
    assert mask(text, ["phone"]) == ("a@b.de or [phone]", {"phone": 1})
    assert mask(text, []) == (text, {})


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(GlaswerkError, match="'passport'"):
        mask("text", ["email", "passport"])


def test_every_kind_is_explained() -> None:
    assert set(KINDS) <= set(MASKED)
    assert set(KINDS) - set(DEFAULT_KINDS) == {"id-number", "handle"}


def test_every_kind_has_a_rule() -> None:
    text = (
        "a@b.de @lena 4111111111111111 149.112.112.112 (52.5200, 13.4050) +49 30 123456 AT611904300234573201 "
        "DNI 12345678Z, password=tr0ub4dor&3"
    )
    assert set(mask(text, KINDS)[1]) == set(KINDS)


@pytest.mark.parametrize("letter", ["\u212a", "\u0130", "\u017f", "\u0131"])
def test_letters_that_only_fold_to_ascii_are_no_part_of_an_account_number(letter: str) -> None:
    for text in (f"GB82WEST1234569876543{letter}", f"GB82WE{letter}T12345698765432", f"D{letter}893704"):
        assert mask(text) == (text, {})
    assert mask(f"{letter}DE89370400440532013000")[1]["iban"] == 0
    assert mask("é DE89370400440532013000 ü")[0] == "é [iban] ü"


def test_masks_are_counted_by_kind() -> None:
    _, counts = mask("a@b.de, c@d.org, +49 30 123456789 and DE89370400440532013000")
    assert counts == {"email": 2, "phone": 1, "iban": 1}


PIECES = (
    "password=tr0ub4dor&3",
    "https://lena:s3cr3t!x@mill.example",
    "lena [at] mill.example",
    "lena AT mill DOT org",
    "请联系",
    "電話",
    "１２３",
    "＠",
    "600 123 456",
    "12345678Z",
    "4111 1111 1111 1111",
    "149.112.112.112",
    "2620:fe::fe",
    "52.5200, 13.4050",
    "52°31'12\"N 13°24'18\"E",
    "a@b.de",
    "@lena",
    "DE89370400440532013000",
    "+49 30 1234567",
    " ",
    ", ",
    "-",
    ".",
    ":",
    "/",
    "@",
    "5",
    "[ip]",
    "06.12.34.56.78",
    "01 23 45 67 89",
    "(+49) 171 1234567",
    "'",
    "_",
    "8 (912) 345-67-89",
    "–",
    "PASSWORD='x y z'",
    '"john doe"@mill.example',
    "lena arroba mill.example",
    " at ",
    " dot com",
)


@given(
    st.text(alphabet="0123456789+-()/ .@abDE:[]phone_°'\"NW,", max_size=80)
    | st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
)
def test_masking_twice_changes_nothing(text: str) -> None:
    once, _ = mask(text, KINDS)
    again, counts = mask(once, KINDS)
    assert again == once
    assert not counts


@given(st.text(alphabet="abcdefgh äöü.,!?", max_size=200))
def test_text_without_digits_and_at_signs_is_never_touched(text: str) -> None:
    assert mask(text) == (text, {})


def iban(country: str, account: str) -> str:
    """A valid IBAN by ISO 7064 MOD 97-10."""
    digits = "".join(str(int(letter, 36)) for letter in f"{account}{country}00")
    return f"{country}{98 - int(digits) % 97:02}{account}"


@pytest.mark.parametrize(
    ("country", "length"), [("NO", 15), ("BE", 16), ("DE", 22), ("GB", 22), ("FR", 27), ("MT", 31)]
)
@settings(max_examples=25)
@given(st.data())
def test_every_valid_account_number_of_a_country_is_masked(
    country: str, length: int, data: st.DataObject
) -> None:
    account = data.draw(st.from_regex(r"[A-Z0-9]+", fullmatch=True).map(lambda text: text.ljust(40, "0")))
    number = iban(country, account[: length - 4])
    grouped = " ".join(number[place : place + 4] for place in range(0, length, 4))
    assert mask(f"To {number}.", ["iban"])[0] == "To [iban]."
    assert mask(f"To {grouped}, please", ["iban"])[0] == "To [iban], please"
    assert mask(f"To {number.lower()}", ["iban"])[0] == "To [iban]"


@given(st.integers(0, 10**18 - 1), st.integers(1, 96))
def test_an_account_number_with_a_wrong_checksum_stays(account: int, off: int) -> None:
    right = iban("DE", f"{account:018}")
    wrong = f"DE{(int(right[2:4]) - 2 + off) % 97 + 2:02}{right[4:]}"
    assert mask(wrong, ["iban"])[0] == wrong


def card(start: str, digits: str, length: int) -> str:
    """A number with a valid check digit by ISO/IEC 7812-1, annex B."""
    body = (start + digits)[: length - 1]
    total = sum(int(d) if place % 2 else sum(divmod(2 * int(d), 10)) for place, d in enumerate(body[::-1]))
    return body + str(-total % 10)


@pytest.mark.parametrize(
    ("start", "length"), [("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("6011", 16), ("3528", 16)]
)
@settings(max_examples=25)
@given(st.integers(0, 10**15 - 1))
def test_every_valid_card_number_is_masked_and_no_other(start: str, length: int, rest: int) -> None:
    number = card(start, f"{rest:015}", length)
    assert mask(f"Card {number}!", ["card"])[0] == "Card [card]!"
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert mask(wrong, ["card"])[0] == wrong


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_of_a_hundred_thousand_signs_of_a_kind_ends(kind: str) -> None:
    for sign in ("@", "a@", "1", "1.", "+1 ", "DE8", "::", "2001:", "0.1 ", "°"):
        text = sign * (20_000 // len(sign))
        assert mask(mask(text, [kind])[0], [kind])[1] == {}


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("電話：０３－３１２３－４５６７です", "電話：[phone]です"),
        ("電話は０９０−１２３４−５６７８へ", "電話は[phone]へ"),
        ("電話は090ー1234ー5678へ", "電話は[phone]へ"),
        ("９−４−５、ラーメン−１", "９−４−５、ラーメン−１"),
        ("ａｎｎａ＠ｅｘａｍｐｌｅ．ｏｒｇまで", "[email]まで"),
        ("اتصل ٠٣٠ ١٢٣٤٥٦٧٨", "اتصل [phone]"),
        ("फ़ोन ९८७६५ ४३२१०", "फ़ोन [phone]"),
        ("カード４１１１１１１１１１１１１１１１", "カード[card]"),
        ("口座DE89370400440532013000へ", "口座[iban]へ"),
        ("地址149.112.112.112。", "地址[ip]。"),
    ],
)
def test_full_width_and_other_digits_are_digits_and_scripts_without_spaces_are_no_border(
    text: str, masked: str
) -> None:
    assert mask(text)[0] == masked


@given(st.text(alphabet="天気の안녕ไทยកខпривет１２３＠．。，！ ", max_size=60))
def test_text_of_other_scripts_without_an_address_is_never_changed(text: str) -> None:
    without = text.replace("＠", "")
    assert mask(without, ["email", "iban", "ip", "secret"]) == (without, {})


def test_no_kinds_mask_nothing() -> None:
    text = "me@example.com, +49 151 23456789"
    assert mask(text, []) == (text, {})
