"""From a folder to a lab whose chat quotes it, in one command."""

from __future__ import annotations

import json
import shlex
import shutil
import socket
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from open_models import write_open_model
from starlette.testclient import TestClient

from glaswerk.cli.main import cli
from glaswerk.cli.make_learning import advice
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs
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


def test_a_taken_port_is_said_before_the_work(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["make", str(folder), "--lab", str(tmp_path / "never"), "--model", "none", "--yes"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        monkeypatch.setattr(sys, "argv", ["glaswerk", *words, "--port", port])
        found = CliRunner().invoke(cli, [*words, "--port", port])
    assert found.exit_code == 1
    hint = str(getattr(found.exception, "hint", ""))
    assert hint.startswith(shlex.join(["glaswerk", *words, "--port"]))
    assert not hint.endswith(port)
    assert not (tmp_path / "never" / "lab.toml").exists()


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


# Paths, names and ids.


def make(lab: Path, *words: object) -> Result:
    told = ["make", *map(str, words), "--lab", str(lab), "--no-serve", "--json"]
    return CliRunner().invoke(cli, told if "--model" in told else [*told, "--model", "none"])


def ids(lab: Path, name: str = "documents") -> list[str]:
    return sorted(pq.read_table(lab / "sources" / name / "documents.parquet")["id"].to_pylist())


def texts(root: Path, **files: str) -> Path:
    for name, text in files.items():
        file = root / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def dialogue(question: str) -> str:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": "Hello there"}]
    return json.dumps({"messages": turns}) + "\n"


LETTERS = "Anna wrote from the harbour that the ferry would stop running in the winter of 1912."
MINUTES = "The council decided to rebuild the Harbour Bridge, and work begins in March 2026."


def test_no_file_of_the_user_is_written_to(tmp_path: Path) -> None:
    own = texts(
        tmp_path / "own", a__2__x_txt="a 2 x", a__x_txt="a x", b__x_txt="b x", c__y="a file", x_txt="x",
        d__c__y__z_txt="z", b__2__x_txt="b 2 x", talk_jsonl=dialogue("Hi"), b__talk_jsonl=dialogue("Bye"),
    )  # fmt: skip
    texts(own / "a", **{"2-x_txt": "the first"})
    other = texts(tmp_path / "b", x_txt="other x", talk_jsonl=dialogue("Why"))
    lab = tmp_path / "lab"
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    paths = (own / "a", own / "b", other, own / "c", own / "d" / "c", own / "x.txt", own / "talk.jsonl")
    assert quotes(make(lab, *paths))["sources"] == {"documents": 9, "chats": 3}
    assert {file: file.read_bytes() for file in before} == before
    assert all(file.stat().st_nlink == 1 for file in before)
    assert not (lab / ".make").exists()


def test_ids_do_not_depend_on_other_files(tmp_path: Path) -> None:
    one, two = (
        texts(tmp_path / "one" / "notes", x_txt=LETTERS),
        texts(tmp_path / "two" / "notes", x_txt=MINUTES),
    )
    lab = tmp_path / "lab"
    quotes(make(lab, two))
    assert ids(lab) == ["documents:notes/x.txt"]
    quotes(make(lab, one, two))
    assert ids(lab) == ["documents:notes-2/x.txt", "documents:notes/x.txt"]
    texts(two, a_txt="A new file of many words that comes before.", talk_jsonl=dialogue("Hi"))
    quotes(make(lab, two))
    assert ids(lab) == ["documents:notes-2/x.txt", "documents:notes/a.txt", "documents:notes/x.txt"]
    assert ids(lab, "chats") == ["chats:notes/talk.jsonl#1"]


def test_links_in_the_folder_are_read(tmp_path: Path) -> None:
    own = texts(tmp_path / "own", sub__x_txt=LETTERS, talk_jsonl=dialogue("Hi"))
    (own / "link.txt").symlink_to(own / "sub" / "x.txt")
    (tmp_path / "way").symlink_to(own)
    quotes(make(tmp_path / "lab", tmp_path / "way"))
    assert ids(tmp_path / "lab") == ["documents:way/link.txt", "documents:way/sub/x.txt"]


def test_what_cannot_be_linked_is_copied(tmp_path: Path) -> None:
    far = Path("/dev/shm")
    if not far.is_dir() or far.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    with tempfile.TemporaryDirectory(dir=far) as folder:
        quotes(make(tmp_path / "lab", texts(Path(folder), x_txt=LETTERS)))
        assert (Path(folder) / "x.txt").read_text() == LETTERS
        assert ids(tmp_path / "lab") == [f"documents:{Path(folder).name}/x.txt"]


def test_messages_name_the_path_of_the_user(folder: Path, run: Run, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing")
    for found in (run("--yes"), make(tmp_path / "other", alone)):
        assert ".make" not in found.output
        assert ".make" not in str(found.exception)
    assert "broken.pdf: broken_file" in run("--yes").stderr
    assert str(alone) in str(make(tmp_path / "other", alone).exception)


MESSAGE = {"sender_id": "1", "dm_conversation_id": "1-2", "text": "Meet me at the old mill at noon."}
CALL = {
    "id": "1",
    "text": "A post.",
    "author_id": "7",
    "created_at": "2024-05-01",
    "edit_history_tweet_ids": [],
}


def test_files_of_other_commands_are_left_out_by_name_and_the_rest_comes_in(tmp_path: Path) -> None:
    own = texts(tmp_path / "own", a_txt=LETTERS, z_txt=MINUTES)
    good = json.dumps({"text": "A row that is a document by itself, and the first one of its file."})
    (own / "messages.jsonl").write_text(f"{good}\n{json.dumps(MESSAGE)}\n")
    (own / "sub").mkdir()
    (own / "sub" / "calls.jsonl").write_text(f"{good}\n{json.dumps(CALL)}\n")
    (own / "sub" / "talks.jsonl").write_text(f"{good}\n{json.dumps({'mapping': {}, 'text': 'A talk.'})}\n")
    with zipfile.ZipFile(own / "more.zip", "w") as archive:
        archive.writestr("inside.txt", "Some text inside of an archive of files.")
        archive.writestr("messages.jsonl", json.dumps(MESSAGE))
    wrong = ("messages.jsonl", "calls.jsonl", "talks.jsonl", "more.zip")
    found = make(tmp_path / "lab", own)
    assert quotes(found)["left_out"]["wrong_command"] == len(wrong)
    assert ids(tmp_path / "lab") == ["documents:own/a.txt", "documents:own/z.txt"]
    assert ".make" not in found.output
    for name in wrong:
        assert any(line.startswith("not added: ") and name in line for line in found.stderr.splitlines())
    assert (own / "messages.jsonl").exists()
    assert quotes(make(tmp_path / "lab", own))["passages"] == 2


def test_nothing_but_files_of_other_commands_is_an_error_in_words(tmp_path: Path) -> None:
    own = texts(tmp_path / "own", messages_jsonl=json.dumps(MESSAGE))
    found = make(tmp_path / "lab", own)
    assert isinstance(found.exception, GlaswerkError)
    assert "private message" in str(found.exception)
    assert "glaswerk add posts" in str(found.exception.hint)


def test_passages_are_cut_anew_with_the_corpus(folder: Path, run: Run, tmp_path: Path) -> None:
    quotes(run("--json"))
    (folder / "more.txt").write_text("The mill on the hill burned down in 1901, and nobody was hurt.")
    lab = ["--lab", str(tmp_path / "lab")]
    words = ["add", "docs", str(folder / "more.txt"), "--licence", "own", *lab]
    assert CliRunner().invoke(cli, words).exit_code == 0
    assert CliRunner().invoke(cli, ["curate", *lab]).exit_code == 0
    opened = Lab.open(tmp_path / "lab")
    with TestClient(create_app(opened), base_url="http://localhost") as client:
        found = client.get("/v1/glaswerk/search", params={"q": "When did the mill burn down?"}).json()
        curate(opened, validation_share=0.5)
        stale = client.get("/v1/glaswerk/search", params={"q": "When did the mill burn down?"})
    opened.ledger.close()
    assert "1901" in found["quotes"][0]["quote"]
    assert stale.status_code == 404
    assert "is newer than its passages\nhint: glaswerk index" in stale.json()["error"]["message"]


# What came before.


def test_paths_that_were_given_before_stay(tmp_path: Path) -> None:
    letters, minutes = texts(tmp_path / "letters", a_txt=LETTERS), texts(tmp_path / "minutes", b_txt=MINUTES)
    lab = tmp_path / "lab"
    assert quotes(make(lab, letters))["passages"] == 1
    assert quotes(make(lab, minutes))["passages"] == 2
    assert quotes(make(lab, letters))["passages"] == 2
    assert ids(lab) == ["documents:letters/a.txt", "documents:minutes/b.txt"]


def test_a_path_that_is_gone_is_said_and_kept_out(tmp_path: Path) -> None:
    letters, minutes = texts(tmp_path / "letters", a_txt=LETTERS), texts(tmp_path / "minutes", b_txt=MINUTES)
    texts(letters, talk_jsonl=dialogue("Hi"))
    lab = tmp_path / "lab"
    quotes(make(lab, letters, minutes))
    letters.rename(tmp_path / "moved")
    found = make(lab, minutes)
    assert quotes(found)["passages"] == 1
    assert f"kept out: {letters}" in found.stderr
    assert "the source chats" in found.stderr
    assert not (lab / "sources" / "chats").exists()
    (tmp_path / "moved").rename(letters)
    assert quotes(make(lab, minutes))["sources"] == {"documents": 2, "chats": 1}


def test_the_same_path_twice_is_one(tmp_path: Path) -> None:
    own = texts(tmp_path / "own", a_txt=LETTERS)
    lab = tmp_path / "lab"
    quotes(make(lab, own / "a.txt", own / ".." / "own" / "a.txt", own))
    assert ids(lab) == ["documents:a.txt"]


def test_a_source_of_the_user_is_not_replaced(tmp_path: Path) -> None:
    own = texts(tmp_path / "own", a_txt=LETTERS)
    lab = Lab.init(tmp_path / "lab")
    add_docs(lab, [own], licence="own", name="documents")
    lab.ledger.close()
    found = make(tmp_path / "lab", own)
    assert found.exit_code == 1
    assert "source 'documents' of glaswerk add" in str(found.exception)
    assert "--lab" in str(getattr(found.exception, "hint", ""))
    assert ids(tmp_path / "lab") == ["documents:a.txt"]


def test_rights_are_said_of_all_paths_and_stay(tmp_path: Path) -> None:
    one, two = texts(tmp_path / "one", a_txt=LETTERS), texts(tmp_path / "two", b_txt=MINUTES)
    lab = tmp_path / "lab"
    quotes(make(lab, one, "--licence", "CC0-1.0"))
    found = make(lab, two, "--licence", "own")
    assert "expected --licence CC0-1.0" in str(found.exception)
    quotes(make(lab, two))
    made = json.loads((lab / "make.json").read_text())
    assert made["rights"]["licence"] == "CC0-1.0"
    assert [path["name"] for path in made["paths"]] == ["one", "two"]


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    own = texts(tmp_path / "own", a_txt=LETTERS, talk_jsonl=dialogue("Hi"))
    lab = tmp_path / "lab"
    quotes(make(lab, own))
    for left in ("corpora", "passages"):
        shutil.rmtree(lab / left)
    (lab / ".make" / "documents").mkdir(parents=True)
    (lab / ".make" / "documents" / "left.txt").write_text("left by the run that was killed")
    before = (lab / "sources" / "documents" / "manifest.json").read_bytes()
    assert quotes(make(lab, own))["passages"] == 1
    assert (lab / "sources" / "documents" / "manifest.json").read_bytes() == before


def test_a_broken_list_of_paths_is_an_error_in_words(tmp_path: Path) -> None:
    own = texts(tmp_path / "own", a_txt=LETTERS)
    (tmp_path / "lab").mkdir()
    for broken in ("{", "[]", '{"paths": [1]}', '{"paths": [], "rights": {}}', "null"):
        (tmp_path / "lab" / "make.json").write_text(broken)
        assert "make.json" in str(make(tmp_path / "lab", own).exception)


# The lab in the folder, and paths that are none.


def test_a_lab_inside_the_folder_does_not_add_itself(tmp_path: Path) -> None:
    own = texts(tmp_path / "own", a_txt=LETTERS)
    for _ in range(2):
        assert quotes(make(own / "lab", own))["sources"] == {"documents": 1}
    assert quotes(make(own / "lab", own, "--dry-run"))["skipped"]["lab"] == 1


def test_a_lab_is_no_content(tmp_path: Path) -> None:
    own = texts(tmp_path / "own", a_txt=LETTERS)
    Lab.init(own).ledger.close()
    assert f"found the lab {own}" in str(make(own, own).exception)


def test_a_broken_link_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    found = make(tmp_path / "lab", tmp_path / "link")
    assert "a link to" in str(found.exception)
    assert not (tmp_path / "lab").exists()


# Settings.


def lab_with(root: Path, settings: str) -> Path:
    Lab.init(root).ledger.close()
    with (root / "lab.toml").open("a") as file:
        file.write(settings)
    return root


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "[serve.ground]\nprivate = false  # mine\non = true\n",
        "[serve.ground] # comment\non = true",
        "[ serve . ground ]\n\n[other]\nprivate = false\n",
        "[other]\nprivate = true\n",
        "[serve.ground]\r\non = false\r\n",
    ],
)
def test_private_is_set_beside_what_lab_toml_says(tmp_path: Path, settings: str) -> None:
    lab = lab_with(tmp_path / "lab", settings)
    before = tomllib.loads((lab / "lab.toml").read_text())
    quotes(make(lab, texts(tmp_path / "own", a_txt=LETTERS), "--private"))
    after = tomllib.loads((lab / "lab.toml").read_text())
    said = before.get("serve", {}).get("ground") or {"on": True}
    assert after["serve"]["ground"] == {**said, "private": True}
    assert after.get("other") == before.get("other")


@pytest.mark.parametrize(
    "settings",
    [
        "[serve]\nground = {on = true}\n",
        "[serve]\nground.on = true\n",
        "[serve]\nground.private = false\n",
        "[x]\na = '''\n[serve.ground]\n'''\n[serve]\nground.on = true\n",
    ],
)
def test_settings_in_another_form_stop_it_with_the_lines_to_add(tmp_path: Path, settings: str) -> None:
    lab = lab_with(tmp_path / "lab", settings)
    before = (lab / "lab.toml").read_bytes()
    found = make(lab, texts(tmp_path / "own", a_txt=LETTERS), "--private")
    assert found.exit_code == 1
    assert "private = true" in str(getattr(found.exception, "hint", ""))
    assert (lab / "lab.toml").read_bytes() == before
    assert not (lab / "sources").exists()


def test_what_was_made_private_stays_private(run: Run) -> None:
    assert quotes(run("--json", "--private"))["passages"] == 2
    found = run("--json")
    assert quotes(found)["passages"] == 2
    assert "private = true in lab.toml" in found.stderr


def test_a_model_that_cannot_be_read_leaves_the_quotes(run: Run, folder: Path, tmp_path: Path) -> None:
    weights = tmp_path / "weights.gguf"
    weights.write_bytes(b"GGUF no more")
    found = make(tmp_path / "lab", folder, "--model", weights)
    assert quotes(found)["model"] is None
    assert quotes(found)["passages"] == 1
    assert "error: " in found.stderr
    assert quotes(run("--json"))["passages"] == 1


def test_with_train_the_model_learns_the_content_and_is_the_one_that_is_served(tmp_path: Path) -> None:
    folder, model = tmp_path / "own", tmp_path / "tiny"
    folder.mkdir()
    for i in range(40):
        text = (
            f"Minutes of day {i}. The council spoke about bridge {i}, its paint and its {i + 2} lamps. " * 4
        )
        (folder / f"{i}.md").write_text(text)
    write_open_model(model, chat=True)
    words = ["make", str(folder), "--lab", str(tmp_path / "lab"), "--model", str(model), "--no-serve"]
    found = CliRunner().invoke(cli, [*words, "--train", "--json"])
    made = quotes(found)
    assert made["model"] == "tiny-continued"
    assert "training tiny on" in found.stderr
    lab = Lab.open(tmp_path / "lab")
    assert lab.latest("model", "tiny-continued")
    # The same command again finds it done.
    assert quotes(CliRunner().invoke(cli, [*words, "--train", "--json"]))["model"] == "tiny-continued"
    lab.ledger.close()


def test_it_says_what_so_much_text_is_enough_for() -> None:
    assert (
        advice(1000, "tiny")
        == "about 250 tokens: too few to train on (from 200,000); quotes serve them better"
    )
    assert advice(4_000_000, "tiny").endswith("the same command with --train trains tiny on them")
    assert "a model of your own of 50,000,000 parameters" in advice(4_000_000_000, "tiny")
