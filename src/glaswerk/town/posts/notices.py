"""What shops, clubs, the council and the gazette post about themselves."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from glaswerk.town.grammar import expand
from glaswerk.town.posts.post import Post, any_month, moment, month_start
from glaswerk.town.posts.scene import Scene

POSTS_EACH = 6


def _gazette_posts(scene: Scene, rng: Random) -> list[Post]:
    paper = scene.one("gazette")
    posts = []
    for number in range(1, scene.world.size.weeks + 1):
        day = month_start(1) + timedelta(days=4 + 7 * (number - 1), hours=7, minutes=rng.randrange(60))
        slots = {"n": str(number), "url": f"https://gazette.{scene.world.names.domain}/issues/{day:%Y-%m-%d}"}
        text = expand(rng.choice(scene.world.texts.notices.gazette), rng, slots)
        posts.append(Post(paper, int(day.timestamp()), text, "notice"))
    return posts


def notices(scene: Scene, rng: Random) -> list[Post]:
    """Posts of the accounts that are not people; the gazette links to each issue."""
    posts = _gazette_posts(scene, rng)
    texts = scene.world.texts.notices
    kinds = {"club": texts.club, "council": texts.council}
    eateries = {
        place.handle for place in scene.world.places if place.kind in scene.world.texts.places.eateries
    }
    for account in scene.of_kind("place", "club", "council"):
        templates = kinds.get(account.kind) or (texts.food if account.handle in eateries else texts.shop)
        for _ in range(POSTS_EACH * (5 if account.kind == "council" else 1)):
            text = expand(rng.choice(templates), rng, scene.slots(rng) | {"name": account.name})
            posts.append(Post(account, moment(rng, account, any_month(rng)), text, "notice"))
    return posts
