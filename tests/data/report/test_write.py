"""The corpus report: figures that add up, in bounded memory, and a page that shows no more than it may."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from glaswerk.data.curate.curate import curate
from glaswerk.data.report.write import write
from glaswerk.data.source import add_docs
from glaswerk.data.store.reasons import CURATION
from glaswerk.lab import Artifact, Lab

HOSTILE = "<img src=x onerror=alert(1)>"
SENTENCE = "The council asks everyone on the upper bank to move their boats before the water rises tonight"


def add(lab: Lab, folder: Path, rows: Sequence[Mapping[str, Any]], name: str = "docs") -> None:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(lab, [path], licence="CC0-1.0", name=name, kind="post")


@pytest.fixture
def corpus(empty_lab: Lab, tmp_path: Path) -> Artifact:
    """A corpus with duplicates, hostile text and all kinds of marks."""
    long = f"{SENTENCE}, {'and so on and on without an end ' * 12}"
    rows = [
        {"id": "a", "text": SENTENCE, "author": HOSTILE, "created_at": "2020-01-01T00:00:00Z"},
        {"id": "b", "text": SENTENCE.upper()},
        {"id": "c", "text": f"{SENTENCE}! https://t.co/other"},
        {"id": "d", "text": "@anna Thanks!"},
        {"id": "e", "text": f"{HOSTILE} stands in a text, and so it stays one."},
        {"id": "f", "text": "Nobody may read these reserved words.", "tdm_opt_out": True},
        {"id": "g", "text": long},
        *(
            {"text": f"In month {i} we counted the boats again.", "created_at": f"2019-{i:02}-03T00:00:00Z"}
            for i in range(1, 13)
        ),
    ]
    add(empty_lab, tmp_path, rows)
    add(empty_lab, tmp_path, [{"id": "1", "text": "Another source says something else."}], "more")
    return curate(empty_lab)


def report(corpus: Artifact) -> Any:
    return json.loads((corpus.path / "report.json").read_text())


def test_a_dropped_duplicate_stands_beside_the_document_that_stays(corpus: Artifact) -> None:
    samples = report(corpus)["samples"]
    exact, near = samples["exact-duplicate"][0], samples["near-duplicate"][0]
    for pair, text in ((exact, SENTENCE.upper()), (near, f"{SENTENCE}! https://t.co/other")):
        assert pair["replaced"]
        assert pair["dropped"]["text"] == text
        assert pair["kept"] == {"document": "docs:a", "source": "docs", "text": SENTENCE}
    assert "<mark>tonight! https://t.co/other</mark>" in (corpus.path / "report.html").read_text()


def test_any_other_dropped_document_stands_beside_a_kept_one_of_its_source(corpus: Artifact) -> None:
    pair = report(corpus)["samples"]["too-short"][0]
    assert not pair["replaced"]
    assert pair["dropped"] == {"document": "docs:d", "source": "docs", "text": "@anna Thanks!"}
    assert pair["kept"]["source"] == "docs"


def test_reserved_and_limited_texts_are_not_shown(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"text": "Only my friends should read this line.", "audience": "limited"},
        {"text": "Everyone may read this other line."},
        {"text": "Nobody may read these reserved words.", "tdm_opt_out": True},
    ]
    add(empty_lab, tmp_path, rows)
    made = curate(empty_lab, audiences=["public", "limited"])
    for name in ("report.json", "report.html"):
        text = (made.path / name).read_text()
        assert "Only my friends" not in text
        assert "reserved words" not in text
        assert "Everyone may read" in text


def test_the_reasons_of_each_source_add_up(corpus: Artifact) -> None:
    found = report(corpus)
    for counts in found["sources"].values():
        assert sum(counts["reasons"].values()) == counts["documents"]
        assert counts["reasons"].get("kept", 0) == counts["kept"]
    assert sum(count for _, _, count in found["histograms"]["post"]) == found["kept"]
    assert found["sources"]["docs"]["reasons"]["rights-opt-out"] == 1


def test_the_page_holds_everything_itself_and_runs_nothing(corpus: Artifact) -> None:
    page = (corpus.path / "report.html").read_text()
    assert HOSTILE not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert not re.search(r"<(script|link|img|iframe|object|embed|base|form)\b|\bon\w+=\"|url\(|@import", page)
    assert re.findall(r' href="([^"]*)"', page) == [
        "#decisions",
        "#sources",
        "#languages",
        "#time",
        "#lengths",
        "#links",
        "#masked",
        "#samples",
    ]
    assert "default-src 'none'" in page


def test_every_plot_has_a_name_and_a_table(corpus: Artifact) -> None:
    page = (corpus.path / "report.html").read_text()
    figures = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    assert len(figures) == page.count("<svg") - page.count('<svg aria-hidden="true"')
    for figure in figures:
        assert 'role="img" aria-label="' in figure
        assert "<details>" in figure
        assert "<td" in figure


# Texts of one plot that touch each other.
_OVERLAPS = """() => [...document.querySelectorAll("svg")].flatMap(svg => {
  const texts = [...svg.querySelectorAll("text")];
  const boxes = texts.map(text => [text.textContent, text.getBoundingClientRect()]);
  return boxes.flatMap(([one, a], i) => boxes.slice(i + 1).filter(([, b]) =>
    a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom
  ).map(([other]) => [one, other]));
})"""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone_and_a_wide_screen(corpus: Artifact, scheme: Any) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on the PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for width in (320, 1280):
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
            complaints: list[str] = []
            page.on("console", lambda message, said=complaints: said.append(message.text))
            page.goto((corpus.path / "report.html").as_uri())
            page.locator("summary").first.click()
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert complaints == []
            assert page.evaluate(_OVERLAPS) == []
        browser.close()


def test_reasons_are_in_the_order_of_the_rules_and_a_source_without_decisions_has_none(
    corpus: Artifact, tmp_path: Path
) -> None:
    folder = tmp_path / "again"
    shutil.copytree(corpus.path, folder)
    stats = {key: value for key, value in report(corpus).items() if key not in ("sources", "samples")}
    counts = {"documents": 0, "kept": 0}
    write(folder, stats, {"docs": counts, "empty": counts}, {})
    found = json.loads((folder / "report.json").read_text())
    assert found["sources"]["empty"] == {**counts, "reasons": {}}
    reasons = list(found["sources"]["docs"]["reasons"])
    assert reasons == sorted(reasons, key=list(CURATION).index)
    assert found["samples"] == {"kept": []}
    assert found["decisions"] == stats["decisions"]
