"""`glaswerk keys` and `glaswerk usage`: a secret is shown once, and nothing changes by looking."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from json_shape import faults

from glaswerk.cli.json_fields import JSON_FIELDS
from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.accounts.admission import Demand
from glaswerk.serve.accounts.database import open_database
from glaswerk.serve.accounts.ledger import Entry, record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lab = Lab.init(tmp_path / "lab", "test")
    lab.ledger.close()
    return lab.root


def run(folder: Path, *words: str) -> Result:
    result = CliRunner().invoke(cli, [*words, "--lab", str(folder)], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result


def test_a_key_is_printed_once_and_only_its_hash_is_kept(folder: Path) -> None:
    made = run(folder, "keys", "create", "laptop")
    text = made.stdout.strip()
    assert made.stdout == f"{text}\n"
    identifier, secret = text.removeprefix("gw_").split("_")
    assert len(bytes.fromhex(secret)) == 32
    assert secret not in run(folder, "keys", "ls").stdout + run(folder, "keys", "ls", "--json").stdout
    assert identifier in run(folder, "keys", "ls").stdout
    for file in folder.glob("accounts.db*"):
        assert secret.encode() not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_keys_share_nothing(folder: Path) -> None:
    made = [run(folder, "keys", "create", "laptop").stdout.strip() for _ in range(20)]
    assert len({part for text in made for part in text.split("_")[1:]}) == 40


def test_every_setting_of_a_key_is_listed(folder: Path) -> None:
    given = [
        "--project",
        "research",
        "--model",
        "chat",
        "--endpoint",
        "/v1/chat/completions",
        "--expires",
        "90d",
    ]
    given += ["--limit", "requests=60", "--limit", "chat:tokens=1000", "--limit", "chat:spend=7", "--json"]
    made = json.loads(run(folder, "keys", "create", "ci", *given).stdout)
    (found,) = json.loads(run(folder, "keys", "ls", "--json").stdout)
    assert found == {name: value for name, value in made.items() if name not in ("key", "dry_run")}
    assert (found["project"], found["models"], found["endpoints"]) == (
        "research",
        ["chat"],
        ["chat/completions"],
    )
    assert found["limits"] == {"": {"requests": 60}, "chat": {"tokens": 1000, "spend": 7}}
    assert abs(found["expires"] - time.time() - 90 * 86_400) < 600


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["a\nb"], r"'a\\nb'"),
        (["a\r\nx-admin: 1"], "found"),
        (["\x1b]0;x\x07"], r"x1b"),
        ([" "], "' '"),
        (["x" * 101], "found 'xxx"),
        (["x", "--project", "a/b"], "'a/b'"),
        (["x", "--project", "ü"], "'ü'"),
        (["x", "--endpoint", "chat completions"], "'chat completions'"),
        (["x", "--limit", "requests"], "'requests'"),
        (["x", "--limit", "requests=0"], "'requests=0'"),
        (["x", "--limit", "requests=-1"], "'requests=-1'"),
        (["x", "--limit", "requests=1.5"], "'requests=1.5'"),
        (["x", "--limit", "requests=٣"], "found"),
        (["x", "--limit", "chat:hours=1"], "'chat:hours=1'"),
        (["x", "--expires", "yesterday"], "'yesterday'"),
        (["x", "--expires", "2020-01-01"], "'2020-01-01'"),
        (["x", "--expires", "0d"], "'0d'"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_made(folder: Path, words: list[str], found: str) -> None:
    with pytest.raises(GlaswerkError, match=found) as caught:
        run(folder, "keys", "create", *words)
    assert (caught.value.hint or "").startswith("glaswerk keys create")
    assert not (folder / "accounts.db").exists()


def test_looking_and_dry_runs_change_nothing(folder: Path) -> None:
    assert "there is no key yet" in run(folder, "keys", "ls").stderr
    assert run(folder, "usage", "--json").exit_code == 0
    assert "would make" in run(folder, "keys", "create", "laptop", "--dry-run").stdout
    assert not (folder / "accounts.db").exists()
    run(folder, "keys", "create", "laptop")
    assert "would revoke" in run(folder, "keys", "revoke", "laptop", "--dry-run").stdout
    assert [key["state"] for key in json.loads(run(folder, "keys", "ls", "--json").stdout)] == ["active"]


def test_a_key_is_revoked_by_id_by_name_and_by_its_text(folder: Path) -> None:
    texts = [run(folder, "keys", "create", name).stdout.strip() for name in ("one", "two", "three")]
    revoked = run(folder, "keys", "revoke", "one", texts[1].split("_")[1], texts[2], "--json").stdout
    assert faults(json.loads(revoked), JSON_FIELDS["keys revoke"]) == []
    assert {key["state"] for key in json.loads(run(folder, "keys", "ls", "--json").stdout)} == {"revoked"}


def test_an_unknown_or_ambiguous_name_revokes_nothing_and_hides_the_secret(folder: Path) -> None:
    texts = [run(folder, "keys", "create", name).stdout.strip() for name in ("one", "one", "two")]
    for names in (["two", "nobody"], ["one"], ["gw_000000000000_" + "a" * 64]):
        with pytest.raises(GlaswerkError, match="the id or the name of one key") as caught:
            run(folder, "keys", "revoke", *names)
        assert "aaaa" not in caught.value.message
    run(folder, "keys", "revoke", texts[0])
    run(folder, "keys", "revoke", "one")
    keys = json.loads(run(folder, "keys", "ls", "--json").stdout)
    assert {(key["name"], key["state"]) for key in keys} == {("one", "revoked"), ("two", "active")}


def test_usage_sums_the_ledger_by_every_name(folder: Path) -> None:
    db = open_database(folder, "", create=True)
    day = 86_400_000
    with db.transaction():
        for number in range(6):
            project, model = ("town", "chat") if number % 2 else ("river", "base")
            entry = Entry(
                *(
                    f"r{number}",
                    None,
                    number // 3 * day,
                    project,
                    f"k{number % 3}",
                    model,
                    "chat/completions",
                ),
                *(10, 4, 5, 100, "stop"),
            )
            record(db, entry, Demand(entry.response, entry.key, entry.model, 0, 0, {}))
    db.close()
    for by, names in {
        "project": ["river", "town"],
        "key": ["k0", "k1", "k2"],
        "model": ["base", "chat"],
        "endpoint": ["chat/completions"],
        "day": ["1970-01-01", "1970-01-02"],
    }.items():
        found = json.loads(run(folder, "usage", "--by", by, "--json").stdout)
        assert faults(found, JSON_FIELDS["usage"]) == []
        assert [total["name"] for total in found["totals"]] == names
        assert {sum(total[name] for total in found["totals"]) for name in ("spend",)} == {600}
        assert sum(total["prompt"] for total in found["totals"]) == 60
    found = json.loads(run(folder, "usage", "--since", "1970-01-02", "--project", "town", "--json").stdout)
    assert [total["requests"] for total in found["totals"]] == [2]
    assert "600" in run(folder, "usage", "--by", "endpoint").stdout


def test_accounts_that_are_no_database_are_an_error_with_a_hint(folder: Path) -> None:
    (folder / "accounts.db").write_text("not a database, but long enough to look at its header" * 50)
    with pytest.raises(GlaswerkError, match="cannot be read") as caught:
        run(folder, "keys", "ls")
    assert "accounts.db aside" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "line",
    [
        "accounts = 3",
        'accounts = "mysql://x"',
        'prices = "high"',
        "prices = { chat = 3 }",
        "prices = { chat = { prompt = 1.5 } }",
        "prices = { chat = { prompt = -1 } }",
        "prices = { chat = { prompt = true } }",
        "prices = { chat = { answer = 1 } }",
    ],
)
def test_a_wrong_setting_of_the_lab_is_named(folder: Path, line: str) -> None:
    with (folder / "lab.toml").open("a") as settings:
        settings.write(f"\n[serve]\n{line}\n")
    with pytest.raises(GlaswerkError, match=r"\[serve") as caught:
        run(folder, "usage")
    assert "lab.toml" in (caught.value.hint or "")
