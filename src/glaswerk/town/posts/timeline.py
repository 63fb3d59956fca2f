"""The timeline: every post in order of time, with retweets, edits and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from glaswerk.town.dice import dice
from glaswerk.town.pictures import Picture
from glaswerk.town.posts.accounts import build_accounts
from glaswerk.town.posts.chatter import chatter_posts
from glaswerk.town.posts.fact_posts import fact_posts
from glaswerk.town.posts.notices import notices
from glaswerk.town.posts.opinions import Rumour, political_posts, rumour_posts
from glaswerk.town.posts.post import Post, number_posts
from glaswerk.town.posts.private import Message, contact_posts, deleted_posts, direct_messages
from glaswerk.town.posts.scene import Scene, build_scene
from glaswerk.town.posts.voices import slip
from glaswerk.town.truth.facts import Fact
from glaswerk.town.truth.world import World

RETWEET_SHARE = 0.06
EDIT_SHARE = 0.01


@dataclass(frozen=True)
class Timeline:
    """Posts in order of time, direct messages, and who spread and corrected each rumour."""

    scene: Scene
    posts: list[Post]
    messages: list[Message]
    rumours: list[Rumour]


def _retweets(posts: list[Post], scene: Scene, rng: Random) -> list[Post]:
    """Retweets of some posts, each by another account."""
    crowd = scene.of_kind("person", "outsider", "club")
    retweets = []
    for post in posts:
        if post.deleted or post.reply_to or rng.random() > RETWEET_SHARE:
            continue
        author = rng.choice([account for account in crowd if account is not post.author])
        text = f"RT @{post.author.handle}: {post.text}"
        when = post.when + rng.randint(300, 200_000)
        retweets.append(Post(author, when, text, "retweet", retweet_of=post))
    return retweets


def _edits(posts: list[Post], rng: Random) -> list[Post]:
    """Earlier versions of some posts: published first, corrected within the hour that X allows."""
    first_versions = []
    for post in posts:
        if post.topic not in ("chatter", "fact") or post.reply_to or rng.random() > EDIT_SHARE:
            continue
        # The first version is earlier than the post, so that replies stay after what they answer.
        when = post.when - rng.randint(60, 3000)
        typo = slip(post.text, rng, "")
        if typo == post.text:
            continue
        first = Post(post.author, when, typo, post.topic)
        post.edit_of = first
        first.editions = post.editions = [first, post]
        first_versions.append(first)
    return first_versions


def _share_pictures(posts: list[Post], pictures: list[Picture], scene: Scene, rng: Random) -> list[Post]:
    """A few posts that show one of the town's pictures, with its caption as text."""
    crowd = scene.of_kind("person", "outsider")
    shown = rng.sample(range(len(pictures)), max(3, len(pictures) // 5))
    last = max(post.when for post in posts)
    first = min(post.when for post in posts)
    town = scene.world.names.town
    openers = [text.format(town=town) for text in scene.world.texts.accounts.picture_openers]
    return [
        Post(
            rng.choice(crowd),
            rng.randint(first, last),
            f"{rng.choice(openers)} {pictures[number].caption}.",
            "picture",
            picture=number,
        )
        for number in shown
    ]


def build_timeline(
    world: World, facts: list[Fact], pictures: list[Picture], *, slant: float, rumour_rate: float
) -> Timeline:
    """Everything that was posted, each kind from its own dice."""
    seed = world.seed
    scene = build_scene(world, build_accounts(world))
    rumours, gossip = rumour_posts(scene, rumour_rate, dice(seed, "rumours"))
    posts = fact_posts(facts, scene, dice(seed, "fact posts"))
    posts += political_posts(scene, slant, dice(seed, "politics"))
    posts += gossip
    posts += chatter_posts(scene, dice(seed, "chatter"))
    posts += notices(scene, dice(seed, "notices"))
    posts += contact_posts(scene, dice(seed, "contact"))
    posts += deleted_posts(scene, dice(seed, "deleted"))
    posts += _share_pictures(posts, pictures, scene, dice(seed, "shared pictures"))
    posts += _edits(posts, dice(seed, "edits"))
    posts += _retweets(posts, scene, dice(seed, "retweets"))
    number_posts(posts, dice(seed, "ids"))
    posts.sort(key=lambda post: int(post.id))
    return Timeline(scene, posts, direct_messages(scene, dice(seed, "messages")), rumours)
