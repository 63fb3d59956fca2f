"""What shops, clubs, the council and the gazette post about themselves."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from glaswerk.town.grammar import expand, lines
from glaswerk.town.posts import Post, any_month, moment, month_start
from glaswerk.town.scene import EATERIES, Scene

SITE = "https://gazette.ostlebury.example"
POSTS_EACH = 6
_GAZETTE = lines(
    """
    Number {n} is out: neighbours, shops, council & letters. {url}
    This week's paper is here. {url} [Read it with tea.|Page two has a surprise.|Letters welcome.]
    New issue, number {n}. {url}
    Out now: number {n}, with [two portraits|a long letter|a quarrel about hedges]. {url}
    """
)
_FOOD = lines(
    """
    Today at {name}: [leek|tomato|mushroom|barley] soup & [bread|a bun|dumplings]. [From noon.|Come early.]
    We have [apple|plum|pear|walnut] cake again. [You asked, we baked.|Twelve slices, be quick.]
    {name} is open till [six|eight|ten] today. [The stove is on.|Dogs welcome.|Quiet corner free.]
    Whoever left a [scarf|trombone|left shoe] at {name}: it is behind the counter.
    Quiz night at {name} on [Tuesday|Thursday]. [The ham is back.|Teams of four.|No phones.]
    """
)
_SHOP = lines(
    """
    {name} is closed on [Monday|Wednesday] for [stocktaking|a wedding|a well-earned nap]. Sorry & thank you.
    New in at {name}. [Come and have a look.|You will like it.|Bring a bag.]
    {name} is looking for a helper on [Saturdays|Fridays]. [Good pay, good biscuits.|Ask inside.]
    Open till [five|six] today. [Mind the step.|The bell is broken, so knock.|Tea if you wait.]
    Somebody left [an umbrella|a glove|a list with six jams on it] at {name}. It misses you.
    """
)
_CLUB = lines(
    """
    {name}: next meeting on [Monday|Wednesday|Thursday] at [seven|eight].
    | [New faces welcome.|Bring a chair.|Cake provided.]
    Thanks to everyone who came [last night|on Sunday].
    | [What a turnout!|We have never laughed so much.|Record attendance: 31.]
    {name}: we need [a treasurer|a bigger room|volunteers]. [No experience needed.|Please.]
    The [minutes|results|photos] of {name} are on the board by the Town Hall.
    """
)
_COUNCIL = lines(
    """
    Water will be off on {street} on [Tuesday|Friday] from nine to noon. [Fill a kettle.|We apologise.]
    The next council meeting is on [Monday|Thursday] at seven in the Town Hall. The public is welcome.
    Bins on {street} will be emptied one day later this week.
    The [drains|street lamps|hedges] on {street} are being checked. Please keep clear.
    Please do not feed [crisps|chips|cake] to the swans.
    """
)


def _gazette_posts(scene: Scene, rng: Random) -> list[Post]:
    paper = scene.one("gazette")
    posts = []
    for number in range(1, scene.world.size.weeks + 1):
        day = month_start(1) + timedelta(days=4 + 7 * (number - 1), hours=7, minutes=rng.randrange(60))
        slots = {"n": str(number), "url": f"{SITE}/issues/{day:%Y-%m-%d}"}
        text = expand(rng.choice(_GAZETTE), rng, slots)
        posts.append(Post(paper, int(day.timestamp()), text, "notice"))
    return posts


def notices(scene: Scene, rng: Random) -> list[Post]:
    """Posts of the accounts that are not people; the gazette links to each issue."""
    posts = _gazette_posts(scene, rng)
    kinds = {"club": _CLUB, "council": _COUNCIL}
    eateries = {place.handle for place in scene.world.places if place.kind in EATERIES}
    for account in scene.of_kind("place", "club", "council"):
        templates = kinds.get(account.kind) or (_FOOD if account.handle in eateries else _SHOP)
        for _ in range(POSTS_EACH * (5 if account.kind == "council" else 1)):
            text = expand(rng.choice(templates), rng, scene.slots(rng) | {"name": account.name})
            posts.append(Post(account, moment(rng, account, any_month(rng)), text, "notice"))
    return posts
