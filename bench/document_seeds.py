"""Small valid files of office documents, markup, tables of databases and data sets, made from code."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import zipfile

import openpyxl
import pyarrow as pa

from bench.seed import Seed, zipped

RSS = b"""<?xml version="1.0"?><rss version="2.0" xmlns:content="c" xmlns:dc="d" xmlns:cc="l"><channel>
<title>Mill</title><language>en-GB</language><cc:license>CC-BY-4.0</cc:license>
<item><title>First</title><description>The mill &amp;amp; the river.</description>
<link>https://mill.example/1</link><pubDate>Tue, 12 Mar 2019 12:00:00 GMT</pubDate></item>
<item><title>Second</title><content:encoded><![CDATA[<p>One.</p><p>Two <b>words</b>.</p>]]></content:encoded>
<dc:creator>Otis</dc:creator></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Mühle</title>
<author><name>Ada</name></author><rights>CC0-1.0</rights><entry><title type="html">A &amp;amp; B</title>
<link href="https://mill.example/1"/><published>2019-03-12T12:00:00Z</published>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Words of the <i>mill</i>.</p></div>
</content></entry></feed>""".encode()
WXR = b"""<?xml version="1.0"?><rss version="2.0" xmlns:wp="w" xmlns:content="c" xmlns:excerpt="e"
 xmlns:dc="d"
><channel><title>Mill</title><wp:wxr_version>1.2</wp:wxr_version><item><title>One</title>
<link>https://mill.example/1</link><dc:creator>ada</dc:creator>
<content:encoded><![CDATA[<!-- wp:paragraph --><p>First <b>line</b>
[caption id=1]x[/caption].</p>]]></content:encoded>
<wp:post_date_gmt>2019-03-12 12:00:00</wp:post_date_gmt><wp:status>publish</wp:status>
<wp:post_type>post</wp:post_type><wp:comment><wp:comment_id>1</wp:comment_id></wp:comment></item>
</channel></rss>"""
MEDIAWIKI = b"""<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10" xml:lang="en">
<siteinfo><sitename>Wiki</sitename><base>https://wiki.example/wiki/Main_Page</base>
<namespaces><namespace key="1">Talk</namespace></namespaces></siteinfo>
<page><title>Old Mill</title><ns>0</ns><id>1</id><revision><id>91</id>
<timestamp>2019-03-12T12:00:00Z</timestamp><contributor><username>Ada</username><id>7</id></contributor>
<text xml:space="preserve">A '''mill''' is a [[machine|tool]].&lt;ref&gt;x&lt;/ref&gt; {{cite|a={{b}}}}
{{lang|de|Rad}}{{convert|5|to|9|km}}
== Uses ==
{| class=x
|-
| cell || two
|}
* one
[[File:mill.jpg|thumb|A mill]]</text></revision></page>
<page><title>Talk:Mill</title><ns>1</ns><id>2</id><revision><id>92</id><text>So.</text></revision></page>
</mediawiki>"""
RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Helvetica;}}{\info{\title Mill}{\author Ada}}"
    rb"\f0\fs24 {\v hidden}\v gone\plain "
    rb"Words of the m\'fchle \u8364?5.\par {\b bold} {\*\generator x;}{\field{\*\fldinst HYPERLINK "
    rb'"https://mill.example"}{\fldrslt link}}\intbl a\cell b\cell\row }'
)
LATEX = rb"""% a draft
\documentclass[a4paper]{article}
\usepackage[utf8]{inputenc}
\newcommand{\mill}[1]{the mill of #1}
\title{Weirs} \author{Ada} \date{12 March 2019}
\begin{document}
\maketitle
\section{Water \& wheels}
Words of \mill{Otis}, \emph{finished} $a_1 + b^2$ ``today'' \cite{x}.
\begin{equation} E = mc^2 \end{equation}
\begin{itemize}\item one \item two\end{itemize}
\end{document}
"""
SRT = b"""1
00:00:01,000 --> 00:00:02,500
Words of <i>the</i> mill,
and the river.

2
00:00:03,000 --> 00:00:04,000
{\\an8}- Still?
- Still.
"""
VTT = b"WEBVTT - Mill\n\nNOTE x\n\n00:01.000 --> 00:02.000 align:start\n<v Ada>Words of the mill.\n"
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Mill\n", "Words of the mill."]},
        {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": "print(1)", "outputs": [
            {"output_type": "stream", "name": "stdout", "text": ["1\n"]},
        ]},
    ],
    "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5,
}  # fmt: skip
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "language": "en",
    "authors": [{"name": "Ada"}],
    "items": [
        {"id": "1", "url": "https://mill.example/1", "content_html": "<p>Words &amp; <b>x</b></p>",
         "title": "One", "date_published": "2019-03-12T12:00:00Z", "attachments": [{"url": "x"}]},
        {"id": 2, "content_text": "Plain words.", "author": {"name": "Bo"}, "tags": ["a"]},
    ],
}  # fmt: skip
TABBED = 'id\tauthor\ttext\n1\tAda\t"Die Mühle\ndreht."\n2\tBo\tNoch.\n'.encode("utf-16")
W = b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CORE = (
    b'<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:title>The Mill</dc:title>'
    b"<dc:creator>Hazel Hart</dc:creator><dc:language>en-GB</dc:language>"
    b"<dcterms:created>1999-04-30T10:00:00Z</dcterms:created></cp:coreProperties>"
)
OFFICE = (
    '<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:text="t"><office:body><office:text>'
    '<text:h>Old</text:h><text:p>The <text:span>mühle</text:span><text:s text:c="3"/>turns<text:tab/>.'
    "<text:note><text:note-body><text:p>Still.</text:p></text:note-body></text:note></text:p>"
    "<text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>"
    "</office:text></office:body></office:document-content>"
).encode()
META = (
    b"<office:document-meta><office:meta><dc:title>The Mill</dc:title><dc:creator>Otis</dc:creator>"
    b"<meta:creation-date>1999-04-30T10:00:00</meta:creation-date></office:meta></office:document-meta>"
)


def docx(
    body: bytes = b'<w:p><w:r><w:t xml:space="preserve">The old mill</w:t></w:r></w:p>',
) -> dict[str, bytes]:
    """The parts of a Word document with a deletion, a table and a footnote."""
    table = b"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    gone = b"<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
    note = b'<w:footnote w:id="2"><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote>'
    return {
        "[Content_Types].xml": b"<Types/>",
        "word/document.xml": b'<?xml version="1.0"?><w:document %s><w:body>%s%s%s</w:body></w:document>'
        % (W, body, gone, table),
        "word/footnotes.xml": b"<w:footnotes %s>%s</w:footnotes>" % (W, note),
        "docProps/core.xml": CORE,
    }


def odt(content: bytes = OFFICE) -> dict[str, bytes]:
    """The parts of an OpenDocument text."""
    return {
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": b"<manifest/>",
        "content.xml": content,
        "meta.xml": META,
    }


SHEETS = b"""<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:style="s">
<style:style style:name="h" style:family="table"><style:table-properties table:display="false"/></style:style>
<office:spreadsheet><table:table table:name="Old"><table:table-row><table:table-cell><text:p>Heading</text:p>
</table:table-cell></table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell>
<text:p>Author</text:p></table:table-cell><table:table-cell><text:p>Text</text:p></table:table-cell>
<table:table-cell table:number-columns-repeated="1000"/></table:table-row><table:table-row
table:number-rows-repeated="3"><table:covered-table-cell table:number-columns-repeated="1"/><table:table-cell
office:date-value="2019-03-12"><text:p>It<text:s text:c="2"/>turns.</text:p></table:table-cell>
</table:table-row><table:shapes><text:p>Box</text:p></table:shapes></table:table>
<table:table table:name="x" table:style-name="h"/>
</office:spreadsheet></office:document-content>"""
SLIDES = b"""<office:document-content xmlns:office="o" xmlns:text="t" xmlns:draw="d" xmlns:presentation="p">
<office:presentation><draw:page><draw:frame><text:p>Slide</text:p></draw:frame><presentation:notes>
<draw:frame presentation:class="notes"><text:p>Say hello.</text:p></draw:frame><draw:frame
presentation:class="page-number"><text:p>1</text:p></draw:frame></presentation:notes></draw:page>
</office:presentation></office:document-content>"""


def of_kind(kind: bytes, content: bytes) -> dict[str, bytes]:
    """The parts of an OpenDocument file of another kind than text."""
    return {**odt(content), "mimetype": b"application/vnd.oasis.opendocument." + kind}


def pptx() -> dict[str, bytes]:
    """The parts of a presentation of one slide with the speaker's notes."""

    def page(words: bytes, kind: bytes) -> bytes:
        number = b'<p:sp><p:nvPr><p:ph type="sldNum"/></p:nvPr><a:p><a:r><a:t>7</a:t></a:r></a:p></p:sp>'
        return b'<p:%s xmlns:p="p" xmlns:a="a"><p:sp><a:p><a:r><a:t>%s</a:t></a:r></a:p></p:sp>%s</p:%s>' % (
            kind, words, number, kind
        )  # fmt: skip

    return {
        "[Content_Types].xml": b"<Types/>",
        "ppt/presentation.xml": b"<p/>",
        "ppt/slides/slide1.xml": page(b"Slide", b"sld"),
        "ppt/slides/_rels/slide1.xml.rels": b'<r><Relationship Target="../notesSlides/notesSlide3.xml"/></r>',
        "ppt/notesSlides/notesSlide3.xml": page(b"Say hello.", b"notes"),
    }


def xlsx() -> dict[str, bytes]:
    """The parts of a workbook with a header row."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    for row in (["Author", "Text", "Stars"], ["Otis", "It turns.", 3], [None, "Still.", 0.5]):
        sheet.append(row)
    book.save(out)
    with zipfile.ZipFile(out) as container:
        return {name: container.read(name) for name in container.namelist()}


def database() -> bytes:
    """An SQLite file with a table of texts."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE TABLE posts (id INTEGER PRIMARY KEY, text TEXT, author TEXT, created_at TEXT)"
        )
        rows = [("Words of the mill", "Ada", "2024-05-01"), ("More of them", "Otis", None)]
        connection.executemany("INSERT INTO posts (text, author, created_at) VALUES (?, ?, ?)", rows)
        connection.execute("CREATE INDEX by_author ON posts (author)")
        connection.commit()
        return connection.serialize()


def arrow(whole: bool) -> bytes:
    """Rows as `datasets` saves them, as a stream or as a file."""
    rows = [{"text": "The mill turns.", "author": "Ada", "stars": 3, "tags": ["a", "b"]}] * 2
    table, out = pa.Table.from_pylist(rows), io.BytesIO()
    with (pa.ipc.new_file if whole else pa.ipc.new_stream)(out, table.schema) as writer:
        for batch in table.to_batches(1):
            writer.write_batch(batch)
    return out.getvalue()


def _parts(name: str, parts: dict[str, bytes], damaged: tuple[str, ...]) -> list[Seed]:
    """A seed of the container, and one of each part that the reader parses."""

    def one(part: str) -> Seed:
        return Seed("docs", name, parts[part], lambda data: zipped({**parts, part: data}))

    return [Seed("docs", name, zipped(parts)), *map(one, damaged)]


def document_seeds() -> list[Seed]:
    """Feeds, wikis, blogs, office documents, TeX, subtitles, notebooks, databases and Arrow."""
    files = {
        "rss.xml": RSS,
        "atom.xml": ATOM,
        "wordpress.xml": WXR,
        "wiki.xml": MEDIAWIKI,
        "a.rtf": RTF,
        "a.tex": LATEX,
        "a.srt": SRT,
        "a.vtt": VTT,
        "feed.json": json.dumps(JSON_FEED, indent=1).encode(),
        "line-feed.json": json.dumps(JSON_FEED).encode(),
        "tabbed.txt": TABBED,
        "a.ipynb": json.dumps(NOTEBOOK, indent=1).encode(),
        "a.sqlite": database(),
        "stream.arrow": arrow(whole=False),
        "file.arrow": arrow(whole=True),
    }
    sheets = ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml")
    return [
        *(Seed("docs", name, data) for name, data in files.items()),
        *_parts("a.docx", docx(), ("word/document.xml", "word/footnotes.xml", "docProps/core.xml")),
        *_parts("a.odt", odt(), ("content.xml", "meta.xml")),
        *_parts("a.ods", of_kind(b"spreadsheet", SHEETS), ("content.xml", "mimetype")),
        *_parts("a.odp", of_kind(b"presentation", SLIDES), ("content.xml",)),
        *_parts("a.pptx", pptx(), ("ppt/slides/slide1.xml", "ppt/slides/_rels/slide1.xml.rels")),
        *_parts("a.xlsx", xlsx(), sheets),
    ]
