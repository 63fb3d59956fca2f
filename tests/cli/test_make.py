"""From a folder to a lab whose chat quotes it, in one command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve import create_app

NOTES = "The council decided to rebuild the Harbour Bridge. Work begins in March 2026.\n"
MAIL = "From: a@x.org\nTo: b@x.org\nSubject: Keys\n\nThe keys of the boathouse are with Otto Hale.\n"
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "own"
    root.mkdir()
    (root / "notes.md").write_text(NOTES)
    (root / "mail.eml").write_text(MAIL)
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello there"}]
    (root / "chats.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    (root / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing")
    return root


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Run:
    def make(*more: str) -> Result:
        words = ["make", str(folder), "--lab", str(tmp_path / "lab"), "--model", "none", "--no-serve", *more]
        return CliRunner().invoke(cli, words)

    return make


def quotes(found: Result) -> Any:
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_one_command_gives_quotes(run: Run, tmp_path: Path) -> None:
    found = quotes(run("--json"))
    assert found["sources"] == {"documents": 2, "chats": 1}
    assert found["left_out"]["private-audience"] == 1
    assert found["left_out"]["broken_file"] == 1
    assert found["passages"] == 1
    asked = CliRunner().invoke(
        cli, ["find", "--lab", str(tmp_path / "lab"), "--json", "When does work on the bridge begin?"]
    )
    (quote,) = json.loads(asked.stdout)["quotes"]
    assert "March 2026" in quote["quote"]


def test_it_says_what_it_will_do_and_what_it_left_out(run: Run) -> None:
    found = run("--yes")
    assert found.exit_code == 0, found.output
    assert [line.split(":")[0] for line in found.stdout.splitlines()[:5]] == [
        "found", "do", "model", "time", "expect",
    ]  # fmt: skip
    assert "broken.pdf" in found.stderr
    assert "--private" in found.stderr
    assert "no model" in found.stderr


def test_new_files_come_in_with_the_same_command(run: Run, folder: Path) -> None:
    quotes(run("--json"))
    (folder / "more.txt").write_text("The mill on the hill burned down in 1901, and nobody was hurt.")
    assert quotes(run("--json"))["passages"] == 2
    assert quotes(run("--json"))["passages"] == 2


def test_private_content_is_quoted_where_it_is_asked_for_and_on_this_machine_alone(
    run: Run, tmp_path: Path
) -> None:
    assert quotes(run("--json", "--private"))["passages"] == 2
    lab = Lab.open(tmp_path / "lab")
    with pytest.raises(GlaswerkError, match="only this machine reaches"):
        create_app(lab, host="0.0.0.0")
    with TestClient(create_app(lab), base_url="http://localhost") as client:
        found = client.get("/v1/glaswerk/search", params={"q": "Who has the keys of the boathouse?"}).json()
        (quote,) = found["quotes"]
        assert client.get(f"/v1/documents/{quote['id']}").status_code == 200
    lab.ledger.close()


def test_a_lab_without_a_model_serves_its_quotes(run: Run, tmp_path: Path) -> None:
    quotes(run("--json"))
    lab = Lab.open(tmp_path / "lab")
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "When does work on the bridge begin?"}]}
    with TestClient(create_app(lab), base_url="http://localhost") as client:
        (model,) = client.get("/v1/models").json()["data"]
        answer = client.post("/v1/chat/completions", json={"model": model["id"], **body}).json()
        plain = {"model": model["id"], "glaswerk": {"ground": False}, **body}
        refused = client.post("/v1/chat/completions", json=plain)
        info = client.get("/v1/glaswerk/info").json()
    assert model["id"] == "quotes"
    assert "Work begins in March 2026." in answer["choices"][0]["message"]["content"]
    assert refused.status_code == 400
    assert "no model" in refused.json()["error"]["message"]
    assert info["ground"] == {"on": True, "there": True}
    lab.ledger.close()


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    found = quotes(run("--json", "--dry-run"))
    assert found["documents"] == 3
    assert found["model"] is None
    assert not (tmp_path / "lab").exists()


def test_without_a_terminal_it_says_how_not_to_be_asked(run: Run, tmp_path: Path) -> None:
    found = run()
    assert found.exit_code == 1
    assert "glaswerk make --yes" in str(getattr(found.exception, "hint", ""))
    assert not (tmp_path / "lab").exists()


@pytest.mark.parametrize("names", [(), ("picture.png",)])
def test_a_folder_with_nothing_to_read_is_an_error_in_words(tmp_path: Path, names: tuple[str, ...]) -> None:
    (tmp_path / "none").mkdir()
    for name in names:
        (tmp_path / "none" / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    words = ["make", str(tmp_path / "none"), "--lab", str(tmp_path / "lab"), "--yes", "--no-serve"]
    found = CliRunner().invoke(cli, words)
    assert found.exit_code == 1
    assert "expected documents, posts or dialogues, found none" in str(found.exception)


def test_an_unknown_model_is_an_error_in_words(run: Run, folder: Path, tmp_path: Path) -> None:
    words = ["make", str(folder), "--lab", str(tmp_path / "lab"), "--yes", "--no-serve", "--model", "nobody"]
    found = CliRunner().invoke(cli, words)
    assert found.exit_code == 1
    assert "expected a model of the lab" in str(found.exception)
