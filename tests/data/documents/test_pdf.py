"""PDF: the text layer of the pages, read in a process of its own."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from x_docs import add, documents, pdf

from glaswerk.data.documents.pdf import read_pdf
from glaswerk.lab import Lab

REPORT = pdf(
    ["The mill stands by the river.", "", "It grinds rye."],
    "/Title(Mill report)/Author(Hazel Hart)/CreationDate(D:20240131120000+01'00')",
)


def test_pages_are_joined_and_the_file_says_who_wrote_it(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "report").write_bytes(REPORT)
    (found,) = documents(add(empty_lab, tmp_path / "report"))
    assert found.text == "Mill report\n\nThe mill stands by the river.\n\nIt grinds rye."
    assert (found.author, str(found.created_at)) == ("Hazel Hart", "2024-01-31 00:00:00+00:00")


def test_pictures_of_pages_and_broken_files_are_counted() -> None:
    counts: Counter[str] = Counter()
    assert read_pdf(pdf(["", ""]), counts) is None
    assert read_pdf(b"%PDF-1.7 and nothing more", counts) is None
    assert counts == {"no_text_layer": 1, "broken_file": 1}


def test_no_bytes_raise_anything() -> None:
    """Changed at random places with a fixed seed: a process for each is too slow for hypothesis."""
    generator = random.Random(7)
    for _ in range(12):
        data = bytearray(REPORT)
        for _ in range(generator.randint(1, 30)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        row = read_pdf(bytes(data[: generator.randint(100, len(data))]), Counter())
        assert row is None or row["text"]
