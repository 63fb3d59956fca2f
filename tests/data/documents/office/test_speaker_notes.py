# ruff: noqa: E501 (rows and markup are one line each)
"""A speaker's notes are below their slide; numbers, dates and lines around slides are left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from x_docs import add, documents, zipped

from glaswerk.lab import Lab


def odp(*pages: str) -> bytes:
    body = f"<office:body><office:presentation>{''.join(pages)}</office:presentation></office:body>"
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.presentation",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content>{body}</office:document-content>",
        }
    )


def page(words: str, notes: str = "") -> str:
    around = "".join(
        f'<draw:frame presentation:class="{kind}"><text:p>never</text:p></draw:frame>'
        for kind in ("page-number", "date-time", "header", "footer")
    )
    said = f'<draw:frame presentation:class="notes"><text:p>{notes}</text:p></draw:frame>' if notes else ""
    return (
        f"<draw:page><draw:frame><text:p>{words}</text:p></draw:frame>{around}"
        f"<presentation:notes>{said}{around}</presentation:notes></draw:page>"
    )


def test_notes_of_an_opendocument_presentation_are_below_their_slide(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.odp").write_bytes(
        odp(page("Mills", "Say hello."), page("Rivers"), page("End", "Say thanks."))
    )
    (found,) = documents(add(empty_lab, tmp_path / "a.odp"))
    assert found.text == "Mills\n\nSay hello.\n\nRivers\n\nEnd\n\nSay thanks."


def shape(words: str, kind: str = "") -> str:
    placeholder = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>' if kind else ""
    return f"<p:sp>{placeholder}<p:txBody><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:txBody></p:sp>"


def part(*shapes: str) -> str:
    return f'<p:sld xmlns:p="p" xmlns:a="a">{"".join(shapes)}</p:sld>'


@pytest.mark.parametrize("target", ["../notesSlides/notesSlide7.xml", "/ppt/notesSlides/notesSlide7.xml"])
def test_notes_of_a_powerpoint_presentation_are_below_their_slide(
    empty_lab: Lab, tmp_path: Path, target: str
) -> None:
    around = [shape("never", kind) for kind in ("sldNum", "dt", "hdr", "ftr")]
    files = {
        "[Content_Types].xml": "<Types/>",
        "ppt/presentation.xml": "<p/>",
        "ppt/slides/slide1.xml": part(shape("Mills", "title"), *around, shape("turn.")),
        "ppt/slides/slide2.xml": part(shape("Rivers")),
        "ppt/slides/_rels/slide1.xml.rels": f'<r><R Target="../slideLayouts/a.xml"/><R Target="{target}"/></r>',
        "ppt/slides/_rels/slide2.xml.rels": '<r><R Target="../notesSlides/missing.xml"/></r>',
        "ppt/notesSlides/notesSlide7.xml": part(*around, shape("Say hello.", "body")),
    }
    (tmp_path / "a.pptx").write_bytes(zipped(files))
    (found,) = documents(add(empty_lab, tmp_path / "a.pptx"))
    assert found.text == "Mills\n\nturn.\n\nSay hello.\n\nRivers"
