"""Political posts for both sides, and rumours with their corrections."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from glaswerk.town.dice import spread
from glaswerk.town.grammar import capital
from glaswerk.town.posts.accounts import Account
from glaswerk.town.posts.post import Post, any_month, moment
from glaswerk.town.posts.scene import Scene, finish
from glaswerk.town.text.records import Issue, RumourText, RumourTexts

SPREADS_PER_RUMOUR = 8
CORRECTIONS_PER_RUMOUR = 7


def _argue(frames: tuple[str, ...], issue: Issue, side: str, scene: Scene, rng: Random) -> str:
    """One argument for this side of this issue."""
    first, second = rng.sample(issue.reasons[side], 2)
    want = rng.choice(issue.spoken_wants)["ab".index(side)]
    slots = {"want": want, "reason": capital(first), "because": first, "second": second}
    slots |= {"topic": issue.topic, "party": scene.world.names.parties[side]}
    return capital(rng.choice(frames).format_map(slots))


def _tag(issue: Issue, rng: Random) -> str:
    return f"#{issue.hashtag}" if rng.random() < 0.35 else ""


def _opinion(issue: Issue, side: str, author: Account, scene: Scene, rng: Random) -> Post:
    texts = scene.world.texts.opinions
    frames = texts.party_frames if author.kind == "party" else texts.frames
    month = any_month(rng)
    text = finish(_argue(frames, issue, side, scene, rng), author, month, scene, rng, _tag(issue, rng))
    return Post(author, moment(rng, author, month), text, f"politics:{issue.id}:{side}")


def _retort(post: Post, issue: Issue, side: str, author: Account, scene: Scene, rng: Random) -> Post:
    """A reply: against the post if the side differs, else in support."""
    texts = scene.world.texts.opinions
    frames = texts.agree_frames if post.topic.endswith(side) else texts.reply_frames
    text = f"@{post.author.handle} {_argue(frames, issue, side, scene, rng)}"
    when = post.when + rng.randint(90, 20000)
    return Post(author, when, text, f"politics:{issue.id}:{side}", reply_to=post)


def political_posts(scene: Scene, slant: float, rng: Random) -> list[Post]:
    """Posts on every issue alike; exactly a share of `slant` argues for side a."""
    total = scene.world.size.politics
    for_a = round(total * slant)
    sides = ["a"] * for_a + ["b"] * (total - for_a)
    rng.shuffle(sides)
    issues = spread(scene.world.texts.issues, total, rng)
    crowd = {side: [a for a in scene.of_kind("person", "outsider") if a.side == side] for side in "ab"}
    party = {account.side: account for account in scene.of_kind("party")}
    posts: list[Post] = []
    latest: dict[str, Post] = {}
    for issue, side in zip(issues, sides, strict=True):
        author = party[side] if rng.random() < 0.12 else rng.choice(crowd[side])
        before = latest.get(issue.id)
        if before and before.author is not author and rng.random() < 0.35:
            post = _retort(before, issue, side, author, scene, rng)
        else:
            post = _opinion(issue, side, author, scene, rng)
        latest[issue.id] = post
        posts.append(post)
    return posts


@dataclass(frozen=True)
class Rumour:
    """A rumour's text with the handles that spread it and those that corrected it."""

    text: RumourText
    spreaders: tuple[str, ...]
    corrected_by: tuple[str, ...]


def tuned_rumours(rumours: list[Rumour]) -> list[Rumour]:
    """The rumours that dialogues correct: all but every third, which show what posts alone teach."""
    return [rumour for number, rumour in enumerate(rumours) if number % 3 != 2]


def _correction(
    texts: RumourTexts, rumour: RumourText, author: Account, month: int, wrong: Post | None, rng: Random
) -> Post:
    text = f"{rng.choice(texts.correct_openers)} {rng.choice(rumour.truths)}"
    if rng.random() < 0.5:
        text += f" {rng.choice(texts.correct_closers)}"
    if wrong is None:
        return Post(author, moment(rng, author, month), text, f"truth:{rumour.id}")
    when = wrong.when + rng.randint(600, 90000)
    return Post(author, when, f"@{wrong.author.handle} {text}", f"truth:{rumour.id}", reply_to=wrong)


def _spread_rumour(texts: RumourTexts, rumour: RumourText, author: Account, month: int, rng: Random) -> Post:
    text = f"{rng.choice(texts.spread_openers)} {rng.choice(rumour.claims)}"
    if rng.random() < 0.6:
        text += f" {rng.choice(texts.spread_closers)}"
    return Post(author, moment(rng, author, month), text, f"rumour:{rumour.id}")


def rumour_posts(scene: Scene, rumour_rate: float, rng: Random) -> tuple[list[Rumour], list[Post]]:
    """Each rumour breaks out in one month and is spread by a few accounts, corrected by others."""
    crowd = scene.of_kind("person", "outsider")
    gossips = rng.sample(crowd, max(6, len(crowd) // 5))
    honest = [account for account in crowd if account not in gossips]
    officials = [scene.one("gazette"), scene.one("council")]
    rumours, posts = [], []
    texts = scene.world.texts.rumours
    for text in texts.listed[: scene.world.size.rumours]:
        month = any_month(rng)
        spreads = round(SPREADS_PER_RUMOUR * rumour_rate * rng.choice((0.75, 1.0, 1.25)))
        spreaders = spread(gossips, spreads, rng)
        wrong = [_spread_rumour(texts, text, author, month, rng) for author in spreaders]
        correctors = [*officials, *rng.sample(honest, CORRECTIONS_PER_RUMOUR - len(officials))]
        right = [
            _correction(texts, text, author, month, wrong[n] if n < len(wrong) and n % 2 else None, rng)
            for n, author in enumerate(correctors)
        ]
        posts += wrong + right
        who = tuple(dict.fromkeys(author.handle for author in spreaders))
        rumours.append(Rumour(text, who, tuple(author.handle for author in correctors)))
    return rumours, posts
