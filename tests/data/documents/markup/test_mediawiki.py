"""Dumps of MediaWiki give one document per article; what else is in them is counted."""

from __future__ import annotations

import bz2
import io
from collections import Counter
from pathlib import Path

import pytest
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.markup.mediawiki import read_mediawiki
from glaswerk.lab import Lab


def page(title: str, text: str, *more: str, ns: str = "<ns>0</ns>", number: int = 1) -> str:
    return (
        f"<page><title>{title}</title>{ns}<id>{number}</id>{''.join(more)}<revision><id>9{number}</id>"
        f"<timestamp>2019-03-12T12:00:00Z</timestamp><contributor><username>Ada</username><id>7</id></contributor>"
        f'<text xml:space="preserve">{text}</text></revision></page>'
    )


def dump(*pages: str) -> bytes:
    return (
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10" xml:lang="en"><siteinfo>'
        "<sitename>Wikipedia</sitename><base>https://en.wikipedia.org/wiki/Main_Page</base><namespaces>"
        '<namespace key="1">Talk</namespace></namespaces></siteinfo>' + "".join(pages) + "</mediawiki>"
    ).encode()


PAGES = (
    page("Old Mill", "A '''mill''' is a [[machine]].&lt;ref&gt;x&lt;/ref&gt;"),
    page("Talk:Mill", "I think so.", ns="<ns>1</ns>", number=2),
    page("Mills", "#REDIRECT [[Mill]]", '<redirect title="Mill" />', number=3),
    page("Mühle", "#weiterleitung [[Mill]]", number=4),
    page("Mill/code", "x = 1", number=5).replace("<text", "<model>Scribunto</model><text"),
    page("River", "The river flows.", number=6),
)


@pytest.mark.parametrize("pack", [bytes, bz2.compress])
def test_articles_are_documents_and_the_rest_is_counted(empty_lab: Lab, tmp_path: Path, pack: type) -> None:
    (tmp_path / "dump").write_bytes(pack(dump(*PAGES)))
    made = add(empty_lab, tmp_path / "dump")
    mill, river = documents(made)
    assert (mill.text, river.text) == ("Old Mill\n\nA mill is a machine.", "River\n\nThe river flows.")
    assert (mill.id, mill.lang, mill.author) == ("docs:dump#1", "en", "")
    assert (mill.url, str(mill.created_at)[:10]) == ("https://en.wikipedia.org/wiki/Old_Mill", "2019-03-12")
    assert made.stats["left_out"] == {"other_namespace": 2, "redirect": 2}


def test_the_last_of_several_revisions_is_read() -> None:
    old = page("Mill", "Old.")
    new = old.replace("</page>", "<revision><id>92</id><text>New.</text></revision></page>")
    ((_, row),) = read_mediawiki(io.BytesIO(dump(new)), Counter())
    assert row["text"] == "New."


def test_a_dump_before_namespaces_had_numbers_is_told_by_the_names_of_its_pages() -> None:
    counts: Counter[str] = Counter()
    pages = (page("Talk:Mill", "So.", ns=""), page("Mill: a history", "Words.", ns=""))
    ((_, row),) = read_mediawiki(io.BytesIO(dump(*pages)), counts)
    assert (row["title"], counts) == ("Mill: a history", {"other_namespace": 1})


def test_a_cut_dump_gives_the_pages_before_the_cut(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(dump(*PAGES)[:-60])
    made = add(empty_lab, tmp_path / "dump")
    assert [document.text for document in documents(made)] == ["Old Mill\n\nA mill is a machine."]
    assert made.stats["left_out"]["cut_off"] == 1


def test_an_empty_and_a_hostile_dump_are_left_out_by_reason(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(dump())
    with pytest.raises(GlaswerkError):
        add(empty_lab, tmp_path / "dump")
    laughs = b'<!DOCTYPE a [<!ENTITY a "ha">]>' + dump(page("Mill", "&a;"))
    (tmp_path / "dump").write_bytes(laughs)
    with pytest.raises(GlaswerkError, match="declared_entities 1"):
        add(empty_lab, tmp_path / "dump")
