"""Splits the timeline into one `AccountData` per account."""

from __future__ import annotations

from glaswerk.town.archive.account_archive import AccountData, circles
from glaswerk.town.dice import dice
from glaswerk.town.posts.post import snowflake
from glaswerk.town.posts.timeline import Timeline


def account_data(timeline: Timeline, seed: int) -> list[AccountData]:
    """Posts, messages, likes and follows of every account, in the order of the accounts."""
    accounts = timeline.scene.accounts
    by_id = {account.id: AccountData(account) for account in accounts}
    for post in timeline.posts:
        by_id[post.author.id].posts.append(post)
    _deal_messages(timeline, by_id, seed)
    _deal_likes(timeline, by_id, seed)
    follows = circles(accounts, dice(seed, "follows"))
    for number in sorted(follows):
        by_id[number].following = sorted(follows[number])
        for other in sorted(follows[number]):
            by_id[other].followers.append(number)
    return list(by_id.values())


def _deal_messages(timeline: Timeline, by_id: dict[str, AccountData], seed: int) -> None:
    rng = dice(seed, "message ids")
    for message in sorted(timeline.messages, key=lambda item: item.when):
        numbered = (snowflake(message.when, rng), message)
        by_id[message.sender.id].messages.append(numbered)
        by_id[message.recipient.id].messages.append(numbered)


def _deal_likes(timeline: Timeline, by_id: dict[str, AccountData], seed: int) -> None:
    """A like holds another account's words, so only posts that were not deleted are liked."""
    rng = dice(seed, "likes")
    up = [post for post in timeline.posts if not post.deleted and not post.retweet_of]
    for data in by_id.values():
        data.likes = rng.sample(up, 12)
