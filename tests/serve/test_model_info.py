"""What the page shows about its model, and the trust report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from glaswerk.evaluate import evaluate
from glaswerk.lab import Lab
from tests.support.lab_copies import copied

from .conftest import DIALOGUES, ENDLESS, Running, make_model
from .test_errors import shape


def test_info_names_model_corpus_licences_and_suggestions(server: Running, glass: Lab) -> None:
    with server.client() as client:
        info = client.get("/v1/glaswerk/info").json()
    model = glass.find("model", "chat/step-60")
    assert model is not None
    assert info["model"]["id"] == "chat"
    assert info["model"]["digest"] == model.digest
    assert info["model"]["parameters"] == model.stats["parameters"]
    assert info["corpus"]["documents"] == 6
    assert info["corpus"]["licences"] == ["Apache-2.0", "CC0-1.0"]
    assert info["corpus"]["sources"][0] == {"source": "posts", "licence": "CC0-1.0", "documents": 4}
    assert info["suggestions"] == [*DIALOGUES, ENDLESS]
    assert info["trace"] is True
    assert info["trust"] is None


def test_a_base_model_saw_no_dialogue_and_held_out_documents_do_not_count(
    start: Callable[..., Running],
) -> None:
    with start(model="base").client() as client:
        corpus = client.get("/v1/glaswerk/info").json()["corpus"]
    assert corpus["documents"] == 4
    assert corpus["licences"] == ["CC0-1.0"]


def test_without_a_report_there_is_none_to_show(server: Running) -> None:
    with server.client() as client:
        reply = client.get("/report")
    assert reply.status_code == 404
    assert shape(reply.json())["code"] == "no_report"
    assert "glaswerk evaluate" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("", []),
        ('[chat]\nsuggestions = "one"\n', []),
        ('[chat]\nsuggestions = [1, " ", "a", "b"]\n', ["a", "b"]),
        ('[chat]\nsuggestions = ["a", "b", "c", "d", "e"]\n', ["a", "b", "c", "d"]),
        ('chat = "text"\n', []),
    ],
)
def test_suggestions_are_up_to_four_texts_of_the_settings(
    glass_folder: Path, tmp_path: Path, start: Callable[..., Running], settings: str, expected: list[str]
) -> None:
    copied(glass_folder, tmp_path / "lab")
    (tmp_path / "lab/lab.toml").write_text(f"format = 1\n{settings}")
    lab = Lab.open(tmp_path / "lab")
    with start(lab=lab).client() as client:
        assert client.get("/v1/glaswerk/info").json()["suggestions"] == expected
    lab.ledger.close()


def test_the_report_of_exactly_these_weights_is_shown(
    glass_folder: Path, tmp_path: Path, start: Callable[..., Running]
) -> None:
    copied(glass_folder, tmp_path / "lab")
    lab = Lab.open(tmp_path / "lab")
    model = lab.need("model", "chat/step-60", hint="")
    evaluate(lab, model)
    with start(lab=lab).client() as client:
        trust = client.get("/v1/glaswerk/info").json()["trust"]
        assert trust["model_digest"] == model.digest
        report = client.get("/report")
        assert report.status_code == 200
        assert report.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in report.headers["content-security-policy"]
    make_model(lab, "chat/step-1", steps=1)
    with start(lab=lab, model="chat/step-1").client() as client:
        assert client.get("/v1/glaswerk/info").json()["trust"] is None
        assert client.get("/report").status_code == 404
    lab.ledger.close()
