"""Small files in the formats that documents come in, made up here, whole or wrapped."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from glaswerk.core.document import Document, from_rows
from glaswerk.data.source import add_docs
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

PAGE = b"""<!doctype html><html lang="en-GB"><head><title>The new weir | Millford</title>
<link rel="canonical" href="https://millford.example/weir"><meta name="author" content="Hazel Hart">
<meta property="article:published_time" content="2024-05-01T10:00:00Z"></head><body>
<nav><a href="/">Home</a> <a href="/news">News</a> <a href="/about">About</a></nav>
<main><article><h1>The new weir</h1><p>The weir was finished in May, after two long winters of work.</p>
<p>It holds the river back above the <a href="/mill">old mill</a>.</p></article></main>
<footer>Imprint and more links</footer></body></html>"""


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


def add(lab: Lab, *paths: Path, **more: Any) -> Artifact:
    return add_docs(lab, paths, **{"licence": "CC0-1.0", "name": "docs", "acquired": "own", **more})


def zipped(files: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as container:
        for name, data in files.items():
            container.writestr(name, data)
    return out.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as container:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            container.addfile(member, io.BytesIO(data))
    return out.getvalue()


def pdf(pages: Sequence[str], information: str = "") -> bytes:
    """A PDF with one line of text a page; an empty line is a page of a scan."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for i, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET"
        objects.append(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources<</Font<</F1 3 0 R>>>>"
            f"/Contents {5 + 2 * i} 0 R>>"
        )
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    objects.append(f"<<{information}>>")
    out, offsets = "%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size, start = len(objects) + 1, len(out)
    out += f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R"
    return (out + f"/Info {size - 1} 0 R>>\nstartxref\n{start}\n%%EOF").encode()


def epub(chapters: Mapping[str, str], *, metadata: str = "", extra: Mapping[str, str] | None = None) -> bytes:
    """A book whose package lies in OEBPS, with a table of contents that is no chapter."""
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(chapters)))
    package = (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}<meta name="cover" content="c"/>'
        f'</metadata><manifest><item id="nav" properties="nav" href="nav.xhtml"/>{items}</manifest>'
        f'<spine><itemref idref="nav"/>{spine}</spine></package>'
    )
    container = (
        '<?xml version="1.0"?><container><rootfiles><rootfile full-path="OEBPS/content.opf"/></rootfiles>'
        "</container>"
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OEBPS/content.opf": package,
            "OEBPS/nav.xhtml": "<html><body>Contents</body></html>",
            **{f"OEBPS/{name}": text for name, text in chapters.items()},
            **(extra or {}),
        }
    )


def record(
    url: str, body: bytes, *headers: str, kind: str = "response", media: str = "text/html", status: int = 200
) -> bytes:
    """One record of a WARC file, with the HTTP answer inside."""
    http = "".join(f"{header}\r\n" for header in (f"Content-Type: {media}", *headers))
    content = f"HTTP/1.1 {status} OK\r\n{http}\r\n".encode() + body
    if kind == "conversion":
        content = body
    outer = media if kind == "conversion" else "application/http; msgtype=response"
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-03-01T12:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{abs(hash(url)) % 10**12:012}>\r\n"
        f"Content-Type: {outer}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content + b"\r\n\r\n"


def mutated(data: st.DataObject, content: bytes) -> bytes:
    """`content` with up to three changes."""
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(content)))
        piece = data.draw(st.binary(max_size=6))
        skipped = data.draw(st.sampled_from([0, 1, 20, len(content)]))
        content = content[:place] + piece + content[place + skipped :]
    return content
