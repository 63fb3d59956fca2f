"""The zip file of one account."""

from __future__ import annotations

import json

from tests.town.written import Town, load_js


def test_manifest_counts_equal_the_records(town: Town) -> None:
    for archive in town.archives():
        manifest = load_js(archive, "data/manifest.js")
        for kind in manifest["dataTypes"].values():
            for part in kind["files"]:
                text = archive.read(part["fileName"]).decode()
                assert text.startswith(f"window.{part['globalName']} = [")
                assert part["count"] == str(len(load_js(archive, part["fileName"])))


def test_the_manifest_lists_every_file_of_records(town: Town) -> None:
    for archive in town.archives():
        manifest = load_js(archive, "data/manifest.js")
        listed = {part["fileName"] for kind in manifest["dataTypes"].values() for part in kind["files"]}
        records = {name for name in archive.namelist() if name.endswith(".js")} - {"data/manifest.js"}
        assert listed == records


def test_an_archive_is_named_after_its_account(town: Town) -> None:
    for archive in town.archives():
        account = load_js(archive, "data/account.js")[0]["account"]
        assert archive.filename is not None
        assert archive.filename.endswith(f"/{account['username']}.zip")


def test_addresses_and_locations_are_of_the_town(town: Town) -> None:
    domain = "sankt-oel.example" if town.texts else "ostlebury.example"
    for archive in town.archives():
        account = load_js(archive, "data/account.js")[0]["account"]
        profile = load_js(archive, "data/profile.js")[0]["profile"]["description"]
        assert account["email"].endswith(f"@mail.{domain}")
        assert profile["location"] == town.key["name"]


def test_times_in_the_zip_file_do_not_depend_on_the_clock(town: Town) -> None:
    for archive in town.archives():
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.create_system for info in archive.infolist()} == {3}


def test_shared_pictures_are_in_the_archive_of_who_shared_them(town: Town) -> None:
    shared = 0
    for archive in town.archives():
        media = {name for name in archive.namelist() if name.startswith("data/tweets_media/")}
        tweets = [row["tweet"] for row in load_js(archive, "data/tweets.js")]
        ids = {tweet["id"] for tweet in tweets if "extended_entities" in tweet}
        assert {name.rsplit("/")[-1].split("-")[0] for name in media} == ids
        shared += len(media)
    assert shared >= 3


def test_nothing_in_a_record_of_an_account_is_left_unfilled(town: Town) -> None:
    for archive in town.archives():
        profile = json.dumps(load_js(archive, "data/profile.js"))
        assert "{town}" not in profile
        assert "{extra}" not in profile
