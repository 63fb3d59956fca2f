"""robots.txt and ai.txt, asked for the crawlers that fetch content to train on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x_docs import PAGE, add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.html import read_page
from glaswerk.data.documents.opt_out import AI_CRAWLERS, Robots, reserved_by_headers
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
        ("/private/a", True),
        ("/a/b.pdf", True),
        ("/a/b.pdf?x=1", False),
        ("/open", False),
        ("/private/open/a", False),
        ("/x/secret/y", True),
    ],
)
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


@pytest.mark.parametrize(
    "rules", ["User-agent: GPTBot/1.0\nDisallow: /\n", "User-agent: GPTBot\rDisallow: /"]
)
def test_a_version_behind_a_name_and_old_line_ends_are_read_over(rules: str) -> None:
    assert disallows(rules, "/page")


@pytest.mark.parametrize("site", ["https://millford.example:443", "http://millford.example:80"])
def test_the_usual_port_is_the_same_site(site: str) -> None:
    robots = Robots()
    robots.add_snapshot("https://millford.example/robots.txt", b"User-agent: CCBot\nDisallow: /\n")
    assert robots.disallows(f"{site}/page")
    assert not robots.disallows("https://millford.example:8443/page")


def test_a_reservation_said_twice_or_in_the_second_element_holds() -> None:
    assert reserved_by_headers({"tdm-reservation": "1, 1"})
    page = '<html><head><meta name=robots content="index"><meta name=robots content="noai"></head></html>'
    assert read_page(page)["tdm_opt_out"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", '{"text": "Words.", "url": "https://millford.example/a"}'),
        ("a.csv", "url,text\nhttps://millford.example/a,Words.\n"),
        ("a.md", "---\nurl: https://millford.example/a\n---\nWords.\n"),
    ],
)
def test_rules_hold_for_every_row_with_a_url(empty_lab: Lab, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "robots.txt").write_text("User-agent: GPTBot\nDisallow: /\n")
    made = add(empty_lab, tmp_path / name, robots=tmp_path / "robots.txt", site=SITE)
    assert [document.rights.tdm_opt_out for document in documents(made)] == [True]


def test_without_site_and_url_every_document_is_covered(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Words.")
    (tmp_path / "robots.txt").write_text("User-agent: GPTBot\nDisallow: /x\n")
    made = add(empty_lab, tmp_path / "a.txt", robots=tmp_path / "robots.txt")
    assert [document.rights.tdm_opt_out for document in documents(made)] == [True]


def test_rules_in_a_mirror_hold_for_its_folder_and_are_no_document(empty_lab: Lab, tmp_path: Path) -> None:
    site = tmp_path / "in" / "site"
    (site / "kept").mkdir(parents=True)
    (site / "robots.txt").write_text("User-agent: GPTBot\nDisallow: /kept/\n")
    (site / "kept" / "a.txt").write_text("One.")
    (site / "b.txt").write_text("Two.")
    (site / "ai.txt").write_text("An essay on machines.")
    found = documents(add(empty_lab, tmp_path / "in"))
    assert {d.id: d.rights.tdm_opt_out for d in found} == {
        "docs:site/kept/a.txt": True,
        "docs:site/b.txt": False,
        "docs:site/ai.txt": False,
    }


@pytest.mark.parametrize(
    ("value", "expected"), [("1.0", True), ("0", False), ('"Yes"', True), ("null", False)]
)
def test_a_row_says_yes_or_no(empty_lab: Lab, tmp_path: Path, value: str, expected: bool) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"text": "Words.", "tdm_opt_out": {value}}}')
    assert documents(add(empty_lab, tmp_path / "a.jsonl"))[0].rights.tdm_opt_out is expected


@pytest.mark.parametrize(
    "row", ['"tdm_opt_out": "perhaps"', '"acquired": "stolen"', '"audience": ["public"]']
)
def test_other_words_are_an_error(empty_lab: Lab, tmp_path: Path, row: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"text": "Words.", {row}}}')
    with pytest.raises(GlaswerkError, match="row 1"):
        add(empty_lab, tmp_path / "a.jsonl")


def test_a_row_cannot_make_known_what_the_user_said_is_unknown(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Words.", "acquired": "own"}')
    made = add(empty_lab, tmp_path / "a.jsonl", acquired="unknown")
    assert documents(made)[0].rights.acquired == "unknown"


def test_of_rows_that_say_the_same_the_tightest_rights_hold(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"id": 1, "text": "Words."}\n{"id": 1, "text": "Words.", "audience": "private"}\n'
        '{"id": 1, "text": "Words.", "tdm_opt_out": true}\n{"id": 1, "text": "Others."}\n'
    )
    found = {
        d.id: (d.rights.audience, d.rights.tdm_opt_out)
        for d in documents(add(empty_lab, tmp_path / "a.jsonl"))
    }
    assert found == {"docs:1": ("private", True), "docs:1~2": ("public", False)}


def test_ids_made_unique_do_not_meet_given_ones(empty_lab: Lab, tmp_path: Path) -> None:
    ids = ("a", "a", "a~2", "a~2", "a~2~2", "b")
    rows = (json.dumps({"id": identifier, "text": f"Words {i}."}) for i, identifier in enumerate(ids))
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    found = [document.id for document in documents(add(empty_lab, tmp_path / "a.jsonl"))]
    assert len(set(found)) == len(ids)
