"""Posts per CPU second of `add posts`, from an account archive and an API dump, against plain JSON parsing.

    python -m bench.ingest                       # an archive of 200,000 posts, a dump of 100,000
    python -m bench.ingest --posts 20000 --dump 10000

PyPI has no other reader of X archives, so the peer is the lower bound of any reader in Python: `json.loads`
of the same bytes (for the dump: gunzip, then `json.loads` of each line). Records have what X writes:
entities, links, mentions, pictures, edit_info, about 2 kB each, indented in the archive. CPU seconds of the
process with all its threads, median of three rounds; the input is written beforehand.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click

from bench.duplicates import town_posts
from glaswerk.core.memory import no_cycle_search
from glaswerk.data.source import add_posts
from glaswerk.lab import Lab
from glaswerk.town.archive.tweets import x_date

ROUNDS, POSTS, DUMP, PART, TEXTS = 3, 200_000, 100_000, 50_000, 10_000
HANDLE, ACCOUNT = "lena_mill", "4711"
# 1 January 2021 as an id of X, and a post every eleven minutes.
FIRST, STEP = 1_344_792_000_000_000_000, 11 * 60_000 << 22
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
Json = dict[str, Any]


def records(number: int, texts: list[str]) -> list[Json]:
    """Posts of one account: a third reply to others, some to its own last post; a fifth have a picture."""
    dice = random.Random(1)
    return [record(FIRST + i * STEP, texts[i % len(texts)], dice) for i in range(number)]


def record(number: int, text: str, dice: random.Random) -> Json:
    identifier = str(number)
    moment = _EPOCH + timedelta(milliseconds=number >> 22)
    mentions, links, media, more = [], [], [], {}
    if dice.random() < 0.35:
        other = f"neighbour_{dice.randrange(500)}"
        text = f"@{other} {text}"
        mentions.append(mention(other))
        more = reply(str(number - dice.randrange(1 << 40)), other)
    elif dice.random() < 0.05:
        more = reply(str(number - STEP), HANDLE)
    if dice.random() < 0.3:
        text, link = f"{text} https://t.co/{number % 36**6:010d}", len(text) + 1
        links.append(address(f"https://t.co/{number % 36**6:010d}", link, number))
    if dice.random() < 0.2:
        text, place = f"{text} https://t.co/P{number % 36**6:09d}", len(text) + 1
        media.append(picture(f"https://t.co/P{number % 36**6:09d}", place, number))
    text = text.replace("&", "&amp;")
    entities: Json = {"hashtags": [], "symbols": [], "user_mentions": mentions, "urls": links}
    if media:
        entities["media"], more["extended_entities"] = media, {"media": media}
    return {
        "edit_info": {
            "initial": {
                "editTweetIds": [identifier],
                "editableUntil": f"{moment:%Y-%m-%dT%H:%M:%S}.000Z",
                "editsRemaining": "5",
                "isEditEligible": True,
            }
        },
        "retweeted": False,
        "source": '<a href="http://twitter.com/download/android" rel="nofollow">Twitter for Android</a>',
        "entities": entities,
        "display_text_range": ["0", str(len(text))],
        "favorite_count": "3",
        "id_str": identifier,
        "truncated": False,
        "retweet_count": "0",
        "id": identifier,
        "possibly_sensitive": False,
        "created_at": x_date(moment),
        "favorited": False,
        "full_text": text,
        "lang": "en",
        **more,
    }


def mention(handle: str) -> Json:
    return {
        "name": handle.title(),
        "screen_name": handle,
        "indices": ["0", str(len(handle) + 1)],
        "id_str": "187657529",
        "id": "187657529",
    }


def address(short: str, start: int, number: int) -> Json:
    return {
        "url": short,
        "expanded_url": f"https://gazette.example/news/{number}?from=post",
        "display_url": "gazette.example/news/…",
        "indices": [str(start), str(start + len(short))],
    }


def picture(short: str, start: int, number: int) -> Json:
    name = f"pbs.twimg.com/media/F{number % 10**14:014d}.jpg"
    sizes = {
        size: {"w": str(width), "h": str(width), "resize": "fit"}
        for size, width in (("thumb", 150), ("small", 680), ("large", 2048), ("medium", 1200))
    }
    return {
        "expanded_url": f"https://twitter.com/{HANDLE}/status/{number}/photo/1",
        "indices": [str(start), str(start + len(short))],
        "url": short,
        "media_url": f"http://{name}",
        "id_str": str(number - 7),
        "id": str(number - 7),
        "media_url_https": f"https://{name}",
        "sizes": sizes,
        "type": "photo",
        "display_url": f"pic.twitter.com/{short[-10:]}",
    }


def reply(identifier: str, handle: str) -> Json:
    user = ACCOUNT if handle == HANDLE else "187657529"
    return {
        "in_reply_to_status_id_str": identifier,
        "in_reply_to_status_id": identifier,
        "in_reply_to_user_id": user,
        "in_reply_to_user_id_str": user,
        "in_reply_to_screen_name": handle,
    }


def status(record: Json, handle: str) -> Json:
    """The record in the format of API v1.1: numbers as numbers, the author embedded."""
    user = {
        "id": 4711,
        "id_str": ACCOUNT,
        "name": handle.title(),
        "screen_name": handle,
        "location": "Mill Lane",
        "description": "Neighbour, baker, early riser. Opinions are my own.",
        "url": None,
        "protected": False,
        "verified": False,
        "followers_count": 312,
        "friends_count": 190,
        "listed_count": 4,
        "favourites_count": 9012,
        "statuses_count": 18123,
        "geo_enabled": True,
        "created_at": "Sat May 04 12:00:00 +0000 2013",
        "utc_offset": None,
        "time_zone": None,
        "lang": None,
        "contributors_enabled": False,
        "is_translator": False,
        "default_profile": True,
        "profile_background_color": "C0DEED",
        "profile_link_color": "1DA1F2",
        "profile_image_url_https": "https://pbs.twimg.com/profile_images/4711/normal.jpg",
        "profile_banner_url": "https://pbs.twimg.com/profile_banners/4711/1500000000",
    }
    numbers = {key: int(record[key]) for key in ("id", "favorite_count", "retweet_count")}
    return {**record, **numbers, "user": user, "geo": None, "coordinates": None, "place": None}


def write_archive(folder: Path, tweets: list[Json]) -> list[Path]:
    """An unpacked archive; returns its files of posts, which X cuts at about 100 MB."""
    (folder / "data").mkdir(parents=True)
    files = []
    for part in range(0, len(tweets), PART):
        rows = [{"tweet": row} for row in tweets[part : part + PART]]
        text = json.dumps(rows, ensure_ascii=False, indent=2, separators=(",", " : "))
        files.append(folder / f"data/tweets{f'-part{part // PART}' if part else ''}.js")
        files[-1].write_text(f"window.YTD.tweets.part{part // PART} = {text}")
    listed = [
        {
            "fileName": f"data/{file.name}",
            "globalName": f"YTD.tweets.part{i}",
            "count": str(min(PART, len(tweets) - i * PART)),
        }
        for i, file in enumerate(files)
    ]
    manifest = {
        "userInfo": {"accountId": ACCOUNT, "userName": HANDLE, "displayName": "Lena"},
        "archiveInfo": {"generationDate": "2026-01-01T00:00:00.000Z"},
        "dataTypes": {"tweets": {"mediaDirectory": "data/tweets_media", "files": listed}},
    }
    (folder / "data/manifest.js").write_text(f"window.__THAR_CONFIG = {json.dumps(manifest)}")
    return files


def write_dump(file: Path, tweets: list[Json]) -> Path:
    with gzip.open(file, "wt", compresslevel=6) as out:
        for i, row in enumerate(tweets):
            out.write(json.dumps(status(row, f"neighbour_{i % 500}")) + "\n")
    return file


def parse_archive(files: list[Path]) -> int:
    """Parse the bytes of an archive as they are; returns the number of posts."""
    for file in files:
        json.loads(file.read_bytes().partition(b"=")[2])
    return sum(file.stat().st_size for file in files)


def parse_dump(file: Path) -> int:
    size = 0
    with gzip.open(file, "rb") as lines:
        for line in lines:
            size += len(line)
            json.loads(line)
    return size


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process, summed over its threads."""
    clock = time.process_time()
    work()
    return time.process_time() - clock


def compare(name: str, posts: int, parse: Callable[[], int], add: Callable[[str], object]) -> None:
    """Run both in turn, so that noise affects both."""
    bounds, ours, size = [], [], parse()
    for number in range(ROUNDS):
        # As `add posts` reads archives; with the search for cycles the bound would be half as high.
        with no_cycle_search():
            bounds.append(seconds(parse))
        ours.append(seconds(lambda name=f"{name}-{number}": add(name)))
    own, bound = statistics.median(ours), statistics.median(bounds)
    click.echo(
        f"{name:8}{posts:9,} posts of {size / posts:,.0f} bytes: {posts / own:8,.0f} posts/CPU-s; "
        f"json.loads {posts / bound:8,.0f}; ratio {bound / own:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=POSTS)
    parser.add_argument("--dump", type=int, default=DUMP)
    chosen = parser.parse_args()
    texts = town_posts(min(TEXTS, chosen.posts))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        lab = Lab.init(folder / "lab")
        archive, dump = folder / "archive", folder / "dump.jsonl.gz"
        files = write_archive(archive, records(chosen.posts, texts))
        write_dump(dump, records(chosen.dump, texts))
        add = partial(add_posts, lab, licence="CC0-1.0", acquired="synthetic")
        compare("archive", chosen.posts, lambda: parse_archive(files), lambda n: add([archive], name=n))
        compare("dump", chosen.dump, lambda: parse_dump(dump), lambda n: add([dump], name=n))


if __name__ == "__main__":
    main()
