"""Posts as scrapers, hydrators, flattened pages and tables write them come in with authors and dates."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from x_exports import FIRST, lines, status

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts.tables import is_table_of_posts
from glaswerk.data.source import add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

ID, OTHER = str(FIRST + 7), str(FIRST + 3)
TEXT, QUOTED = "The mill turns again today.", "Original words of the baker."
DAY = "2024-10-26"


def add(lab: Lab, path: Path, data: bytes | None = None, **more: Any) -> Artifact:
    if data is not None:
        path.write_bytes(data)
    return add_posts(lab, [path], **{"licence": "X terms", "name": "dump", "acquired": "licensed", **more})


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


def parts(made: Artifact) -> list[tuple[str, ...]]:
    return [tuple(row.values()) for row in read_rows(made.path / "parts.parquet")]


USER = {"id": 77, "username": "mill_ann"}
ROWS: dict[str, dict[str, Any]] = {
    "snscrape": {"id": int(ID), "date": f"{DAY}T08:00:00+00:00", "rawContent": TEXT, "user": USER},
    "an older snscrape": {"id": int(ID), "date": f"{DAY}T08:00:00+00:00", "content": TEXT, "user": USER},
    "twint": {"id": int(ID), "created_at": f"{DAY} 08:00:00 UTC", "username": "mill_ann", "tweet": TEXT},
    "camel case": {
        "id": ID,
        "createdAt": "Sat Oct 26 08:00:00 +0000 2024",
        "text": TEXT,
        "author": {"userName": "mill_ann"},
    },
    "a normal data set": {"id": ID, "created_at": f"{DAY}T08:00:00Z", "text": TEXT, "author": "mill_ann"},
    "the first search API": {
        "id_str": ID,
        "created_at": "Sat, 26 Oct 2024 08:00:00 +0000",
        "from_user": "mill_ann",
        "text": TEXT,
    },
    "an address": {"url": f"https://x.com/mill_ann/status/{ID}", "date": DAY, "content": TEXT, "user": USER},
    "null for the full text": {
        **{"id_str": ID, "full_text": None, "text": TEXT, "user": {"screen_name": "mill_ann"}},
        "created_at": "Sat Oct 26 08:00:00 +0000 2024",
    },
    "a bare record of an archive": {
        "tweet": {"id_str": ID, "full_text": TEXT, "created_at": "Sat Oct 26 08:00:00 +0000 2024"}
    },
}


@pytest.mark.parametrize("name", ROWS)
def test_the_json_of_a_program_is_read_with_author_and_date(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    made = add(empty_lab, tmp_path / "posts.jsonl", lines(ROWS[name]), author="mill_ann")
    (found,) = documents(made)
    assert (found.id, found.text, found.author) == (f"x:{ID}", TEXT, "mill_ann")
    assert str(found.created_at).startswith(DAY)


TABLES: dict[str, dict[str, str]] = {
    "hydrator": {
        "created_at": "Sat Oct 26 08:00:00 +0000 2024",
        "id": ID,
        "text": TEXT,
        "user_screen_name": "mill_ann",
    },
    "twarc-csv": {
        "id": ID,
        "created_at": f"{DAY}T08:00:00.000Z",
        "text": TEXT,
        "author.username": "mill_ann",
    },
    "X's own releases": {
        "tweetid": ID,
        "user_screen_name": "mill_ann",
        "tweet_text": TEXT,
        "tweet_time": f"{DAY} 08:00",
    },
    "a spreadsheet": {
        "id_str": ID,
        "from_user": "mill_ann",
        "text": TEXT,
        "created_at": "Sat Oct 26 08:00:00 +0000 2024",
    },
    "words with capitals": {
        "Tweet ID": ID,
        "Username": "@mill_ann",
        "Text": TEXT,
        "Created At": f"{DAY} 08:00:00",
    },
}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_posts_is_read_with_author_and_date(
    empty_lab: Lab, tmp_path: Path, name: str, delimiter: str
) -> None:
    path = tmp_path / "posts.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(TABLES[name]), delimiter=delimiter)
        writer.writeheader()
        writer.writerow(TABLES[name])
    (found,) = documents(add(empty_lab, path))
    assert (found.id, found.text, found.author) == (f"x:{ID}", TEXT, "mill_ann")
    assert str(found.created_at).startswith(DAY)


def test_a_parquet_file_of_posts_is_read_and_needs_a_word_on_how_it_was_acquired(
    empty_lab: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "posts.parquet"
    pq.write_table(pa.Table.from_pylist([TABLES["hydrator"]]), path)
    with pytest.raises(GlaswerkError, match="terms"):
        add(empty_lab, path, acquired="")
    assert [d.text for d in documents(add(empty_lab, path))] == [TEXT]


def test_broken_rows_of_a_table_are_counted_and_a_row_with_lines_is_whole(
    empty_lab: Lab, tmp_path: Path
) -> None:
    table = f'sep=,\nid,text,screen_name\n{ID},"Two\nlines, ""quoted""",mill_ann\n{OTHER},a,b,c,d\n'
    made = add(empty_lab, tmp_path / "posts.csv", table.encode())
    assert [d.text for d in documents(made)] == ['Two\nlines, "quoted"']
    assert made.stats["left_out"] == {"broken_record": 1}


def test_a_table_in_another_encoding_is_refused_with_what_to_do(empty_lab: Lab, tmp_path: Path) -> None:
    table = f"id,text,screen_name\n{ID},M\u00fchle,mill_ann\n".encode("cp1252")
    with pytest.raises(GlaswerkError, match="UTF-8") as caught:
        add(empty_lab, tmp_path / "posts.csv", table)
    assert "iconv" in str(caught.value.hint)


@pytest.mark.parametrize(
    "head",
    [b"id,text\n1,a\n", b"name,phone\na,1\n", b"id,text,username", b"", b'{"id": 1}\n', b"\xff\xfe\0\n"],
)
def test_a_table_of_something_else_is_none_of_posts(head: bytes) -> None:
    assert not is_table_of_posts(head)


QUOTE = {
    "id": ID,
    "author_id": "77",
    "text": "Look at this",
    "author": USER,
    "created_at": f"{DAY}T08:00:00Z",
}
INNER = {"id": OTHER, "author_id": "88", "text": QUOTED, "author": {"username": "baker_bo"}, "type": "quoted"}


def test_a_flattened_page_gives_the_post_and_the_one_that_it_quotes(empty_lab: Lab, tmp_path: Path) -> None:
    made = add(empty_lab, tmp_path / "flat.jsonl", lines({**QUOTE, "referenced_tweets": [INNER]}))
    found = {d.id: (d.text, d.author, d.quote_of) for d in documents(made)}
    assert found == {
        f"x:{ID}": ("Look at this", "mill_ann", f"x:{OTHER}"),
        f"x:{OTHER}": (QUOTED, "baker_bo", ""),
    }


def test_a_flattened_retweet_is_the_original_and_an_edge(empty_lab: Lab, tmp_path: Path) -> None:
    row = {**QUOTE, "text": "RT @baker_bo: Orig…", "referenced_tweets": [{**INNER, "type": "retweeted"}]}
    made = add(empty_lab, tmp_path / "flat.jsonl", lines(row))
    assert [(d.id, d.text) for d in documents(made)] == [(f"x:{OTHER}", QUOTED)]
    assert parts(made) == [(f"x:{ID}", f"x:{OTHER}", "retweet")]


@pytest.mark.parametrize(
    "retweet",
    [
        {"retweetedTweet": {"id": int(OTHER), "rawContent": QUOTED, "user": {"username": "baker_bo"}}},
        {"retweeted_tweet": {"tweet_id": OTHER, "text": QUOTED, "author": {"userName": "baker_bo"}}},
    ],
)
def test_a_scraped_retweet_is_the_original_and_an_edge(
    empty_lab: Lab, tmp_path: Path, retweet: dict[str, Any]
) -> None:
    row = {**ROWS["snscrape"], "rawContent": "RT @baker_bo: Orig…", **retweet}
    made = add(empty_lab, tmp_path / "flat.jsonl", lines(row))
    assert [(d.id, d.text, d.author) for d in documents(made)] == [(f"x:{OTHER}", QUOTED, "baker_bo")]
    assert parts(made) == [(f"x:{ID}", f"x:{OTHER}", "retweet")]


def test_a_retweet_whose_original_is_extended_gives_the_whole_text(empty_lab: Lab, tmp_path: Path) -> None:
    whole = {"full_text": "Words of the baker cut here in whole.", "entities": {}}
    original = status(3, "Words of the baker cut he…", truncated=True, extended_tweet=whole)
    row = status(7, "RT @baker_bo: cut…", retweeted_status=original)
    made = add(empty_lab, tmp_path / "a.jsonl", lines(row))
    assert [d.text for d in documents(made)] == [whole["full_text"]]
    assert parts(made) == [(f"x:{ID}", f"x:{OTHER}", "retweet")]


def test_replies_links_and_protection_are_read_from_scraped_rows(empty_lab: Lab, tmp_path: Path) -> None:
    row = {
        **ROWS["snscrape"],
        "rawContent": "See https://t.co/a",
        "inReplyToTweetId": int(OTHER),
        "links": [{"url": "https://mill.example/", "tcourl": "https://t.co/a"}],
        "user": {**USER, "protected": True},
    }
    (found,) = documents(add(empty_lab, tmp_path / "a.jsonl", lines(row)))
    assert (found.text, found.reply_to) == ("See https://mill.example/", f"x:{OTHER}")
    assert found.rights.audience == "limited"


@pytest.mark.parametrize("key", ["community_id", "trusted_friends_control", "exclusive_tweet_control"])
def test_a_post_to_a_community_or_circle_is_limited_in_a_dump_too(
    empty_lab: Lab, tmp_path: Path, key: str
) -> None:
    rows = lines(status(1, "For all."), status(2, "For few.", **{key: {"id": "5"}}))
    found = documents(add(empty_lab, tmp_path / "a.jsonl", rows))
    assert {d.text: d.rights.audience for d in found} == {"For all.": "public", "For few.": "limited"}


def test_one_data_file_of_an_archive_alone_is_refused_with_what_to_do(empty_lab: Lab, tmp_path: Path) -> None:
    record = {"tweet": {"id_str": ID, "full_text": TEXT, "created_at": "Sat Oct 26 08:00:00 +0000 2024"}}
    data = f"window.YTD.tweets.part0 = {json.dumps([record])}".encode()
    with pytest.raises(GlaswerkError, match="one of its data files") as caught:
        add(empty_lab, tmp_path / "tweets.js", data)
    assert "--tolerant" in str(caught.value.hint)
    (tmp_path / "data").mkdir()
    (tmp_path / "tweets.js").rename(tmp_path / "data" / "tweets.js")
    made = add(empty_lab, tmp_path, acquired="", tolerant=True, author="mill_ann")
    assert [d.text for d in documents(made)] == [TEXT]
