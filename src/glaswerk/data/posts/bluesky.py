"""A Bluesky account's export: a repository as a CAR file of DAG-CBOR blocks, read into posts.

atproto.com/specs/repository: the root is a signed commit, which points to a Merkle search tree of
collection/rkey → record. Only records that the tree still names are read, so deleted posts are left out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from glaswerk.core.extras import load_extra
from glaswerk.data.files.limits import BLUESKY_BLOCK_BYTES, BLUESKY_KEY_BYTES, BLUESKY_REPOSITORY_BYTES
from glaswerk.data.files.stored import Bomb
from glaswerk.data.language import tidy_code
from glaswerk.data.posts.mastodon import SocialPost
from glaswerk.data.posts.post import Repost

_POST, _REPOST = "app.bsky.feed.post/", "app.bsky.feed.repost/"
# CID version 1, DAG-CBOR, SHA-256 of 32 bytes: the only kind in a repository.
_CID, _CID_LENGTH = b"\x01\x71\x12\x20", 36


def is_repository(head: bytes) -> bool:
    """Whether a file's first bytes are those of a CAR file of version 1."""
    return b"eroots" in head[:16] and b"gversion\x01" in head[:128]


def read_repository(stream: BinaryIO, counts: Counter[str]) -> Iterator[SocialPost | Repost]:
    """Posts and reposts in the order of their keys, which is the order of time.

    Raises ValueError if the file is not a complete repository, and Bomb beyond the limits.
    """
    header = _decoded(_block(stream))
    roots = header.get("roots") if isinstance(header, dict) else None
    blocks = _blocks(stream, counts)
    commit = _decoded(blocks.get(roots[0], b"")) if isinstance(roots, list) and roots else None
    if not isinstance(commit, dict) or not isinstance(commit.get("did"), str):
        raise ValueError("the root is no commit of a repository")
    for key, cid in _entries(commit.get("data"), blocks):
        item = _item(key, blocks.get(cid), commit["did"], counts)
        if item is not None:
            yield item


def _blocks(stream: BinaryIO, counts: Counter[str]) -> dict[bytes, bytes]:
    """Blocks by id; a block whose content does not match its id is counted and left out."""
    found: dict[bytes, bytes] = {}
    left = BLUESKY_REPOSITORY_BYTES
    while data := _block(stream):
        left -= len(data)
        if left < 0:
            raise Bomb(f"a repository of more than {BLUESKY_REPOSITORY_BYTES:,} bytes")
        cid, block = data[:_CID_LENGTH], data[_CID_LENGTH:]
        if cid.startswith(_CID) and hashlib.sha256(block).digest() == cid[len(_CID) :]:
            found[cid] = block
        else:
            counts["broken_record"] += 1
    return found


def _block(stream: BinaryIO) -> bytes:
    """The next length-prefixed block; empty at the end. Raises ValueError if the file is truncated."""
    size = shift = 0
    while byte := stream.read(1):
        size |= (byte[0] & 127) << shift
        shift += 7
        if byte[0] < 128:
            break
        if shift > 28:
            raise ValueError("a length of more than 28 bits")
    if size > BLUESKY_BLOCK_BYTES:
        raise ValueError(f"a block of {size:,} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise ValueError("cut off")
    return data


def _codec() -> Any:
    return load_extra("libipld", "bluesky", "exports of Bluesky")


def _decoded(block: bytes) -> Any:
    """A DAG-CBOR value; None for anything else."""
    try:
        return _codec().decode_dag_cbor(block)
    except (ValueError, RecursionError):
        return None


def _entries(root: Any, blocks: Mapping[bytes, bytes]) -> Iterator[tuple[str, bytes]]:
    """(key, record's id) of the tree in order; nodes that are missing or repeated are skipped."""
    seen: set[bytes] = set()
    todo: list[tuple[str, Any]] = [("", root)]
    while todo:
        key, cid = todo.pop()
        if key:
            yield key, cid
            continue
        node = _decoded(blocks[cid]) if isinstance(cid, bytes) and cid in blocks and cid not in seen else None
        if isinstance(node, dict):
            seen.add(cid)
            todo += reversed(list(_children(node)))


def _children(node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The children of a node in order: ("", subtree) or (key, record). Keys share prefixes."""
    yield "", node.get("l")
    before = b""
    entries = node.get("e")
    for entry in entries if isinstance(entries, list) else []:
        shared, rest = (entry.get("p"), entry.get("k")) if isinstance(entry, dict) else (None, None)
        if not isinstance(shared, int) or not isinstance(rest, bytes) or not 0 <= shared <= len(before):
            return
        before = (before[:shared] + rest)[:BLUESKY_KEY_BYTES]
        if isinstance(entry.get("v"), bytes):
            yield before.decode("utf-8", "replace"), entry["v"]
        yield "", entry.get("t")


def _item(key: str, block: bytes | None, did: str, counts: Counter[str]) -> SocialPost | Repost | None:
    if not key.startswith((_POST, _REPOST)):
        counts["not_a_post"] += 1
        return None
    record = _decoded(block) if block is not None else None
    address = f"at://{did}/{key}"
    if key.startswith(_REPOST):
        original = _string(_inner(record, "subject"), "uri")
        if original:
            return Repost(address, original)
    elif isinstance(record, dict) and isinstance(record.get("text"), str):
        return _post(record, address, did, key.removeprefix(_POST))
    counts["broken_record"] += 1
    return None


def _post(record: Mapping[str, Any], address: str, did: str, rkey: str) -> SocialPost:
    embed = _inner(record, "embed")
    # A quote with pictures wraps both: the quoted record in `record`, the pictures in `media`.
    media = _inner(embed, "media") or embed
    quoted = _inner(embed, "record")
    images = [image for image in _list(media, "images") if isinstance(image, dict)]
    link = _string(_inner(media, "external"), "uri")
    text = _with_links(record)
    parts = [text, link if link not in text else "", *(_described(image) for image in images)]
    return SocialPost(
        id=address,
        text="\n\n".join(part for part in parts if part.strip()),
        created_at=_string(record, "createdAt"),
        author=did,
        lang=next((code for code in map(_code, _list(record, "langs")) if code), ""),
        url=f"https://bsky.app/profile/{did}/post/{rkey}",
        reply_to=_string(_inner(_inner(record, "reply"), "parent"), "uri"),
        quote_of=_string(quoted, "uri") or _string(_inner(quoted, "record"), "uri"),
        media=tuple(name for image in images if (name := _blob(image))),
    )


def _with_links(record: Mapping[str, Any]) -> str:
    """The text with full addresses instead of shortened ones; facets count bytes of UTF-8."""
    data: bytes = record["text"].encode("utf-8", "replace")
    spans = sorted((span for facet in _list(record, "facets") for span in _link(facet)), reverse=True)
    before: int = len(data)
    for start, end, uri in spans:
        if 0 <= start < end <= before:
            words = data[start:end].decode("utf-8", "replace")
            shown = words.rstrip(".…")
            whole = uri if shown.lower() in uri.lower() else f"{words} ({uri})"
            data = data[:start] + whole.encode("utf-8", "replace") + data[end:]
            before = start
    return data.decode("utf-8", "replace").strip()


def _link(facet: Any) -> Iterator[tuple[int, int, str]]:
    index = _inner(facet, "index")
    start, end = index.get("byteStart"), index.get("byteEnd")
    for feature in _list(facet, "features"):
        uri = _string(feature, "uri")
        if uri and isinstance(start, int) and isinstance(end, int):
            yield start, end, uri


def _described(image: Mapping[str, Any]) -> str:
    alt = _string(image, "alt").strip()
    return f"[image: {alt}]" if alt else ""


def _blob(image: Mapping[str, Any]) -> str:
    """The content id of a picture, under which the network serves it."""
    reference = _inner(image, "image").get("ref")
    if not isinstance(reference, bytes):
        return ""
    try:
        return str(_codec().encode_cid(reference))
    except ValueError:
        return ""


def _code(value: Any) -> str:
    return tidy_code(value) if isinstance(value, str) else ""


def _inner(holder: Any, key: str) -> Mapping[str, Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def _list(holder: Any, key: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []


def _string(holder: Any, key: str) -> str:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""
