"""What the user names: patterns, links, standard input, and files that change under the reader."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents import add_documents as docs_source
from glaswerk.data.files import inputs
from glaswerk.data.files.inputs import find_inputs, not_regular, spooled, stamp
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


def write(root: Path, *names: str) -> Path:
    """Files with their own names as content."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def test_files_of_a_folder_are_named_from_the_folder_and_sorted(tmp_path: Path) -> None:
    folder = write(tmp_path / "in", "b/2.txt", "b/1.txt", "a.txt", "Übung/ß.txt", ".git/config", "c/.hidden")
    found = find_inputs([folder], Counter())
    assert [file.name for file in found] == ["a.txt", "b/1.txt", "b/2.txt", "Übung/ß.txt"]
    assert not any(file.named for file in found)
    assert all(file.path == folder / file.name for file in found)


def test_a_file_that_the_user_names_is_marked_so_even_if_it_is_hidden(tmp_path: Path) -> None:
    write(tmp_path, ".notes.txt")
    (found,) = find_inputs([tmp_path / ".notes.txt"], Counter())
    assert (found.name, found.named, found.label) == (".notes.txt", True, str(tmp_path / ".notes.txt"))


def test_a_pattern_may_match_folders_whose_files_are_read(tmp_path: Path) -> None:
    write(tmp_path, "2023/a.txt", "2024/b.txt", "other/c.txt")
    found = find_inputs([tmp_path / "20*"], Counter())
    assert [file.name for file in found] == ["2023/a.txt", "2024/b.txt"]


def test_a_file_whose_name_looks_like_a_pattern_is_read_as_it_is(tmp_path: Path) -> None:
    write(tmp_path, "notes[1].txt", "notes1.txt")
    (found,) = find_inputs([tmp_path / "notes[1].txt"], Counter())
    assert found.name == "notes[1].txt"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [("none", "found nothing at", "check the path"), ("no*", "found none", "ls ")],
)
def test_what_does_not_exist_is_an_error_with_a_next_step(
    tmp_path: Path, name: str, message: str, hint: str
) -> None:
    with pytest.raises(GlaswerkError, match=message) as caught:
        find_inputs([tmp_path / name], Counter())
    assert hint in (caught.value.hint or "")


def test_a_link_that_leads_nowhere_is_counted_as_unsupported(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "missing.txt")
    counts: Counter[str] = Counter()
    assert [file.name for file in find_inputs([tmp_path], counts)] == ["a.txt"]
    assert counts["unsupported_file"] == 1


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    write(tmp_path, "in/a.txt")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in")
    counts: Counter[str] = Counter()
    assert [file.name for file in find_inputs([tmp_path / "in"], counts)] == ["a.txt"]
    assert +counts == Counter()


def test_standard_input_is_copied_for_the_block_and_removed_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"piped words")))
    with spooled([tmp_path, Path("-")]) as (first, second):
        assert (first, second.read_bytes()) == (tmp_path, b"piped words")
        (found,) = find_inputs([second], Counter())
        assert (found.name, found.label) == ("standard-input", "standard-input")
    assert not second.exists()


def test_paths_without_a_dash_leave_standard_input_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with spooled([Path("a"), Path("b")]) as paths:
        assert paths == [Path("a"), Path("b")]


def test_a_stamp_changes_with_the_content_or_the_time(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt") / "a.txt"
    before = stamp(path)
    assert stamp(path) == before
    os.utime(path, ns=(0, 1))
    assert stamp(path) == (len("a.txt"), 1)
    path.write_text("longer than before")
    assert stamp(path)[0] == 18


def test_the_error_for_a_pipe_names_it(tmp_path: Path) -> None:
    error = not_regular(tmp_path / "pipe")
    assert str(tmp_path / "pipe") in error.message
    assert error.hint
