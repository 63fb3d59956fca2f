"""Writes small X account archives in the layout that X uses, whole or damaged."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HANDLE = "lena_mill"
ACCOUNT = "4711"


def tweet(identifier: int, text: str, **more: Any) -> dict[str, Any]:
    """One record of tweets.js, with the keys that X writes for every post."""
    return {
        "tweet": {
            "id": str(identifier),
            "id_str": str(identifier),
            "full_text": text,
            "created_at": "Wed Oct 10 20:19:24 +0000 2018",
            "lang": "en",
            "entities": {"hashtags": [], "symbols": [], "urls": [], "user_mentions": []},
            "edit_info": {"initial": {"editTweetIds": [str(identifier)], "editsRemaining": "5"}},
            "retweeted": False,
            **more,
        }
    }


def assignment(name: str, value: Any) -> str:
    """A data file as X writes it: an assignment to a global, then JSON."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"


def manifest(
    files: Mapping[str, Sequence[tuple[str, int]]], handle: str = HANDLE, generated: str = ""
) -> str:
    """manifest.js for data types with their files and counts; another handle is another account."""
    types = {
        kind: {
            "mediaDirectory": "data/tweets_media",
            "files": [
                {"fileName": name, "globalName": f"YTD.{kind}.part{i}", "count": str(count)}
                for i, (name, count) in enumerate(entries)
            ],
        }
        for kind, entries in files.items()
    }
    account = ACCOUNT if handle == HANDLE else f"id of {handle}"
    info = {"generationDate": generated} if generated else {}
    user = {"accountId": account, "userName": handle, "displayName": handle.title()}
    return assignment("window.__THAR_CONFIG", {"userInfo": user, "archiveInfo": info, "dataTypes": types})


def members(
    tweets: Sequence[Any],
    *,
    deleted: Sequence[Any] = (),
    messages: Sequence[Any] = (),
    protected: Sequence[Any] = (),
    handle: str = HANDLE,
    generated: str = "",
) -> dict[str, str | bytes]:
    """Name → content of the data files of one archive."""
    parts = {
        "tweets": ("data/tweets.js", tweets),
        "deletedTweets": ("data/deleted-tweets.js", deleted),
        "directMessages": ("data/direct-messages.js", messages),
        "protectedHistory": ("data/protected-history.js", protected),
    }
    files: dict[str, str | bytes] = {
        name: assignment(f"window.YTD.{kind}.part0", list(records)) for kind, (name, records) in parts.items()
    }
    counts = {kind: [(name, len(records))] for kind, (name, records) in parts.items()}
    files["data/manifest.js"] = manifest(counts, handle, generated)
    return files


def write_zip(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """A deflated zip of those members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_folder(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """The same, unpacked."""
    for name, content in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


COLUMNS = (
    "tweet_id",
    "in_reply_to_status_id",
    "in_reply_to_user_id",
    "timestamp",
    "source",
    "text",
    "retweeted_status_id",
    "retweeted_status_user_id",
    "retweeted_status_timestamp",
    "expanded_urls",
)


def status(identifier: int, text: str, **more: Any) -> dict[str, Any]:
    """A record of data/js/tweets/YYYY_MM.js, with the keys that X wrote until 2018."""
    return {
        "source": '<a href="http://twitter.com" rel="nofollow">Twitter Web Client</a>',
        "entities": {"user_mentions": [], "media": [], "hashtags": [], "urls": []},
        "geo": {},
        "id_str": str(identifier),
        "text": text,
        "id": identifier,
        "created_at": "2013-05-04 12:00:00 +0000",
        "user": {"name": "Lena", "screen_name": HANDLE, "protected": False, "id_str": ACCOUNT},
        **more,
    }


def table(*rows: Mapping[str, str]) -> str:
    """tweets.csv, every field in quotes as X wrote them."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, quoting=csv.QUOTE_ALL, restval="")
    writer.writeheader()
    writer.writerows({"timestamp": "2013-05-04 12:00:00 +0000", **row} for row in rows)
    return out.getvalue()


def grailbird(
    months: Mapping[str, Sequence[Any]], rows: str = "", promised: int | None = None
) -> dict[str, str]:
    """Name → content of an archive of before 2019; `months` like "2013_05"."""
    count = sum(map(len, months.values())) if promised is None else promised
    details = {
        "screen_name": HANDLE,
        "full_name": "Lena",
        "id": ACCOUNT,
        "created_at": "2009-01-01 00:00:00 +0000",
    }
    files = {
        "data/js/user_details.js": assignment("var user_details", details),
        "data/js/payload_details.js": assignment(
            "var payload_details", {"tweets": count, "created_at": "2014-02-01 10:00:00 +0000", "lang": "en"}
        ),
        "index.html": "<html></html>",
        "js/application.js": "var application = 1",
    }
    for month, records in months.items():
        files[f"data/js/tweets/{month}.js"] = assignment(f"Grailbird.data.tweets_{month}", list(records))
    return {**files, "tweets.csv": rows} if rows else files
