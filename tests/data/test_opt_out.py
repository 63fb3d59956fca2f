"""robots.txt and ai.txt, asked for the crawlers that fetch content to train on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x_docs import PAGE, add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.opt_out import AI_CRAWLERS, Robots
from glaswerk.lab import Lab

SITE = "https://millford.example"


def disallows(rules: str, path: str, *, is_ai: bool = False) -> bool:
    robots = Robots()
    robots.add("millford.example", rules.encode(), is_ai=is_ai)
    return robots.disallows(SITE + path)


@pytest.mark.parametrize("agent", AI_CRAWLERS)
def test_a_rule_for_any_training_crawler_counts(agent: str) -> None:
    assert disallows(f"User-agent: {agent.upper()}\nDisallow: /\n", "/page")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/private/a", True), ("/a/b.pdf", True), ("/a/b.pdf?x=1", False), ("/open", False),
        ("/private/open/a", False), ("/x/secret/y", True),
    ],
)  # fmt: skip
def test_wildcards_ends_and_the_longest_rule_count(path: str, expected: bool) -> None:
    rules = (
        "User-agent: CCBot\nUser-agent: ClaudeBot\nDisallow: /private/\nAllow: /private/open/\n"
        "Disallow: /*.pdf$\nDisallow: /*/secret\n"
    )
    assert disallows(rules, path) is expected


def test_a_rule_for_every_crawler_counts_in_ai_txt_alone() -> None:
    rules = "User-agent: *\nDisallow: /\n"
    assert not disallows(rules, "/page")
    assert disallows(rules, "/page", is_ai=True)


def test_a_crawler_that_is_let_in_by_name_is_let_in() -> None:
    rules = "User-agent: GPTBot\nAllow: /\n\nUser-agent: *\nDisallow: /\n"
    assert not disallows(rules, "/page")


def test_a_file_that_the_user_has_counts_for_its_site(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "weir.html").write_bytes(PAGE)
    rules = tmp_path / "robots.txt"
    rules.write_text("User-agent: Google-Extended\nDisallow: /weir\n")
    reserved = []
    for site in (SITE, "https://other.example", ""):
        (found,) = documents(add(empty_lab, tmp_path / "weir.html", robots=rules, site=site))
        reserved.append(found.rights.tdm_opt_out)
    assert reserved == [True, False, True]


def test_a_site_without_rules_or_address_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Words.")
    with pytest.raises(GlaswerkError, match=r"robots\.txt for the site"):
        add(empty_lab, tmp_path / "a.txt", site=SITE)
    with pytest.raises(GlaswerkError, match="address of a site"):
        add(empty_lab, tmp_path / "a.txt", robots=tmp_path / "a.txt", site="millford")


@given(st.binary(max_size=200), st.text(max_size=40), st.booleans())
def test_no_rules_and_no_address_break_the_reader(data: bytes, url: str, is_ai: bool) -> None:
    robots = Robots()
    robots.add("", b"User-agent: GPTBot\nDisallow: " + data, is_ai=is_ai)
    assert robots.disallows(url) in (True, False)
    assert robots.disallows(f"https://a.example/{url}") in (True, False)
