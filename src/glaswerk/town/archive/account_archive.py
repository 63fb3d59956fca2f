"""The zip file of one account: what X names its files, keys and types, made from posts and messages."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from random import Random
from typing import Any

from glaswerk.town.archive.tweets import deleted_at, full_text, iso_date, media_name, tweet, utc, x_date
from glaswerk.town.pictures import Picture
from glaswerk.town.posts.accounts import Account
from glaswerk.town.posts.post import Post, date_of
from glaswerk.town.posts.private import Message
from glaswerk.town.text.records import Names

GENERATED = "2025-01-06T08:00:00.000Z"
JOINED = "2015-03-01T09:00:00.000Z"
# The earliest time that a zip file can hold: archives must not depend on the clock.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
Json = dict[str, Any]


@dataclass
class AccountData:
    """What one account's archive holds; `messages` are pairs of an id and a message."""

    account: Account
    posts: list[Post] = field(default_factory=list)
    messages: list[tuple[str, Message]] = field(default_factory=list)
    likes: list[Post] = field(default_factory=list)
    followers: list[str] = field(default_factory=list)
    following: list[str] = field(default_factory=list)


def _user_link(account_id: str) -> Json:
    link = f"https://twitter.com/intent/user?user_id={account_id}"
    return {"accountId": account_id, "userLink": link}


def _account_records(account: Account, names: Names) -> dict[str, list[Json]]:
    email = f"{account.handle}@mail.{names.domain}"
    return {
        "account": [
            {
                "account": {
                    "email": email,
                    "createdVia": "web",
                    "username": account.handle,
                    "accountId": account.id,
                    "createdAt": JOINED,
                    "accountDisplayName": account.name,
                }
            }
        ],
        "account-timezone": [{"accountTimezone": {"accountId": account.id}}],
        "ageinfo": [{"ageMeta": {"ageInfo": {"age": ["13-150"], "birthDate": "1900-01-01"}}}],
        "block": [],
        "ip-audit": [
            {
                "ipAudit": {
                    "accountId": account.id,
                    "createdAt": JOINED,
                    "loginIp": f"192.0.2.{int(account.id) % 254 + 1}",
                    "loginPortNumber": "0",
                }
            }
        ],
        "mute": [],
        "note-tweet": [],
        "profile": [
            {
                "profile": {
                    "description": {"bio": account.bio, "website": "", "location": names.town},
                    "avatarMediaUrl": f"https://pbs.twimg.com/profile_images/{account.id}/avatar.png",
                    "headerMediaUrl": "",
                }
            }
        ],
        "verified": [{"verified": {"accountId": account.id, "verified": account.kind != "person"}}],
    }


def _header(post: Post) -> Json:
    return {
        "tweet_id": post.id,
        "user_id": post.author.id,
        "created_at": x_date(date_of(post)),
    }


def _tweet_records(data: AccountData, directory: dict[str, Account]) -> dict[str, list[Json]]:
    public = [post for post in data.posts if not post.deleted]
    gone = [post for post in data.posts if post.deleted]
    newest_first = list(reversed(public))
    return {
        "tweets": [{"tweet": tweet(post, directory)} for post in newest_first],
        "tweet-headers": [{"tweet": _header(post)} for post in newest_first],
        "deleted-tweets": [{"tweet": tweet(post, directory)} for post in gone],
        "deleted-tweet-headers": [
            {"tweet": _header(post) | {"deleted_at": deleted_at(post)}} for post in gone
        ],
    }


def _message_records(data: AccountData) -> dict[str, list[Json]]:
    talks: dict[str, list[tuple[str, Message]]] = {}
    for number, message in data.messages:
        pair = sorted((message.sender.id, message.recipient.id), key=int)
        talks.setdefault("-".join(pair), []).append((number, message))

    def create(number: str, message: Message, full: bool) -> Json:
        ids = {
            "id": number,
            "senderId": message.sender.id,
            "recipientId": message.recipient.id,
            "createdAt": iso_date(utc(message.when)),
        }
        body = {"reactions": [], "urls": [], "text": message.text, "mediaUrls": [], "editHistory": []}
        return {"messageCreate": ids | (body if full else {})}

    def records(full: bool) -> list[Json]:
        return [
            {
                "dmConversation": {
                    "conversationId": talk,
                    "messages": [create(number, message, full) for number, message in reversed(rows)],
                }
            }
            for talk, rows in sorted(talks.items())
        ]

    return {"direct-messages": records(True), "direct-message-headers": records(False)}


def _circle_records(data: AccountData) -> dict[str, list[Json]]:
    return {
        "follower": [{"follower": _user_link(number)} for number in data.followers],
        "following": [{"following": _user_link(number)} for number in data.following],
        "like": [
            {
                "like": {
                    "tweetId": post.id,
                    "fullText": full_text(post)[0],
                    "expandedUrl": f"https://twitter.com/i/web/status/{post.id}",
                }
            }
            for post in data.likes
        ],
    }


def _camel(stem: str) -> str:
    head, *rest = stem.split("-")
    return head + "".join(word.title() for word in rest)


def _script(global_name: str, value: object) -> bytes:
    return f"window.{global_name} = {json.dumps(value, ensure_ascii=False, indent=2)}".encode()


def _manifest(account: Account, records: dict[str, list[Json]], size: int) -> Json:
    types: Json = {}
    for stem, rows in sorted(records.items()):
        name = f"YTD.{stem.replace('-', '_')}.part0"
        types[_camel(stem)] = {
            "files": [{"fileName": f"data/{stem}.js", "globalName": name, "count": str(len(rows))}]
        }
    types["tweets"]["mediaDirectory"] = "data/tweets_media"
    return {
        "userInfo": {
            "accountId": account.id,
            "userName": account.handle,
            "displayName": account.name,
        },
        "archiveInfo": {
            "sizeBytes": str(size),
            "generationDate": GENERATED,
            "isPartialArchive": False,
            "maxPartSizeBytes": "53687091200",
        },
        "readmeInfo": {
            "fileName": "data/README.txt",
            "directory": "data/",
            "name": "README.txt",
        },
        "dataTypes": types,
    }


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # The default differs between Windows and the rest.
            archive.writestr(info, content)
    return buffer.getvalue()


def archive_bytes(
    data: AccountData, directory: dict[str, Account], pictures: list[Picture], names: Names
) -> bytes:
    """The zip file of one account; `directory` holds all accounts by handle, for mentions."""
    records = (
        _account_records(data.account, names)
        | _tweet_records(data, directory)
        | _message_records(data)
        | _circle_records(data)
    )
    files = {
        f"data/{stem}.js": _script(f"YTD.{stem.replace('-', '_')}.part0", rows)
        for stem, rows in sorted(records.items())
    }
    for post in data.posts:
        if post.picture is not None and not post.retweet_of:
            files[f"data/tweets_media/{post.id}-{media_name(post)}"] = pictures[post.picture].png()
    files["data/README.txt"] = b"A made-up account archive in the format of X. Nobody in it exists.\n"
    size = sum(len(content) for content in files.values())
    manifest = _script("__THAR_CONFIG", _manifest(data.account, records, size))
    return _zip({"data/manifest.js": manifest} | files)


def circles(accounts: list[Account], rng: Random) -> dict[str, set[str]]:
    """The ids that each account follows, by account id."""
    share = min(40, len(accounts) // 3)
    return {
        account.id: {other.id for other in rng.sample(accounts, share) if other is not account}
        for account in accounts
    }


def archive_name(account: Account) -> str:
    """The zip file's name."""
    return f"{account.handle}.zip"
