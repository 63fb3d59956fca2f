"""The zip file of one account."""

from __future__ import annotations

from tests.town.written import Town, load_js


def test_manifest_counts_equal_the_records(town: Town) -> None:
    for archive in town.archives():
        manifest = load_js(archive, "data/manifest.js")
        for kind in manifest["dataTypes"].values():
            for part in kind["files"]:
                text = archive.read(part["fileName"]).decode()
                assert text.startswith(f"window.{part['globalName']} = [")
                assert part["count"] == str(len(load_js(archive, part["fileName"])))
