"""The table of stored things: projects apart, bounds, order, whole transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.errors import ApiError
from glaswerk.serve.stored.store import Bounds, Store, in_parts, new_id


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "stored.db", Bounds(things=10, bytes=5_000_000, responses=3))
    yield found
    found.close()


def _names(store: Store, **query: object) -> list[str]:
    return [body["id"] for body in store.page("town", "note", query)["data"]]


def test_a_thing_of_another_project_does_not_exist(store: Store) -> None:
    store.add("town", "note", {"id": "a", "text": "x"})
    assert store.get("town", "note", "a") == {"id": "a", "text": "x"}
    assert store.find("village", "note", "a") is None
    for work in (store.get, store.remove):
        with pytest.raises(ApiError) as caught:
            work("village", "note", "a")
        assert caught.value.status == 404
    with pytest.raises(ApiError):
        store.change("village", "note", {"id": "a"})
    assert store.get("town", "note", "a")["text"] == "x"


def test_pages_go_both_ways_and_say_whether_there_is_more(store: Store) -> None:
    for name in "abcde":
        store.add("town", "note", {"id": name})
    assert _names(store) == list("edcba")
    assert _names(store, order="asc", limit=2) == list("ab")
    assert _names(store, order="asc", after="b", limit=2) == list("cd")
    assert _names(store, after="c") == list("ba")
    assert _names(store, order="asc", before="c") == list("ab")
    first = store.page("town", "note", {"limit": 3})
    assert (first["first_id"], first["last_id"], first["has_more"]) == ("e", "c", True)
    assert store.page("town", "note", {"after": "c"})["has_more"] is False
    with pytest.raises(ApiError, match="no note"):
        store.page("town", "note", {"after": "nobody"})


def test_what_is_of_a_parent_goes_with_it(store: Store) -> None:
    store.add("town", "talk", {"id": "t"})
    store.add("town", "item", {"id": "i"}, parent="t")
    assert [item["id"] for item in store.all("town", "item", "t")] == ["i"]
    store.remove("town", "talk", "t")
    assert list(store.all("town", "item", "t")) == []


def test_room_is_bounded_in_number_and_in_bytes_and_comes_back(store: Store) -> None:
    for number in range(10):
        store.add("town", "note", {"id": str(number)})
    with pytest.raises(ApiError) as caught:
        store.add("town", "note", {"id": "one too many"})
    assert caught.value.code == "storage_full"
    assert store.find("town", "note", "one too many") is None
    store.add("village", "note", {"id": "another project has its own room"})
    store.remove("town", "note", "0")
    with pytest.raises(ApiError, match="5,000,000 bytes"):
        store.add("town", "file", {"id": "big"}, content=in_parts(b"x" * 5_000_001))
    store.add("town", "file", {"id": "small"}, content=in_parts(b"x" * 4_000_000))
    assert b"".join(store.content("town", "file", "small")) == b"x" * 4_000_000
    with pytest.raises(ApiError):
        store.change("town", "note", {"id": "1", "text": "y" * 2_000_000})
    assert store.get("town", "note", "1") == {"id": "1"}


def test_the_oldest_responses_are_deleted_above_the_bound(store: Store) -> None:
    for number in range(5):
        store.add("town", "response", {"id": str(number)})
        store.trim("town", "response")
    assert [body["id"] for body in store.all("town", "response")] == ["2", "3", "4"]


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def work() -> None:
        store.add("town", "note", {"id": "a"})
        store.remove("town", "note", "nobody")

    with pytest.raises(ApiError):
        store.together(work)
    assert store.find("town", "note", "a") is None


def test_things_are_there_after_a_restart_and_only_their_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "stored.db"
    store = Store(path)
    store.add("town", "note", {"id": "a"})
    store.close()
    again = Store(path)
    assert again.get("town", "note", "a") == {"id": "a"}
    assert path.stat().st_mode & 0o077 == 0
    again.close()


def test_a_damaged_file_and_one_of_a_newer_version_are_named(tmp_path: Path) -> None:
    damaged, newer = tmp_path / "damaged.db", tmp_path / "newer.db"
    damaged.write_bytes(b"no database" * 1000)
    with pytest.raises(GlaswerkError, match=r"damaged\.db"):
        Store(damaged)
    Store(newer).close()
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(GlaswerkError, match="found 99"):
        Store(newer)


def test_ids_differ_and_are_long() -> None:
    found = {new_id("file") for _ in range(1000)}
    assert len(found) == 1000
    assert all(len(name) == 53 for name in found)


def test_a_file_is_gone_once_its_time_is_over(store: Store) -> None:
    for name, end in (("old", 1), ("new", 2**40), ("always", None)):
        store.add("town", "file", {"id": name, "expires_at": end}, content=[b"x"])
        store.add("town", "note", {"id": name, "expires_at": end})
    for _ in range(2):
        assert store.find("town", "file", "old") is None
        with pytest.raises(ApiError):
            store.content("town", "file", "old")
        assert [body["id"] for body in store.all("town", "file")] == ["new", "always"]
        assert [body["id"] for body in store.page("town", "file", {})["data"]] == ["always", "new"]
        assert b"".join(store.content("town", "file", "new")) == b"x"
        assert len(_names(store)) == 3
        store.purge()


def test_what_has_a_status_is_found_everywhere(store: Store) -> None:
    for project, status in (("a", "queued"), ("b", "in_progress"), ("c", "completed")):
        store.add(project, "response", {"id": "r", "response": {"status": status}})
    left = store.everywhere("response", "response.status", ("queued", "in_progress"))
    assert sorted(project for project, _ in left) == ["a", "b"]
    assert len(store.everywhere("response")) == 3
