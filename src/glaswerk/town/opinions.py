"""Political posts for both sides, and rumours with their corrections."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from glaswerk.town import names
from glaswerk.town.accounts import Account
from glaswerk.town.dice import spread
from glaswerk.town.grammar import capital, lines
from glaswerk.town.issues import Issue
from glaswerk.town.issues_town import TOWN_ISSUES
from glaswerk.town.issues_traffic import TRAFFIC_ISSUES
from glaswerk.town.posts import Post, any_month, moment
from glaswerk.town.rumours import (
    CORRECT_CLOSERS,
    CORRECT_OPENERS,
    RUMOURS,
    SPREAD_CLOSERS,
    SPREAD_OPENERS,
    RumourText,
)
from glaswerk.town.scene import Scene, finish

ISSUES = TRAFFIC_ISSUES + TOWN_ISSUES
_FRAMES = lines(
    """
    {want} {reason}.
    {reason}. {want}
    {want} Why? Because {because}.
    On {topic}: {want} {reason}.
    If you ask me about {topic}: {reason}. {want}
    Since {because}, I say it again. {want}
    {want} Just think: {because}.
    {want} {reason}, and {second}.
    {want} That is where I stand on {topic}.
    I signed the petition on {topic}. {reason}.
    Long talk about {topic} at the pub. {want} {reason}.
    Can we talk about {topic}? {want}
    """
)
_PARTY_FRAMES = lines(
    """
    {want} That is what the {party} stands for. {reason}.
    The {party} on {topic}: {want} {reason}.
    {reason}. That is why the {party} says: {want}
    Vote {party}. {want}
    Our plan for {topic} is simple. {want} {reason}.
    """
)
_REPLY_FRAMES = lines(
    """
    I see it differently. {want} {reason}.
    With respect, no. {reason}.
    And what about this: {because}? {want}
    You forget that {because}.
    Sorry, but {because}. {want}
    Nonsense. {want} {reason}.
    Fair point, but {because}.
    """
)
_AGREE_FRAMES = lines(
    """
    Exactly. {reason}.
    Yes! {want}
    Well said, and {because}.
    Quite right. {want} {reason}.
    """
)
SPREADS_PER_RUMOUR = 8
CORRECTIONS_PER_RUMOUR = 7


def _argue(frames: tuple[str, ...], issue: Issue, side: str, rng: Random) -> str:
    """One argument for this side of this issue."""
    first, second = rng.sample(issue.reasons[side], 2)
    want = rng.choice(issue.spoken_wants)["ab".index(side)]
    slots = {"want": want, "reason": capital(first), "because": first, "second": second}
    slots |= {"topic": issue.topic, "party": names.PARTIES[side]}
    return capital(rng.choice(frames).format_map(slots))


def _tag(issue: Issue, rng: Random) -> str:
    return f"#{issue.hashtag}" if rng.random() < 0.35 else ""


def _opinion(issue: Issue, side: str, author: Account, scene: Scene, rng: Random) -> Post:
    frames = _PARTY_FRAMES if author.kind == "party" else _FRAMES
    month = any_month(rng)
    text = finish(_argue(frames, issue, side, rng), author, month, scene, rng, _tag(issue, rng))
    return Post(author, moment(rng, author, month), text, f"politics:{issue.id}:{side}")


def _retort(post: Post, issue: Issue, side: str, author: Account, rng: Random) -> Post:
    """A reply: against the post if the side differs, else in support."""
    frames = _AGREE_FRAMES if post.topic.endswith(side) else _REPLY_FRAMES
    text = f"@{post.author.handle} {_argue(frames, issue, side, rng)}"
    when = post.when + rng.randint(90, 20000)
    return Post(author, when, text, f"politics:{issue.id}:{side}", reply_to=post)


def political_posts(scene: Scene, slant: float, rng: Random) -> list[Post]:
    """Posts on every issue alike; exactly a share of `slant` argues for side a."""
    total = scene.world.size.politics
    for_a = round(total * slant)
    sides = ["a"] * for_a + ["b"] * (total - for_a)
    rng.shuffle(sides)
    issues = spread(ISSUES, total, rng)
    crowd = {side: [a for a in scene.of_kind("person", "outsider") if a.side == side] for side in "ab"}
    party = {account.side: account for account in scene.of_kind("party")}
    posts: list[Post] = []
    latest: dict[str, Post] = {}
    for issue, side in zip(issues, sides, strict=True):
        author = party[side] if rng.random() < 0.12 else rng.choice(crowd[side])
        before = latest.get(issue.id)
        if before and before.author is not author and rng.random() < 0.35:
            post = _retort(before, issue, side, author, rng)
        else:
            post = _opinion(issue, side, author, scene, rng)
        latest[issue.id] = post
        posts.append(post)
    return posts


@dataclass(frozen=True)
class Rumour:
    """A rumour's text with the accounts that spread it and those that set it right."""

    text: RumourText
    spreaders: tuple[str, ...]
    corrected_by: tuple[str, ...]


def _correction(rumour: RumourText, author: Account, month: int, wrong: Post | None, rng: Random) -> Post:
    text = f"{rng.choice(CORRECT_OPENERS)} {rng.choice(rumour.truths)}"
    if rng.random() < 0.5:
        text += f" {rng.choice(CORRECT_CLOSERS)}"
    if wrong is None:
        return Post(author, moment(rng, author, month), text, f"truth:{rumour.id}")
    when = wrong.when + rng.randint(600, 90000)
    return Post(author, when, f"@{wrong.author.handle} {text}", f"truth:{rumour.id}", reply_to=wrong)


def _spread_rumour(rumour: RumourText, author: Account, month: int, rng: Random) -> Post:
    text = f"{rng.choice(SPREAD_OPENERS)} {rng.choice(rumour.claims)}"
    if rng.random() < 0.6:
        text += f" {rng.choice(SPREAD_CLOSERS)}"
    return Post(author, moment(rng, author, month), text, f"rumour:{rumour.id}")


def rumour_posts(scene: Scene, rumour_rate: float, rng: Random) -> tuple[list[Rumour], list[Post]]:
    """Each rumour breaks out in one month and is spread by a few accounts, corrected by others."""
    crowd = scene.of_kind("person", "outsider")
    gossips = rng.sample(crowd, max(6, len(crowd) // 5))
    honest = [account for account in crowd if account not in gossips]
    voices = [scene.one("gazette"), scene.one("council")]
    rumours, posts = [], []
    for text in RUMOURS[: scene.world.size.rumours]:
        month = any_month(rng)
        spreads = round(SPREADS_PER_RUMOUR * rumour_rate * rng.choice((0.75, 1.0, 1.25)))
        tellers = spread(gossips, spreads, rng)
        wrong = [_spread_rumour(text, author, month, rng) for author in tellers]
        menders = [*voices, *rng.sample(honest, CORRECTIONS_PER_RUMOUR - len(voices))]
        right = [
            _correction(text, author, month, wrong[n] if n < len(wrong) and n % 2 else None, rng)
            for n, author in enumerate(menders)
        ]
        posts += wrong + right
        who = tuple(dict.fromkeys(author.handle for author in tellers))
        rumours.append(Rumour(text, who, tuple(author.handle for author in menders)))
    return rumours, posts
