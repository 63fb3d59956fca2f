"""The licence of weights: the user's word first, then the file's metadata, README and LICENSE."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.model.licence import hub_licence, licence_of

APACHE = (
    "                                 Apache License\n                           Version 2.0, January 2004\n"
)


@pytest.mark.parametrize(
    ("readme", "licence"),
    [
        ("---\nlicense: apache-2.0\n---\n# A model", "Apache-2.0"),
        ("---\nlanguage: en\nlicense: MIT # as upstream\n---\n", "MIT"),
        ('---\nlicense: "cc-by-nc-4.0"\n---\n', "CC-BY-NC-4.0"),
        ("---\nlicence: 'cc0-1.0'\n---\n", "CC0-1.0"),
        ("---\nlicense: Gemma terms of use\n---\n", "Gemma terms of use"),
        ("---\nlicense: BSD-3-Clause\r\n---\r\n", "BSD-3-Clause"),
    ],
)
def test_the_front_matter_of_the_readme_names_it(readme: str, licence: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(readme)
    assert licence_of(tmp_path, "", "") == (licence, "README.md")


@pytest.mark.parametrize(
    "readme",
    [
        "",
        "license: mit\n",
        "---\nlicense: other\n---\n",
        "---\nlicense:\n---\n",
        "# A model\n---\nlicense: mit\n---\n",
        "---\nlicense: mit\n",
        "---\nlanguage: en\n---\nlicense: mit\n",
        "---\nbase_license: mit\n---\n",
    ],
)
def test_a_readme_without_a_licence_in_its_front_matter_is_no_answer(readme: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(readme)
    with pytest.raises(GlaswerkError, match="expected a licence") as error:
        licence_of(tmp_path, "", "")
    assert f"glaswerk adopt {tmp_path} --licence" in str(error.value.hint)


@pytest.mark.parametrize("name", ["LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE"])
@pytest.mark.parametrize(
    ("text", "licence"), [(APACHE, "Apache-2.0"), ("MIT License\n", "MIT"), ("The MIT License", "MIT")]
)
def test_a_known_licence_text_is_recognised(name: str, text: str, licence: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert licence_of(tmp_path, "", "") == (licence, "LICENSE")


def test_a_text_that_only_mentions_a_licence_is_not_recognised(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("All rights reserved. Parts come under the MIT License.\n")
    with pytest.raises(GlaswerkError):
        licence_of(tmp_path, "", "")


def test_the_user_comes_before_metadata_and_metadata_before_the_readme(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    assert licence_of(tmp_path, " mine ", "apache-2.0") == ("mine", "--licence")
    assert licence_of(tmp_path, "unknown", "apache-2.0") == ("Apache-2.0", "general.license of the file")
    assert licence_of(tmp_path, "", "none") == ("MIT", "README.md")


def test_files_next_to_a_gguf_file_do_not_state_its_licence(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    (tmp_path / "m.gguf").touch()
    assert licence_of(tmp_path / "m.gguf", "", "mit") == ("MIT", "general.license of the file")
    with pytest.raises(GlaswerkError):
        licence_of(tmp_path / "m.gguf", "", "")


def test_text_that_is_no_utf8_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_bytes(b"---\nauthor: \xff\xfe\nlicense: mit\n---\n")
    assert licence_of(tmp_path, "", "") == ("MIT", "README.md")


@pytest.mark.parametrize(
    ("licence", "hub"),
    [("Apache-2.0", "apache-2.0"), ("apache-2.0", "apache-2.0"), ("MIT", "mit"), ("Gemma", None), ("", None)],
)
def test_an_spdx_licence_has_the_hubs_id_if_there_is_one(licence: str, hub: str | None) -> None:
    assert hub_licence(licence) == hub


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n", "llama3.1"),
        ("Gemma Terms of Use\n\nLast modified", "gemma"),
        ("Creative Commons\nAttribution-NonCommercial 4.0 International\n", "CC-BY-NC-4.0"),
        ("Attribution-ShareAlike 4.0 International\n", "CC-BY-SA-4.0"),
        ("                    GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007", "GPL-3.0-only"),
    ],
)
def test_licences_of_open_weights_are_recognised_by_their_text(
    text: str, licence: str, tmp_path: Path
) -> None:
    (tmp_path / "LICENSE").write_text(text)
    assert licence_of(tmp_path, "", "") == (licence, "LICENSE")


@pytest.mark.parametrize("name", ["LICENSE-MODEL.txt", "Gemma_Terms.txt", "NOTICE"])
def test_a_licence_under_another_usual_name_is_recognised_too(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("Gemma Terms of Use\n\nLast modified")
    assert licence_of(tmp_path, "", "") == ("gemma", "LICENSE")


def test_a_card_that_says_other_names_the_licence_on_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: other\nlicense_name: qwen-research\n---\n")
    assert licence_of(tmp_path, "", "") == ("qwen-research", "README.md")
