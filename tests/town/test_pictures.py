"""Captioned pictures."""

from __future__ import annotations

import json

from tests.town.written import Town


def test_pictures_are_64_pixels_wide_and_described(town: Town) -> None:
    rows = [
        json.loads(line)
        for line in (town.out / "images/metadata.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert len(rows) == 12
    for row in rows:
        header = (town.out / "images" / row["file_name"]).read_bytes()[:24]
        assert (header[16:20], header[20:24]) == ((64).to_bytes(4, "big"),) * 2
        for thing in row["objects"]:
            assert thing["colour"] in row["text"]
            assert thing["shape"] in row["text"]
