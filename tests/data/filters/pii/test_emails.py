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
