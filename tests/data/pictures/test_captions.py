"""Which pictures of a corpus are trained on, and which are held out."""

from __future__ import annotations

from pathlib import Path

import pytest
from picture_labs import add_colours
from x_pictures import BLUE, RED, folder, lines

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.pictures.captions import CaptionSet, numbered, read_all
from glaswerk.data.source import add_images
from glaswerk.lab import Lab


def test_captions_carry_picture_author_and_licence(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    found = CaptionSet.of(add_colours(lab, tmp_path / "pictures"))
    everything = [*found.trained, *found.held_out]
    assert len(everything) == 24
    assert found.held_out
    assert {caption.licence for caption in everything} == {"CC0-1.0"}
    assert {caption.author for caption in everything} == {"painter 0", "painter 1"}
    assert not {c.picture for c in found.trained} & {c.picture for c in found.held_out}


def test_a_picture_of_a_held_out_caption_is_not_trained_on_with_another(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    captions = [f"the red door of house number {number} in our street" for number in range(12)]
    red, blue = {"file_name": "red.png", "text": captions}, {"file_name": "blue.png", "text": "a blue door"}
    add_images(
        lab,
        [folder(tmp_path / "doors", {"red.png": RED, "blue.png": BLUE, "metadata.jsonl": lines(red, blue)})],
        licence="own",
        name="doors",
    )
    found = CaptionSet.of(curate(lab))
    assert len({caption.picture for caption in (*found.trained, *found.held_out)}) == 2
    assert not {c.picture for c in found.trained} & {c.picture for c in found.held_out}


def test_every_picture_is_read_once_in_the_order_of_its_number(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    trained = CaptionSet.of(add_colours(lab, tmp_path / "pictures")).trained
    twice = [*trained, *trained]
    names = [name for name, _ in read_all(lab, twice)]
    assert [numbered(twice)[name] for name in names] == list(range(len(trained)))


def test_a_corpus_without_pictures_is_refused_with_what_adds_them(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    (tmp_path / "a.md").write_text("# Ferry\n\nThe ferry leaves the upper bank at seven each morning.")
    from glaswerk.data.source import add_docs

    add_docs(lab, [tmp_path / "a.md"], licence="own")
    with pytest.raises(GlaswerkError, match="expected captioned pictures in the corpus 'main'") as error:
        CaptionSet.of(curate(lab))
    assert "glaswerk add images" in str(error.value.hint)
