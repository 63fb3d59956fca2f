"""What the user names: patterns, links, standard input, and files that change under the reader."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents import add_documents as docs_source
from glaswerk.data.files import inputs
from glaswerk.lab import Lab


def test_a_pattern_in_quotes_is_expanded_and_names_begin_behind_its_folder(
    empty_lab: Lab, tmp_path: Path
) -> None:
    for name in ("notes/a.md", "notes/deep/a.md", "notes/deep/b.txt", "notes/.hidden/c.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"Text of {name}.")
    found = documents(add(empty_lab, tmp_path / "notes/**/*.md"))
    assert [d.id for d in found] == ["docs:a.md", "docs:deep/a.md"]
    with pytest.raises(GlaswerkError, match="match"):
        add(empty_lab, tmp_path / "notes/*.xyz")


def test_a_file_named_twice_is_read_once(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Words.")
    assert len(documents(add(empty_lab, tmp_path / "a.md", tmp_path / "*.md"))) == 1


def test_links_out_of_a_folder_are_counted_and_those_within_are_read(empty_lab: Lab, tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (outside / "secret.txt").write_text("Not meant.")
    (folder / "a.txt").write_text("Meant.")
    (folder / "again.txt").symlink_to(folder / "a.txt")
    (folder / "b.txt").symlink_to(outside / "secret.txt")
    (folder / "all").symlink_to(outside)
    os.mkfifo(folder / "pipe")
    made = add(empty_lab, folder)
    assert {d.text for d in documents(made)} == {"Meant."}
    assert made.stats["left_out"] == {"outside_link": 2, "unsupported_file": 1}


def test_standard_input_is_read_by_its_content(
    empty_lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))

    give(b'{"text": "One."}\n')
    made = add(empty_lab, Path("-"), name="")
    assert made.name.startswith("standard-input-")
    give(b'{"text": "One."}\n')
    assert add(empty_lab, Path("-"), name="") == made
    give(b'{"text": "One."}\n{oops}\n')
    with pytest.raises(GlaswerkError, match="standard-input, line 2"):
        add(empty_lab, Path("-"))
    monkeypatch.setattr(inputs, "STANDARD_INPUT_BYTES", 10)
    give(b"more than ten bytes")
    with pytest.raises(GlaswerkError, match="on standard input, found more"):
        add(empty_lab, Path("-"))


def test_a_file_that_changes_while_it_is_read_is_an_error(
    empty_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "One."}\n')
    original = docs_source.read_file

    def reading_while_written(*args: object) -> object:
        yield from original(*args)  # type: ignore[arg-type]
        with path.open("a") as file:
            file.write('{"text": "Two."}\n')

    monkeypatch.setattr(docs_source, "read_file", reading_while_written)
    with pytest.raises(GlaswerkError, match=r"a\.jsonl changed while it was read"):
        add(empty_lab, path)
    assert empty_lab.find("source", "docs") is None
