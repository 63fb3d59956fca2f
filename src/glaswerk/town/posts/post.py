"""A post before it becomes a tweet, and the calendar posts are placed on."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from glaswerk.town.posts.accounts import Account

FIRST_YEAR = 2023
MONTHS_LONG = 24
SEASONS = ("winter", "spring", "summer", "autumn")
# Snowflake ids count milliseconds from here (Twitter's own epoch, 4 November 2010).
SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
MAX_CHARACTERS = 280


@dataclass
class Post:
    """One post. `when` is in seconds UTC; `text` is plain, with full URLs and no HTML entities."""

    author: Account
    when: int
    text: str
    topic: str
    reply_to: Post | None = None
    retweet_of: Post | None = None
    picture: int | None = None
    edit_of: Post | None = None
    deleted: bool = False
    facts: tuple[str, ...] = ()
    id: str = ""
    editions: list[Post] = field(default_factory=list)


def month_start(month: int) -> datetime:
    """The first moment of month 1 to 24 of the timeline."""
    return datetime(FIRST_YEAR + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC)


def moment(rng: Random, author: Account, month: int) -> int:
    """A time in this month when such an account is awake."""
    start = month_start(month)
    days = calendar.monthrange(start.year, start.month)[1]
    hour = rng.choice((0, 1, 2, 3, 4, 5, 6, 7, 22, 23)) if author.voice.nocturnal else rng.randint(6, 22)
    seconds = rng.randrange(days) * 86400 + hour * 3600 + rng.randrange(3600)
    return int(start.timestamp()) + seconds


def any_month(rng: Random) -> int:
    """A month of the timeline."""
    return rng.randint(1, MONTHS_LONG)


def month_of_year(month: int) -> int:
    """1 to 12."""
    return (month - 1) % 12 + 1


def season(month: int) -> str:
    """The season of month 1 to 24; winter begins in December."""
    return SEASONS[month_of_year(month) % 12 // 3]


def date_of(post: Post) -> datetime:
    """The post's time as a datetime in UTC."""
    return datetime.fromtimestamp(post.when, UTC)


def snowflake(when: int, rng: Random) -> str:
    """An id whose upper bits are a millisecond within the second `when`."""
    milliseconds = when * 1000 + rng.randrange(1000) - SNOWFLAKE_EPOCH_MS
    return str((milliseconds << 22) | rng.getrandbits(22))


def number_posts(posts: list[Post], rng: Random) -> None:
    """Give every post an id that agrees with its time, and no id twice."""
    taken: set[str] = set()
    for post in posts:
        while (number := snowflake(post.when, rng)) in taken:
            pass
        taken.add(number)
        post.id = number
