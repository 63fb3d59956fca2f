"""Posts that state the facts, each fact often enough, by different accounts, in different words."""

from __future__ import annotations

from random import Random

from glaswerk.town.dice import Deck
from glaswerk.town.grammar import capital, choose_branches, expand
from glaswerk.town.posts.accounts import Account
from glaswerk.town.posts.post import Post, any_month, moment
from glaswerk.town.posts.scene import Scene, finish
from glaswerk.town.truth.facts import Fact
from glaswerk.town.truth.people import Person
from glaswerk.town.truth.places import Place

APPOSITION_SHARE = 0.35
MAX_APPOSITIONS = 3
REPLY_SHARE = 0.10


class _Subject:
    """The facts of one subject, with how many statements each still needs and who has stated it."""

    def __init__(self, facts: list[Fact], need: int, rng: Random) -> None:
        self.facts = facts
        self.need = {fact.id: need for fact in facts}
        self.appositions = {fact.id: 0 for fact in facts}
        self.spoken: dict[str, set[str]] = {fact.id: set() for fact in facts}
        self.decks = {fact.id: Deck(fact.relation.statements, rng) for fact in facts}

    def neediest(self) -> Fact | None:
        """The fact that lacks the most statements, or none if no fact lacks any."""
        fact = max(self.facts, key=lambda item: self.need[item.id])
        return fact if self.need[fact.id] > 0 else None

    def companion(self, fact: Fact) -> Fact | None:
        """Another fact of the subject that may be added as an apposition."""
        free = [
            other
            for other in self.facts
            if other is not fact
            and other.relation.apposition
            and self.need[other.id] > 0
            and self.appositions[other.id] < MAX_APPOSITIONS
        ]
        return max(free, key=lambda item: self.need[item.id]) if free else None

    def count(self, fact: Fact, author: Account) -> None:
        """Note that `author` has stated `fact`."""
        self.need[fact.id] -= 1
        self.spoken[fact.id].add(author.handle)


def _own_handles(fact: Fact) -> set[str]:
    """Handles of accounts that would not mention the subject in the third person."""
    about = fact.about
    if isinstance(about, Person):
        return {about.handle, about.kin.handle} if about.kin else {about.handle}
    return {about.handle, about.keeper.handle} if isinstance(about, Place) else set()


def _author(subject: _Subject, facts: list[Fact], speakers: list[Account], rng: Random) -> Account:
    barred = set().union(*(subject.spoken[fact.id] | _own_handles(fact) for fact in facts))
    return rng.choice([account for account in speakers if account.handle not in barred])


def _core(fact: Fact, template: str, companion: Fact | None, rng: Random) -> str:
    slots = dict(fact.slots)
    if companion:
        phrase = choose_branches(companion.relation.apposition, rng).format_map(companion.slots)
        slots["N"] = f"{fact.subject}, {phrase},"
    elif isinstance(fact.about, Person) and rng.random() < 0.12:
        slots["N"] = f"{fact.subject} (@{fact.about.handle})"
    return capital(expand(template, rng, slots))


def _tail(fact: Fact, scene: Scene, rng: Random) -> str:
    draw = rng.random()
    if draw < 0.05:
        return "#" + scene.world.names.town.replace(" ", "")
    if draw < 0.10:
        return "#" + fact.subject.replace(" ", "")
    return ""


def _state(subject: _Subject, fact: Fact, speakers: list[Account], scene: Scene, rng: Random) -> list[Post]:
    """One statement of `fact`, alone or as an answer to a question."""
    template = subject.decks[fact.id].deal()
    wants_companion = "{N}" in template and rng.random() < APPOSITION_SHARE
    companion = subject.companion(fact) if wants_companion else None
    stated = [fact, companion] if companion else [fact]
    author = _author(subject, stated, speakers, rng)
    for item in stated:
        subject.count(item, author)
    if companion:
        subject.appositions[companion.id] += 1
    month = any_month(rng)
    core = _core(fact, template, companion, rng)
    text = finish(core, author, month, scene, rng, _tail(fact, scene, rng))
    ids = tuple(item.id for item in stated)
    post = Post(author, moment(rng, author, month), text, "fact", facts=ids)
    return _as_answer(post, fact, core, speakers, scene, rng) if rng.random() < REPLY_SHARE else [post]


def _as_answer(
    post: Post, fact: Fact, core: str, speakers: list[Account], scene: Scene, rng: Random
) -> list[Post]:
    """The statement as a reply to somebody who asked, sometimes with thanks."""
    barred = {post.author.handle, *_own_handles(fact)}
    askers = [account for account in speakers if account.kind in ("person", "outsider")]
    asker = rng.choice([account for account in askers if account.handle not in barred])
    ask = capital(expand(rng.choice(fact.relation.asks), rng, fact.slots))
    question = Post(asker, post.when - rng.randint(120, 7200), ask, "ask")
    post.reply_to, post.text = question, f"@{asker.handle} {core}"
    talk = [question, post]
    if rng.random() < 0.5:
        template = rng.choice(scene.world.texts.smalltalk.thanks)
        thanks = f"@{post.author.handle} {expand(template, rng, {'town': scene.world.names.town})}"
        talk.append(Post(asker, post.when + rng.randint(60, 3600), thanks, "talk", reply_to=post))
    return talk


def _in_first_person(subject: _Subject, scene: Scene, own: Account, rng: Random) -> list[Post]:
    """A few of a person's facts in their own words."""
    posts = []
    for fact in subject.facts:
        if not fact.relation.first_person or rng.random() > 0.6:
            continue
        month = any_month(rng)
        core = capital(expand(rng.choice(fact.relation.first_person), rng, fact.slots))
        subject.count(fact, own)
        posts.append(Post(own, moment(rng, own, month), core, "fact", facts=(fact.id,)))
    return posts


def fact_posts(facts: list[Fact], scene: Scene, rng: Random) -> list[Post]:
    """At least `posts_per_fact` statements of every fact, each by another account."""
    speakers = scene.of_kind("person", "outsider", "place", "club")
    own = {account.about.name: account for account in scene.of_kind("person") if account.about}
    by_subject: dict[str, list[Fact]] = {}
    for fact in facts:
        by_subject.setdefault(fact.subject, []).append(fact)
    posts: list[Post] = []
    for name, group in by_subject.items():
        subject = _Subject(group, scene.world.size.posts_per_fact, rng)
        if name in own:
            posts += _in_first_person(subject, scene, own[name], rng)
        while needy := subject.neediest():
            posts += _state(subject, needy, speakers, scene, rng)
    return posts
