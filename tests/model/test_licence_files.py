"""The terms of adopted weights come along: licences, notices and policies, bounded and without links."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from open_models import write_open_model

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.adopt import adopt
from glaswerk.model.export_gguf import export_gguf
from glaswerk.model.licence_files import licence_files
from glaswerk.release import Release, prepare, write
from glaswerk.rerun.exposure import count_exposures

NAMES = (
    "LICENSE",
    "LICENSE.txt",
    "License-Weights.md",
    "LICENCE.rst",
    "LLAMA_LICENSE.txt",
    "NOTICE",
    "Notice.txt",
    "COPYING",
    "USE_POLICY.md",
    "acceptable_use_policy.md",
    "Gemma_Terms.txt",
)


@pytest.fixture
def open_model(tmp_path: Path) -> Path:
    return write_open_model(tmp_path / "Tiny-Instruct")


@pytest.mark.parametrize("name", NAMES)
def test_each_usual_name_of_a_licence_is_found(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("Terms.\n")
    for other in (
        "config.json",
        "licenses.json",
        "README.md",
        "unlicensed.txt",
        "license.png",
        "termsof.txt",
    ):
        (tmp_path / other).write_bytes(b"{}")
    assert licence_files(tmp_path) == [name]


def test_texts_in_a_folder_of_licences_and_the_one_that_the_card_names_are_found(tmp_path: Path) -> None:
    (tmp_path / "LICENSES").mkdir()
    (tmp_path / "LICENSES" / "MIT.txt").write_text("MIT License")
    (tmp_path / "agreement.txt").write_text("Agreement")
    (tmp_path / "README.md").write_text("---\nlicense: other\nlicense_link: agreement.txt\n---\n")
    assert licence_files(tmp_path) == ["LICENSES/MIT.txt", "agreement.txt"]


@pytest.mark.parametrize(
    "link", ["https://example.org/LICENSE", "../secret.txt", "model-card.html", "gone.txt"]
)
def test_a_card_that_names_an_address_or_another_folder_leads_nowhere(link: str, tmp_path: Path) -> None:
    (tmp_path.parent / "secret.txt").write_text("secret")
    (tmp_path / "model-card.html").write_text("<p>")
    (tmp_path / "README.md").write_text(f"---\nlicense_link: {link}\n---\n")
    assert licence_files(tmp_path) == []


def test_the_texts_lie_beside_the_weights_byte_for_byte_and_change_the_id(
    empty_lab: Lab, open_model: Path
) -> None:
    plain = adopt(empty_lab, open_model).model
    texts = {"LICENSE": b"Terms. \r\n", "NOTICE": "Köln".encode("latin-1"), "USE_POLICY.md": b"No.\n"}
    for name, text in texts.items():
        (open_model / name).write_bytes(text)
    made = adopt(empty_lab, open_model).model
    assert {name: (made.path / name).read_bytes() for name in texts} == texts
    assert made.config["licence_files"] == sorted(texts)
    assert set(texts) < set(made.config["files"])
    assert made.id != plain.id


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\x00\x01", "expected plain text in the licence"),
        ("Lizenz".encode("utf-16"), "expected plain text in the licence"),
        (b"a" * ((1 << 20) + 1), "expected up to 1,048,576 bytes in the licence"),
        (b"\x1b]0;title\x07", "expected plain text in the licence"),
    ],
)
def test_what_is_no_text_of_bounded_size_is_refused_by_name(
    content: bytes, words: str, empty_lab: Lab, open_model: Path
) -> None:
    (open_model / "LICENSE").write_bytes(content)
    with pytest.raises(GlaswerkError, match=words) as error:
        adopt(empty_lab, open_model)
    assert "LICENSE" in error.value.message
    assert "plain text" in (error.value.hint or "")
    assert not empty_lab.all("model")


def test_too_many_texts_are_refused(tmp_path: Path) -> None:
    for number in range(33):
        (tmp_path / f"LICENSE-{number}").write_text("Terms.")
    with pytest.raises(GlaswerkError, match=r"at most 32 files of licences in .*, found 33"):
        licence_files(tmp_path)


@pytest.mark.parametrize("name", ["LICENSE", "NOTICE.txt", "USE_POLICY.md"])
def test_a_licence_that_links_to_a_file_of_this_machine_is_refused(
    name: str, empty_lab: Lab, open_model: Path
) -> None:
    (open_model / name).symlink_to("/etc/passwd")
    with pytest.raises(GlaswerkError, match="found a link to '/etc/passwd': no link is followed"):
        adopt(empty_lab, open_model)


def test_rights_and_the_adopting_command_name_the_texts(empty_lab: Lab, open_model: Path) -> None:
    (open_model / "LICENSE").write_text("Terms.")
    (open_model / "USE_POLICY.md").write_text("No.")
    lab = ["--lab", str(empty_lab.root)]
    said = CliRunner().invoke(cli, ["adopt", str(open_model), *lab], catch_exceptions=False).output
    assert "LICENSE, USE_POLICY.md" in said
    shown = CliRunner().invoke(cli, ["rights", *lab], catch_exceptions=False).output
    assert "terms of tiny-instruct/step-0: LICENSE, USE_POLICY.md" in shown
    found = json.loads(CliRunner().invoke(cli, ["rights", "--json", *lab], catch_exceptions=False).stdout)
    assert found[0]["licence_files"] == ["LICENSE", "USE_POLICY.md"]


def tuned_on(lab: Lab, base: Artifact) -> Artifact:
    """A model as `tune` leaves it, but for the weights, which nothing here reads."""

    def fill(folder: Path) -> dict[str, Any]:
        (folder / "config.json").write_text("{}")
        return {"epochs": 1.0, "steps": 1}

    spec = Spec("model", "ours/step-1", "test/1", {"base": base.id}, {"stage": "chat", "loop": {"steps": 1}})
    return lab.make(spec, fill)


def released(lab: Lab, model: Artifact, to: Path) -> Release:
    count_exposures(lab)
    release = prepare(lab, model, to, despite=True)
    write(release, model, to)
    return release


@pytest.mark.parametrize("tuned", [False, True])
def test_a_release_holds_the_terms_of_its_base_and_every_paper_about_it_names_them(
    tuned: bool, empty_lab: Lab, open_model: Path, tmp_path: Path
) -> None:
    (open_model / "LICENSE").write_bytes(b"Terms.\r\n")
    (open_model / "USE_POLICY.md").write_bytes(b"No.\n")
    base = adopt(empty_lab, open_model, licence="CC-BY-NC-SA-4.0").model
    model = tuned_on(empty_lab, base) if tuned else base
    release = released(empty_lab, model, tmp_path / "out")
    assert (tmp_path / "out" / "LICENSE").read_bytes() == b"Terms.\r\n"
    assert {"LICENSE", "USE_POLICY.md"} < set(release.files)
    summary = " ".join(
        (tmp_path / "out" / "training-content-summary.md").read_text().replace("\\", "").split()
    )
    assert "tiny-instruct/step-0, the base model: their training data is unknown." in summary
    assert "Their licence is CC-BY-NC-SA-4.0 (" in summary
    assert "non-commercial, share-alike; text: LICENSE, USE_POLICY.md in this folder)" in summary
    for paper in ("README.md", "model-documentation.md"):
        assert "LICENSE, USE" in (tmp_path / "out" / paper).read_text()
    facts = json.loads((tmp_path / "out" / "facts.json").read_text())
    assert facts["licence_files"] == ["LICENSE", "USE_POLICY.md"]
    # Another release takes the place of the first one.
    assert released(empty_lab, model, tmp_path / "out").files == release.files


def test_a_changed_text_of_the_base_stops_the_release_by_name(
    empty_lab: Lab, open_model: Path, tmp_path: Path
) -> None:
    (open_model / "LICENSE").write_text("Terms.")
    base = adopt(empty_lab, open_model).model
    model = tuned_on(empty_lab, base)
    (base.path / "LICENSE").write_text("Other terms.")
    with pytest.raises(GlaswerkError, match=r"LICENSE does not match the manifest of tiny-instruct/step-0"):
        released(empty_lab, model, tmp_path / "out")


def test_a_base_that_is_gone_with_its_texts_is_an_obstacle(
    empty_lab: Lab, open_model: Path, tmp_path: Path
) -> None:
    (open_model / "LICENSE").write_text("Terms.")
    base = adopt(empty_lab, open_model).model
    model = tuned_on(empty_lab, base)
    empty_lab.remove(base)
    release = released(empty_lab, model, tmp_path / "out")
    assert any("are gone from the lab, and so are LICENSE" in words for words in release.facts.obstacles)


@pytest.fixture
def gguf_file(empty_lab: Lab, open_model: Path, tmp_path: Path) -> Path:
    made = adopt(empty_lab, open_model, name="first").model
    file = tmp_path / "alone" / "tiny.gguf"
    file.parent.mkdir()
    export_gguf(empty_lab, made, file)
    return file


def test_the_licences_beside_one_gguf_file_come_along(empty_lab: Lab, gguf_file: Path) -> None:
    (gguf_file.parent / "LICENSE").write_text("Terms.")
    (gguf_file.parent / "USE_POLICY.md").write_text("No.")
    made = adopt(empty_lab, gguf_file, name="second").model
    assert made.config["licence_files"][:2] == ["LICENSE", "USE_POLICY.md"]
    assert (made.path / "LICENSE").read_text() == "Terms."
    shown = CliRunner().invoke(cli, ["rights", "--lab", str(empty_lab.root)], catch_exceptions=False).output
    assert "terms of second/step-0: LICENSE, USE_POLICY.md" in shown


def test_what_the_metadata_say_of_the_licence_becomes_a_text_beside_the_weights(
    empty_lab: Lab, gguf_file: Path
) -> None:
    made = adopt(empty_lab, gguf_file, name="second").model
    text = (made.path / "LICENSE.gguf.txt").read_text()
    assert made.config["licence_files"] == ["LICENSE.gguf.txt"]
    assert "general.license: apache-2.0" in text.casefold()
    assert made.config["licence"] == "Apache-2.0"
