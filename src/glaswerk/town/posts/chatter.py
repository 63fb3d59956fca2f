"""Posts about nothing in particular: small talk, running stories, conversations, self-threads."""

from __future__ import annotations

from random import Random

from glaswerk.town.dice import Deck
from glaswerk.town.grammar import capital, expand
from glaswerk.town.posts.accounts import Account
from glaswerk.town.posts.post import MONTHS_LONG, Post, any_month, moment, month_of_year, season
from glaswerk.town.posts.scene import Scene, remark, say, weather_line


def _crowd(scene: Scene) -> list[Account]:
    return scene.of_kind("person", "outsider")


def _reply(post: Post, author: Account, text: str, rng: Random) -> Post:
    when = post.when + rng.randint(60, 9000)
    return Post(author, when, f"@{post.author.handle} {text}", "talk", reply_to=post)


def _reaction(scene: Scene, rng: Random) -> str:
    return say(rng.choice(scene.world.texts.smalltalk.reactions), scene, rng)


def small_talk(scene: Scene, rng: Random) -> list[Post]:
    """Remarks that fit the season, a quarter of them with a reaction."""
    crowd = _crowd(scene)
    texts = scene.world.texts
    decks = {name: Deck(lines, rng) for name, lines in texts.smalltalk.seasonal.items()}
    always = Deck(texts.smalltalk.always, rng)
    own = {voice.id: Deck(voice.own, rng) for voice in texts.voices}
    posts: list[Post] = []
    for _ in range(scene.world.size.chatter):
        author, month = rng.choice(crowd), any_month(rng)
        deck = always if rng.random() < 0.55 else decks[season(month)]
        if rng.random() < 0.3:
            deck = own[author.voice.id]
        text = remark(say(deck.deal(), scene, rng), author, month, scene, rng)
        post = Post(author, moment(rng, author, month), text, "chatter")
        posts.append(post)
        if rng.random() < 0.2:
            other = rng.choice([account for account in crowd if account is not author])
            posts.append(_reply(post, other, _reaction(scene, rng), rng))
    return posts


def conversations(scene: Scene, rng: Random) -> list[Post]:
    """A question, an answer that fits it, and thanks."""
    crowd = _crowd(scene)
    posts: list[Post] = []
    for _ in range(scene.world.size.threads * 2):
        asked, answers = rng.choice(scene.world.texts.smalltalk.talks)
        asker, helper = rng.sample(crowd, 2)
        month = any_month(rng)
        question = Post(asker, moment(rng, asker, month), say(asked, scene, rng), "talk")
        answer = _reply(question, helper, say(rng.choice(answers), scene, rng), rng)
        posts += [question, answer]
        if rng.random() < 0.6:
            posts.append(
                _reply(answer, asker, say(rng.choice(scene.world.texts.smalltalk.thanks), scene, rng), rng)
            )
    return posts


def threads(scene: Scene, rng: Random) -> list[Post]:
    """Self-threads of two to four posts, each a reply to the one before."""
    posts: list[Post] = []
    crowd = _crowd(scene)
    for _ in range(scene.world.size.threads):
        author, month = rng.choice(crowd), any_month(rng)
        length = rng.randint(2, 4)
        texts = [
            say(text, scene, rng)
            for text in rng.sample(scene.world.texts.smalltalk.seasonal[season(month)], length)
        ]
        texts[0] = (
            f"A day in {scene.world.names.town}, a thread. {weather_line(month, scene, rng)} {texts[0]}"
        )
        before: Post | None = None
        for number, text in enumerate(texts, 1):
            when = before.when + rng.randint(30, 400) if before else moment(rng, author, month)
            before = Post(author, when, f"{text} {number}/{length}", "thread", reply_to=before)
            posts.append(before)
    return posts


def stories(scene: Scene, rng: Random) -> list[Post]:
    """Every running story, told in order by one account that has the story's voice."""
    crowd = _crowd(scene)
    posts: list[Post] = []
    for story in scene.world.texts.stories:
        tellers = [account for account in crowd if account.voice.id == story.teller] or crowd
        teller, last = rng.choice(tellers), 0
        for month, text in story.episodes:
            when = max(moment(rng, teller, month), last + 7200)
            last = when
            post = Post(teller, when, text.format(town=scene.world.names.town), "story")
            posts.append(post)
            for _ in range(rng.randint(0, 2)):
                other = rng.choice([account for account in crowd if account is not teller])
                posts.append(_reply(post, other, _reaction(scene, rng), rng))
    return posts


def event_days(scene: Scene, rng: Random) -> list[Post]:
    """Posts from each event on its day, in both years."""
    crowd = _crowd(scene)
    posts = []
    for event in scene.world.events:
        for month in range(1, MONTHS_LONG + 1):
            if scene.world.texts.values.months[month_of_year(month) - 1] != event.month:
                continue
            midnight = moment(rng, crowd[0], month) // 86400 * 86400
            for author in rng.sample(crowd, 4):
                slots = {"name": event.name, "where": event.venue.where, "note": event.note}
                text = expand(
                    rng.choice(scene.world.texts.smalltalk.event_days),
                    rng,
                    slots | {"Note": capital(event.note)},
                )
                text = remark(text, author, month, scene, rng)
                posts.append(Post(author, midnight + rng.randint(9 * 3600, 21 * 3600), text, "event"))
    return posts


def chatter_posts(scene: Scene, rng: Random) -> list[Post]:
    """Small talk, conversations, threads, stories and posts from events."""
    parts = (small_talk, conversations, threads, stories, event_days)
    return [post for part in parts for post in part(scene, rng)]
