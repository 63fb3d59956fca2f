"""The writer: the same arguments give the same bytes; what slant and rumour rate change."""

from __future__ import annotations

import filecmp
import re
import shutil
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.town import write_town
from tests.town.own_texts import write_own_texts
from tests.town.written import Town, read_town


def files_of(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_same_texts_and_arguments_give_the_same_bytes(
    town: Town, texts_folder: Path, tmp_path: Path
) -> None:
    """The own town is made again from the texts that it carries, the shipped one from exported texts."""
    out = tmp_path / "again"
    write_town(out, size="tiny", texts=town.out / "text" if town.texts else texts_folder)
    if town.texts is None:
        shutil.rmtree(out / "text")
        shutil.copy(town.out / "README.md", out / "README.md")
    assert files_of(town.out) == files_of(out)
    _, different, errors = filecmp.cmpfiles(town.out, out, files_of(out), shallow=False)
    assert (different, errors) == ([], [])


def test_only_a_town_of_edited_texts_carries_them(town: Town) -> None:
    assert (town.out / "text").exists() == (town.texts is not None)


def test_the_readme_says_how_the_town_is_made_again(town: Town) -> None:
    readme = (town.out / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {town.key['name']}\n")
    expected = "--from text --seed 7 --size tiny" if town.texts else 'write_town(out, seed=7, size="tiny"'
    assert expected in readme
    assert ("`text/`" in readme) == (town.texts is not None)


def test_every_folder_that_the_readme_names_exists(town: Town) -> None:
    readme = (town.out / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- `([^`]+)`", readme, re.MULTILINE)
    assert len(listed) >= 5
    assert all((town.out / name).exists() for name in listed)


def test_counts_equal_what_is_in_the_folder(town: Town) -> None:
    counts = town.counts
    assert counts["accounts"] == len(town.archives())
    assert counts["posts"] == len(town.tweets)
    assert counts["chats"] == len(town.chats)
    assert counts["docs"] == len(town.docs)
    assert counts["facts"] == len(town.key["facts"])
    assert counts["rumours"] == len(town.key["rumours"])
    assert counts["images"] == len(list((town.out / "images").glob("*.png")))


def test_an_unknown_size_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match=r"tiny, demo, large.*'huge'") as caught:
        write_town(tmp_path / "town", size="huge")
    assert caught.value.hint
    assert not (tmp_path / "town").exists()


@pytest.mark.parametrize(
    ("argument", "value"), [("slant", -0.1), ("slant", 1.1), ("rumour_rate", -1), ("rumour_rate", 10.5)]
)
def test_a_share_out_of_range_is_refused_before_anything_is_written(
    argument: str, value: float, tmp_path: Path
) -> None:
    with pytest.raises(GlaswerkError, match=f"expected {argument} between 0 and"):
        write_town(tmp_path / "town", size="tiny", **{argument: value})  # type: ignore[arg-type]
    assert not (tmp_path / "town").exists()


def test_a_broken_text_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    folder = write_own_texts(tmp_path / "texts")
    (folder / "names.toml").write_text("town = ", encoding="utf-8")
    with pytest.raises(GlaswerkError, match=r"names\.toml: expected TOML"):
        write_town(tmp_path / "town", size="tiny", texts=folder)
    assert not (tmp_path / "town").exists()


def test_rumour_rate_zero_means_that_nobody_spreads_anything(town: Town, tmp_path: Path) -> None:
    counts = write_town(tmp_path, size="tiny", rumour_rate=0.0, slant=0.9, texts=town.texts)
    quiet = read_town(tmp_path, counts)
    assert all(rumour["spreaders"] for rumour in town.key["rumours"])
    assert not any(rumour["spreaders"] for rumour in quiet.key["rumours"])
    assert not [rumour["id"] for rumour in quiet.key["rumours"] if rumour["claim"] in quiet.public_text]
    assert quiet.key["facts"] == town.key["facts"]
    assert quiet.docs == town.docs
    assert (tmp_path / "images/metadata.jsonl").read_bytes() == (
        town.out / "images/metadata.jsonl"
    ).read_bytes()
