"""Exports of Mastodon and Bluesky: the account's own posts, with whom they were written for."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from contextlib import suppress
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import libipld
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_docs import documents, mutated, tarred, zipped
from x_exports import ACTOR, PUBLIC, note, outbox

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.stored import DAMAGE
from glaswerk.data.posts.bluesky import read_repository
from glaswerk.data.posts.mastodon import SocialPost, html_text, read_activity
from glaswerk.data.source import add_posts
from glaswerk.lab import Artifact, Lab

DID = "did:plc:hazel"


def add(lab: Lab, path: Path, data: bytes, **more: Any) -> Artifact:
    path.write_bytes(data)
    return add_posts(lab, [path], **{"licence": "own", "name": "own", **more})


ACTIVITIES = (
    note(
        1,
        '<p>Look: <a href="https://mill.example/a/long/way"><span class="invisible">https://</span>'
        '<span class="ellipsis">mill.example/a/lo</span><span class="invisible">ng/way</span></a><br/>'
        "at it</p>"
        '<p><span class="h-card"><a href="https://x.example/@otis" class="u-url mention">'
        "@<span>otis</span>"
        "</a></span> &amp; all</p>",
    ),
    note(
        2, "<p>Wet.</p>", summary="Weather", to=[f"{ACTOR}/followers"], cc=[], inReplyTo=f"{ACTOR}/statuses/1"
    ),
    note(3, "<p>Psst.</p>", to=["https://x.example/users/otis"], cc=[]),
    note(
        4,
        "<p>The weir.</p>",
        to=[f"{ACTOR}/followers"],
        cc=[PUBLIC],
        attachment=[{"type": "Document", "url": "/media_attachments/files/1/weir.jpg", "name": "A weir"}],
    ),
    {"id": f"{ACTOR}/statuses/5/activity", "type": "Announce", "object": "https://x.example/1"},
    {"id": "x", "type": "Follow", "object": "y"},
)


def test_what_was_for_few_stays_out_of_a_mastodon_export_unless_asked_for(
    empty_lab: Lab, tmp_path: Path
) -> None:
    data = outbox(*ACTIVITIES)
    made = add(empty_lab, tmp_path / "outbox.json", data)
    assert {d.rights.audience for d in documents(made)} == {"public"}
    assert made.stats["left_out"] == {"direct_message": 1, "limited_audience": 1, "not_a_post": 1}
    more = add(empty_lab, tmp_path / "outbox.json", data, name="more", include_limited=True)
    assert sorted(d.rights.audience for d in documents(more)) == ["limited", "public", "public"]
    assert more.stats["left_out"] == {"direct_message": 1, "not_a_post": 1}


@pytest.mark.parametrize("shape", ["alone", "zip", "tar.gz"])
def test_a_mastodon_export_gives_posts_with_their_audience(
    empty_lab: Lab, tmp_path: Path, shape: str
) -> None:
    files = {
        "media_attachments/files/1/weir.jpg": b"\xff\xd8",
        "outbox.json": outbox(*ACTIVITIES),
        "actor.json": json.dumps({"type": "Person", "id": ACTOR}).encode(),
    }
    data = {"alone": files["outbox.json"], "zip": zipped(files), "tar.gz": gzip.compress(tarred(files))}[
        shape
    ]
    made = add(empty_lab, tmp_path / "export", data, include_direct_messages=True, include_limited=True)
    found = {d.id.rpartition("/")[2]: d for d in documents(made)}
    assert {number: d.rights.audience for number, d in found.items()} == {
        "1": "public",
        "2": "limited",
        "3": "private",
        "4": "public",
    }
    assert found["1"].text == "Look: https://mill.example/a/long/way\nat it\n\n@otis & all"
    assert found["2"].text == "Weather\n\nWet."
    assert found["2"].reply_to == found["1"].id == f"{ACTOR}/statuses/1"
    assert (found["4"].text, found["4"].media) == ("The weir.\n\n[image: A weir]", ("weir.jpg",))
    assert {(d.author, d.kind, d.lang, d.rights.acquired) for d in found.values()} == {
        ("hazel@social.example", "post", "en", "own")
    }
    assert (made.stats["reposts"], made.stats["left_out"]) == (1, {"not_a_post": 1})


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p>See <a href="https://a.example/x">this page</a>.</p>', "See this page (https://a.example/x)."),
        ('<a href="https://a.example/tags/mill" class="mention hashtag">#<span>mill</span></a>', "#mill"),
        ("<ul><li>one</li><li>two</li></ul><p>a &lt; b", "- one\n- two\n\na < b"),
        ("1 < 2 and <b>bold</b>", "1 < 2 and bold"),
    ],
)
def test_html_of_posts_becomes_text_with_its_links(html: str, text: str) -> None:
    assert html_text(html) == text


def varint(number: int) -> bytes:
    low = number & 127
    return bytes([low | 128]) + varint(number >> 7) if number > 127 else bytes([low])


def block(value: Any) -> tuple[bytes, bytes]:
    """(id, bytes) of a value; ids of other blocks stand in it as bytes and become links (tag 42)."""
    data = libipld.encode_dag_cbor(value)
    data = data.replace(b"\x58\x24\x01\x71\x12\x20", b"\xd8\x2a\x58\x25\x00\x01\x71\x12\x20")
    return b"\x01\x71\x12\x20" + hashlib.sha256(data).digest(), data


def repository(records: dict[str, Any]) -> bytes:
    """A CAR file whose tree has two levels: all but the last record below the last one."""
    blocks = {key: block(value) for key, value in sorted(records.items())}
    *lower, last = blocks
    entries, before = [], ""
    for key in lower:
        shared = len(Path(key).parent.as_posix()) + 1 if Path(key).parent == Path(before).parent else 0
        entries.append({"p": shared, "k": key[shared:].encode(), "v": blocks[key][0], "t": None})
        before = key
    left = block({"l": None, "e": entries})
    root = block({"l": left[0], "e": [{"p": 0, "k": last.encode(), "v": blocks[last][0], "t": None}]})
    commit = block({"did": DID, "version": 3, "data": root[0], "rev": "1", "prev": None, "sig": b"s"})
    deleted = block({"$type": "app.bsky.feed.post", "text": "Deleted.", "createdAt": "2024-05-01T10:00:00Z"})
    header = block({"version": 1, "roots": [commit[0]]})[1]
    parts = [header, *(cid + data for cid, data in (commit, root, left, deleted, *blocks.values()))]
    return b"".join(varint(len(part)) + part for part in parts)


PICTURE = b"\x01\x71\x12\x20" + b"p" * 32
RECORDS = {
    "app.bsky.actor.profile/self": {"displayName": "Hazel"},
    "app.bsky.feed.post/3a": {
        "text": "Grüße, see mill.example/a/lo...",
        "langs": ["de-DE"],
        "createdAt": "2024-05-01T10:00:00.000Z",
        "facets": [
            {
                "index": {"byteStart": 13, "byteEnd": 33},
                "features": [
                    {"$type": "app.bsky.richtext.facet#link", "uri": "https://mill.example/a/long/way"}
                ],
            }
        ],
    },
    "app.bsky.feed.post/3b": {
        "text": "And the weir",
        "createdAt": "2024-05-02T10:00:00.000Z",
        "reply": {
            "root": {"uri": "at://did:plc:otis/app.bsky.feed.post/0"},
            "parent": {"uri": f"at://{DID}/app.bsky.feed.post/3a"},
        },
        "embed": {
            "$type": "app.bsky.embed.recordWithMedia",
            "record": {"record": {"uri": "at://did:plc:otis/app.bsky.feed.post/9"}},
            "media": {"images": [{"alt": "A weir", "image": {"ref": PICTURE}}]},
        },
    },
    "app.bsky.feed.repost/3c": {"subject": {"uri": "at://did:plc:otis/app.bsky.feed.post/8"}},
}


def test_a_bluesky_repository_gives_the_posts_that_its_tree_names(empty_lab: Lab, tmp_path: Path) -> None:
    made = add(empty_lab, tmp_path / "repo", repository(RECORDS), author="hazel.example")
    first, second = documents(made)
    assert first.id == f"at://{DID}/app.bsky.feed.post/3a"
    assert first.text == "Grüße, see https://mill.example/a/long/way"
    assert (first.lang, str(first.created_at)) == ("de", "2024-05-01 10:00:00+00:00")
    assert (second.text, second.reply_to) == ("And the weir\n\n[image: A weir]", first.id)
    assert second.quote_of == "at://did:plc:otis/app.bsky.feed.post/9"
    assert len(second.media) == 1
    assert (second.author, second.rights.acquired) == ("hazel.example", "own")
    assert (made.stats["reposts"], made.stats["left_out"]) == (1, {"not_a_post": 1})


def test_a_name_stands_for_one_did_and_never_for_a_name_that_an_export_tells(
    empty_lab: Lab, tmp_path: Path
) -> None:
    post = {"$type": "app.bsky.feed.post", "text": "Hello", "createdAt": "2024-05-01T10:00:00Z"}
    car = repository({"app.bsky.feed.post/3kaaaaaaaaa2a": post})
    made = add(empty_lab, tmp_path / "repo.car", car, author="hazel.example")
    assert {d.author for d in documents(made)} == {"hazel.example"}
    made = add(empty_lab, tmp_path / "outbox.json", outbox(note(1, "x")), author="otis", name="other")
    assert {d.author for d in documents(made)} == {"hazel@social.example"}


def test_exports_and_dumps_of_x_are_added_apart(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "dump.jsonl").write_text('{"id_str": "1", "text": "x"}')
    (tmp_path / "outbox.json").write_bytes(outbox(*ACTIVITIES))
    with pytest.raises(GlaswerkError, match="found both"):
        add_posts(empty_lab, [tmp_path / "outbox.json", tmp_path / "dump.jsonl"], licence="own")


@settings(max_examples=200)
@given(st.data())
def test_no_bytes_of_a_repository_raise_anything_but_damage(data: st.DataObject) -> None:
    with suppress(*DAMAGE):
        for item in read_repository(BufferedReader(BytesIO(mutated(data, repository(RECORDS)))), Counter()):
            assert item.id.startswith("at://")


JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=9) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(note(1, "")["object"])), inner)
    ),
)


@given(JSON, JSON)
def test_no_activity_raises_anything(thing: Any, more: Any) -> None:
    fields = {
        "type": "Note",
        "id": "https://a.example/1",
        "attachment": more,
        **(thing if isinstance(thing, dict) else {}),
    }
    for kind in ("Create", "Announce"):
        found = read_activity({"type": kind, "id": "i", "object": fields}, Counter())
        assert not isinstance(found, SocialPost) or found.id
        read_activity({"type": kind, "object": thing}, Counter())


def test_posts_of_x_that_are_packed_with_an_export_are_said_to_stay_out(
    empty_lab: Lab, tmp_path: Path
) -> None:
    sms = (
        b'<smses><sms address="+1555" date="1700000000000" type="1" body="Hello there, old friend"/></smses>'
    )
    status = b'{"id_str": "1850000000000000001", "full_text": "a post", "user": {"screen_name": "hazel"}}'
    path = tmp_path / "both.tar"
    path.write_bytes(tarred({"a.xml": sms, "b.json": status}))
    made = add_posts(empty_lab, [path], licence="CC0-1.0", acquired="licensed", include_direct_messages=True)
    assert made.stats["documents"] == 1
    assert made.stats["left_out"]["other_posts"] == 1
