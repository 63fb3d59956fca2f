"""Reads a written town back."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from glaswerk.town.grammar import plain_words

Json = dict[str, Any]


def load_js(archive: zipfile.ZipFile, name: str) -> Any:
    """The JSON behind the assignment of a `data/*.js` file."""
    head, body = archive.read(name).decode().split("=", 1)
    if not head.startswith("window."):
        raise ValueError(f"expected an assignment to window, found {head!r}")
    return json.loads(body)


@dataclass(frozen=True)
class Town:
    """A written town, read back; `texts` is the folder it was made from, or None for the shipped texts."""

    out: Path
    key: Json
    chats: list[Json]
    docs: dict[str, str]
    counts: dict[str, int]
    texts: Path | None = None

    def archives(self) -> list[zipfile.ZipFile]:
        return [zipfile.ZipFile(path) for path in sorted((self.out / "archives").glob("*.zip"))]

    @cached_property
    def tweets(self) -> list[tuple[str, Json]]:
        """Pairs of handle and tweet."""
        found = []
        for path in sorted((self.out / "archives").glob("*.zip")):
            with zipfile.ZipFile(path) as archive:
                found += [(path.stem, row["tweet"]) for row in load_js(archive, "data/tweets.js")]
        return found

    @cached_property
    def public_text(self) -> str:
        return "\n".join([tweet["full_text"] for _, tweet in self.tweets] + list(self.docs.values()))

    @cached_property
    def asked(self) -> list[str]:
        """What users say in the chats."""
        return [m["content"] for chat in self.chats for m in chat["messages"] if m["role"] == "user"]


def read_town(out: Path, counts: dict[str, int], texts: Path | None = None) -> Town:
    chats = [json.loads(line) for line in (out / "chats.jsonl").read_text(encoding="utf-8").splitlines()]
    docs = {path.name: path.read_text(encoding="utf-8") for path in sorted((out / "docs").glob("*.md"))}
    key = json.loads((out / "answer_key.json").read_text(encoding="utf-8"))
    return Town(out, key, chats, docs, counts, texts)


def said(text: str) -> str:
    """The words of a text between spaces, so that whole words are found in it."""
    return " " + plain_words(text) + " "
