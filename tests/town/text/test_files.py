"""Text files: finding, reading, caching and exporting them, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.town import export_texts
from glaswerk.town.text import load_texts
from glaswerk.town.text.files import FILE_LIMIT, FILE_NAMES, SHIPPED
from tests.town.own_texts import NAMES, write_own_texts


def refusal(folder: Path) -> str:
    with pytest.raises(GlaswerkError) as caught:
        load_texts(folder)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("name", FILE_NAMES)
def test_every_shipped_file_opens_with_a_comment_and_says_what_an_edit_does(name: str) -> None:
    text = (SHIPPED / name).read_text(encoding="utf-8")
    header = text[: text.index("\n\n")]
    assert all(line.startswith("#") for line in header.splitlines())
    assert "different town" in header


@pytest.mark.parametrize("name", FILE_NAMES)
def test_no_line_of_a_shipped_file_has_spaces_at_its_ends(name: str) -> None:
    lines = (SHIPPED / name).read_text(encoding="utf-8").split("\n")
    assert [line for line in lines if line != line.strip()] == []


def test_every_toml_file_that_is_shipped_is_read() -> None:
    shipped = {path.relative_to(SHIPPED).as_posix() for path in SHIPPED.rglob("*.toml")}
    assert shipped == set(FILE_NAMES)


def test_the_shipped_texts_are_parsed_once() -> None:
    assert load_texts() is load_texts()


def test_a_folder_is_read_again_when_a_file_has_changed(texts_folder: Path) -> None:
    before = load_texts(texts_folder)
    assert load_texts(texts_folder) is before
    names = texts_folder / "names.toml"
    names.write_text(names.read_text(encoding="utf-8").replace('"Wend"', '"Ilme"'), encoding="utf-8")
    assert load_texts(texts_folder).names.river == "Ilme"


def test_an_exported_folder_holds_the_shipped_texts(texts_folder: Path) -> None:
    exported, shipped = load_texts(texts_folder), load_texts()
    assert exported.files == shipped.files
    assert exported.relations == shipped.relations
    assert exported.names == shipped.names


def test_a_missing_file_is_replaced_by_the_shipped_one(tmp_path: Path) -> None:
    folder = write_own_texts(tmp_path)
    texts = load_texts(folder)
    assert texts.names.town == "Sankt Öl"
    assert texts.relations == load_texts().relations


def test_one_file_in_the_folder_of_relations_is_enough(tmp_path: Path) -> None:
    (tmp_path / "relations").mkdir()
    shipped = (SHIPPED / "relations/pet.toml").read_text(encoding="utf-8")
    own = shipped.replace("What pet does {name} have?", "What animal is at home with {name}?")
    (tmp_path / "relations/pet.toml").write_text(own, encoding="utf-8")
    assert load_texts(tmp_path).names == load_texts().names


def test_files_that_are_not_toml_are_left_alone(texts_folder: Path) -> None:
    (texts_folder / "README.md").write_text("notes")
    (texts_folder / ".DS_Store").write_bytes(b"\x00\xff")
    assert load_texts(texts_folder).names == load_texts().names


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + NAMES.replace("\n", "\r\n").encode()
    (tmp_path / "names.toml").write_bytes(content)
    assert load_texts(tmp_path).names.surnames[:2] == ("Ackermann", "Bäcker")


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere") == f"expected a folder with text files, found {tmp_path / 'nowhere'}"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "names.toml").touch()
    assert "expected a folder" in refusal(tmp_path / "names.toml")


def test_a_folder_without_text_files_is_refused(tmp_path: Path) -> None:
    assert "expected text files such as names.toml in the folder" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("rumour.toml", "rumours.toml"),
        ("relations/pets.toml", "relations/pet.toml"),
        ("Names.toml", "names.toml"),
    ],
)
def test_a_misspelt_file_name_is_refused_and_the_right_one_suggested(
    name: str, meant: str, texts_folder: Path
) -> None:
    (texts_folder / name).write_text("x = 1")
    message = refusal(texts_folder)
    assert f"found {name}" in message
    assert f"did you mean '{meant}'" in message


def test_an_error_of_toml_is_reported_with_its_line(texts_folder: Path) -> None:
    (texts_folder / "names.toml").write_text("town = \n")
    message = refusal(texts_folder)
    assert message.startswith(f"{texts_folder / 'names.toml'}: expected TOML")
    assert "line 1" in message


def test_a_block_that_is_never_closed_is_reported(texts_folder: Path) -> None:
    path = texts_folder / "values.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("'''", "", 1), encoding="utf-8")
    assert "expected TOML" in refusal(texts_folder)


def test_lists_nested_without_end_are_refused(texts_folder: Path) -> None:
    (texts_folder / "names.toml").write_text("town = " + "[" * 100_000)
    assert "names.toml: expected TOML" in refusal(texts_folder)


def test_bytes_that_are_not_utf_8_are_reported_with_their_line(texts_folder: Path) -> None:
    (texts_folder / "names.toml").write_bytes('town = "x"\nriver = "Örl"\n'.encode("latin-1"))
    message = refusal(texts_folder)
    assert "names.toml, line 2: expected UTF-8, found the byte 0xd6" in message


def test_an_empty_file_is_refused(texts_folder: Path) -> None:
    (texts_folder / "stories.toml").write_bytes(b" \n")
    assert "which is empty" in refusal(texts_folder)


def test_a_huge_file_is_refused_without_parsing_it(texts_folder: Path) -> None:
    with (texts_folder / "names.toml").open("wb") as file:
        file.truncate(FILE_LIMIT * 1000)
    assert f"at most {FILE_LIMIT:,} bytes" in refusal(texts_folder)


def test_a_link_that_leads_out_of_the_folder_is_refused(texts_folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.toml"
    outside.write_text("secret = 1")
    (texts_folder / "names.toml").unlink()
    (texts_folder / "names.toml").symlink_to(outside)
    assert "a link to" in refusal(texts_folder)


def test_a_link_inside_the_folder_is_followed(texts_folder: Path) -> None:
    (texts_folder / "names.toml").rename(texts_folder / "names.txt")
    (texts_folder / "names.toml").symlink_to("names.txt")
    assert load_texts(texts_folder).names == load_texts().names


@pytest.mark.parametrize("target", ["missing.toml", "names.toml"])
def test_a_link_that_leads_nowhere_is_refused(target: str, texts_folder: Path) -> None:
    (texts_folder / "names.toml").unlink()
    (texts_folder / "names.toml").symlink_to(target)
    assert "expected a file that can be read" in refusal(texts_folder)


def test_a_folder_or_pipe_named_like_a_text_file_is_refused(texts_folder: Path) -> None:
    (texts_folder / "names.toml").unlink()
    (texts_folder / "names.toml").mkdir()
    assert "expected a regular file" in refusal(texts_folder)
    (texts_folder / "names.toml").rmdir()
    os.mkfifo(texts_folder / "names.toml")
    assert "expected a regular file" in refusal(texts_folder)


def test_an_export_writes_every_file_byte_for_byte(tmp_path: Path) -> None:
    assert export_texts(tmp_path / "a/b") == len(FILE_NAMES)
    for name in FILE_NAMES:
        assert (tmp_path / "a/b" / name).read_bytes() == (SHIPPED / name).read_bytes()


def test_an_export_never_overwrites_edited_files(texts_folder: Path) -> None:
    (texts_folder / "names.toml").write_text("mine")
    with pytest.raises(GlaswerkError, match="expected a new or empty folder"):
        export_texts(texts_folder)
    assert (texts_folder / "names.toml").read_text() == "mine"


def test_an_export_to_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(GlaswerkError, match="expected a folder to write the texts to"):
        export_texts(tmp_path / "taken")
