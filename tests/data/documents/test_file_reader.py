"""One file gives documents; what cannot be read is an error if named and a count if found."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from x_docs import record, tarred, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.fields import Defaults, IngestCounts
from glaswerk.data.documents.file_reader import collect_rules, read_file
from glaswerk.data.documents.formats import ReadOptions
from glaswerk.data.documents.opt_out import Robots
from glaswerk.data.documents.wrong_command import WrongCommand
from glaswerk.data.files.inputs import InputFile

BINARY = b"\x89PNG\r\n\x1a\n\0\0"
ROBOTS = b"User-agent: GPTBot\nDisallow: /private/\n"


def read(
    path: Path, data: bytes, *, named: bool = True, options: ReadOptions | None = None
) -> tuple[dict[str, str], dict[str, int]]:
    """Texts by id, and what was left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    counts = IngestCounts()
    file = InputFile(path, path.name, named)
    found = read_file(file, Defaults("s", "own"), options or ReadOptions(), counts)
    return {document.id: document.text for document in found}, dict(+counts.left_out)


def test_ids_are_the_names_of_files_with_their_containers_and_rows(tmp_path: Path) -> None:
    data = zipped({"in/a.txt": "One.", "b.jsonl": '{"text": "Two."}\n{"id": 7, "text": "Three."}'})
    found, left_out = read(tmp_path / "all.zip", data)
    assert found == {"s:all.zip/in/a.txt": "One.", "s:all.zip/b.jsonl#1": "Two.", "s:7": "Three."}
    assert left_out == {}


def test_hidden_files_in_containers_are_skipped_but_not_a_hidden_container(tmp_path: Path) -> None:
    data = zipped({".cache/a.txt": "no", "__MACOSX/a.txt": "no", "in/.b.txt": "no", "c.txt": "Yes."})
    assert read(tmp_path / ".all.zip", data) == ({"s:.all.zip/c.txt": "Yes."}, {})


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [("a.bin", BINARY, "unsupported_file"), ("a.csv", b"year,height\n2024,12\n", "no_text_column")],
)
def test_an_unreadable_kind_is_an_error_if_named_and_a_count_if_found(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    with pytest.raises(GlaswerkError, match=name):
        read(tmp_path / name, data)
    assert read(tmp_path / name, data, named=False) == ({}, {reason: 1})
    assert read(tmp_path / "all.zip", zipped({name: data})) == ({}, {reason: 1})


@pytest.mark.parametrize(
    ("name", "data"), [("a.jsonl", b"{oops}\n"), ("a.txt", b"Gr\xfc\xdfe"), ("a.json", b'[{"text": "x"')]
)
def test_broken_plain_text_is_an_error_outside_a_container_and_a_count_inside(
    tmp_path: Path, name: str, data: bytes
) -> None:
    for named in (True, False):
        with pytest.raises(GlaswerkError, match=name):
            read(tmp_path / name, data, named=named)
    found, left_out = read(tmp_path / "all.tar", tarred({name: data, "z.txt": b"Fine."}))
    assert list(found.values()) == ["Fine."]
    assert left_out == {"broken_file": 1}


@pytest.mark.parametrize("data", [b"%PDF-1.4 nothing", b"PAR1 cut off"])
def test_a_broken_format_that_needs_all_its_parts_is_counted_inside_a_container(
    tmp_path: Path, data: bytes
) -> None:
    assert read(tmp_path / "all.zip", zipped({"a": data})) == ({}, {"broken_file": 1})


def test_compressed_text_that_is_cut_off_is_an_error_by_its_own_name(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(b'{"text": "Row %d."}\n' % (i * 7919) for i in range(9000)))
    with pytest.raises(GlaswerkError, match=r"a\.jsonl\.gz broken or cut off"):
        read(tmp_path / "a.jsonl.gz", data[:-2000])


def test_one_post_of_an_archive_stops_even_a_container(tmp_path: Path) -> None:
    data = zipped({"a.txt": "Words.", "data/like.js": "window.YTD.like.part0 = []"})
    with pytest.raises(WrongCommand, match=r"data/like\.js"):
        read(tmp_path / "all.zip", data, named=False)


def test_a_rules_file_is_no_document_and_an_essay_of_that_name_is(tmp_path: Path) -> None:
    assert read(tmp_path / "robots.txt", ROBOTS) == ({}, {})
    assert read(tmp_path / "ai.txt", b"An essay on machines.")[0] == {"s:ai.txt": "An essay on machines."}


def test_rules_are_collected_from_folders_containers_and_web_archives(tmp_path: Path) -> None:
    files = {
        "mirror/robots.txt": ROBOTS,
        "all.zip": zipped({"site/robots.txt": ROBOTS, "site/a.txt": "Words."}),
        "crawl.warc": record("https://a.example/robots.txt", ROBOTS, media="text/plain"),
        "notes.txt": b"Words.",
    }
    robots = Robots()
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        collect_rules(InputFile(path, path.name), robots)
    root = tmp_path.as_posix()
    assert robots.disallows("https://a.example/private/a")
    assert not robots.disallows("https://b.example/private/a")
    assert robots.disallows("", f"{root}/mirror/private/a.txt")
    assert robots.disallows("", f"{root}/all.zip/site/private/a.txt")
    assert not robots.disallows("", f"{root}/other/private/a.txt")


def test_a_document_whose_url_the_rules_bar_is_marked(tmp_path: Path) -> None:
    robots = Robots()
    robots.add("a.example", ROBOTS, is_ai=False)
    path = tmp_path / "rows.jsonl"
    path.write_text(
        '{"text": "One.", "url": "https://a.example/private/x"}\n'
        '{"text": "Two.", "url": "https://a.example/open"}\n{"text": "Three."}\n'
    )
    options = ReadOptions(robots=robots)
    found = read_file(InputFile(path, path.name), Defaults("s", "own"), options, IngestCounts())
    assert [document.rights.tdm_opt_out for document in found] == [True, False, False]
