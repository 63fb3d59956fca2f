"""Addresses beside every script, and addresses that are spelled out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.filters.pii import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("请联系anna@example.org获取更多信息，谢谢大家", "请联系[email]获取更多信息，谢谢大家"),
        ("请联系anna@example.org天气很好大家都很高兴", "请联系[email]天气很好大家都很高兴"),
        ("我们一起去河边的老磨坊看风景吃面包bo@example.net。", "我们一起去河边的老磨坊看风景吃面包[email]。"),
        ("連絡先はanna@example.jpまで", "連絡先は[email]まで"),
        ("메일은anna@example.co.kr으로", "메일은[email]으로"),
        ("ติดต่อที่anna@example.co.thครับ", "ติดต่อที่[email]ครับ"),
        ("пишитеanna@example.orgпожалуйста", "пишите[email]пожалуйста"),
        ("راسلناanna@example.orgشكرا", "راسلنا[email]شكرا"),
        ("ទាក់ទងanna@example.comបាន", "ទាក់ទង[email]បាន"),
        ("Γράψτεanna@example.grσήμερα", "Γράψτε[email]σήμερα"),
    ],
)
def test_only_the_address_is_masked_beside_words_without_spaces(text: str, masked: str) -> None:
    assert mask(text) == (masked, {"email": 1})


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("почта@пример.рф и всё", "[email] и всё"),
        ("用户@例子.公司获取信息", "[email]获取信息"),
        ("anna@mail.例子.中国谢谢", "[email]谢谢"),
        ("ईमेल@उदाहरण.भारत", "[email]"),
        ("안나@회사.한국 으로", "[email] 으로"),
        ("anna@example.xn--p1ai", "[email]"),
        ("mu\u0308ller@mail.example", "[email]"),
    ],
)
def test_addresses_in_other_scripts_are_masked(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("anna [at] example.org", "[email]"),
        ("Write to anna(at)mail.example.org!", "Write to [email]!"),
        ("anna (at) mail (dot) example (dot) org", "[email]"),
        ("anna.bo{at}example{dot}com, anna <at> example.org", "[email], [email]"),
        ("anna AT example DOT org", "[email]"),
        ("anna dot bo at example dot com", "[email]"),
        ("anna_7 at example dot co dot uk", "[email]"),
        ("anna [ät] example [punkt] de", "[email]"),
        ("anna&#64;example.org or ?to=anna%40example.org", "[email] or ?to=[email]"),
    ],
)
def test_addresses_spelled_out_are_masked(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "said",
    [
        "user at example dot com",
        "lena at mill dot co dot uk",
        "müller at example dot de",
        "lena arroba example punto com",
        "lena arroba example.com",
        "lena (arroba) example (punto) com",
        "lena Klammeraffe example Punkt de",
        "lena (Klammeraffe) example.de",
        "lena.rossi chiocciola example.it",
        "lena arobase exemple point fr",
        "lena [arobase] exemple.fr",
        "lena małpa example kropka pl",
        "lena apenstaartje voorbeeld punt nl",
        "lena zavináč example tečka cz",
        "lena snabel-a example punktum dk",
        "lena собака example точка ru",
        "lena παπάκι example τελεία gr",
        "lenaアットマークexample.jp",
        "lena 골뱅이 example.co.kr",
        "lena [a] example.org",
        "lena @ example.org",
        "lena@ example.org",
        "john.doe at example.org",
    ],
)
def test_addresses_are_masked_whatever_the_sign_is_called(said: str) -> None:
    assert mask(f"So: {said}, thanks", ["email"])[0] == "So: [email], thanks"


def test_with_a_word_such_as_mail_before_it_a_name_at_a_host_is_an_address() -> None:
    assert mask("my email is lena at mill.example", ["email"])[0] == "my email is [email]"
    assert mask("lena studies at mill.example", ["email"])[0] == "lena studies at mill.example"


@pytest.mark.parametrize(
    "address",
    [
        '"john doe"@example.com',
        '"john..doe"@mail.example.org',
        r'"very.\"odd\".name"@example.org',
        '"a@b"@example.org',
        "lena@[149.112.112.112]",
        "lena@[IPv6:2620:fe::fe]",
    ],
)
def test_quoted_names_and_numbered_hosts_are_masked_whole(address: str) -> None:
    assert mask(f"So: {address}, thanks")[0] == "So: [email], thanks"


@pytest.mark.parametrize(
    "text",
    [
        "more at example dot com, tickets at mill dot org, sign up at substack dot com",
        "available at mill.example.com now; see us @ example.com; thanks @ all. Great",
        'hello @lena.bsky.social and @mill.example, she said "hello"@me',
        "covid-19 at cdc.gov, 5 p.m. at example.org, the U.S. at who.int",
        "la chiocciola mangia. Poi dorme. Собака лает. Вот так. I love the arroba. Nice word",
        "e-mail us at example dot com",
    ],
)
def test_sites_and_sentences_are_no_addresses(text: str) -> None:
    assert mask(text, ["email"])[0] == text


@pytest.mark.parametrize(
    "text",
    [
        "look at this dot com, you can find it at example dot com",
        "MEET US AT THE MILL DOT COM",
        "lena (at) work, meet me at example.org [at] noon",
        "谢谢@anna大家, @小明你好, 我@你",
        "git@mill:lena/fair, pip install mill@1.2.0, 5% @ 3.50 each",
    ],
)
def test_sentences_with_at_and_dot_stay(text: str) -> None:
    assert mask(text, ["email"])[0] == text


SCRIPTS = ("天气很好", "ですから", "ครับผม", "안녕하세요", "привет", "مرحبا", "ខ្មែរ", "")


@given(st.sampled_from(SCRIPTS), st.from_regex(r"[a-z]{1,10}@[a-z]{1,8}\.(?:org|co\.jp)", fullmatch=True))
def test_every_other_character_stays_beside_any_script(around: str, address: str) -> None:
    assert mask(f"{around}{address}{around}")[0] == f"{around}[email]{around}"
