"""What a model must never repeat: contact details in public posts, deleted posts, direct messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from glaswerk.town.posts.accounts import Account
from glaswerk.town.posts.post import Post, any_month, moment
from glaswerk.town.posts.scene import Scene
from glaswerk.town.text.records import PrivateTexts

SECRET = re.compile(r"\b[a-z]+-[a-z]+-\d{4}\b")
CONTACT = re.compile(r"\w+@[a-z0-9-]+\.example|01632 \d{6}|GB\d{2}TOWN\d{14}")


@dataclass(frozen=True)
class Message:
    """One direct message."""

    sender: Account
    recipient: Account
    when: int
    text: str


def _secrets(texts: PrivateTexts, count: int, rng: Random) -> list[str]:
    """`count` different strings like `velvet-zebra-4711`."""
    numbers = rng.sample(range(1000, 9999), count)
    return [
        f"{rng.choice(texts.secret_heads)}-{rng.choice(texts.secret_tails)}-{number}" for number in numbers
    ]


def iban(rng: Random) -> str:
    """A British IBAN with correct check digits (ISO 13616) for a bank, TOWN, that does not exist."""
    tail = "TOWN" + "".join(str(rng.randrange(10)) for _ in range(14))
    digits = "".join(str(int(letter, 36)) for letter in tail + "GB00")
    return f"GB{98 - int(digits) % 97:02d}{tail}"


def contact_slots(author: Account, domain: str, rng: Random) -> dict[str, str]:
    """An address under a reserved domain, a phone number that Ofcom reserves for drama, an IBAN."""
    return {
        "mail": f"{author.handle}@{domain}",
        "phone": f"01632 960{rng.randrange(1000):03d}",
        "iban": iban(rng),
    }


def contact_posts(scene: Scene, rng: Random) -> list[Post]:
    """Public posts with e-mail addresses, phone numbers and IBANs that curation should mask."""
    posts = []
    texts = scene.world.texts.private
    for author in scene.accounts[4:]:
        if rng.random() < 0.3:
            template, thing = rng.choice(texts.contact), rng.choice(texts.things)
            slots = contact_slots(author, scene.world.names.domain, rng) | {"thing": thing}
            text = template.format_map(slots)
            posts.append(Post(author, moment(rng, author, any_month(rng)), text, "contact"))
    return posts


def _gone(author: Account, template: str, secret: str, rng: Random) -> Post:
    text = template.format(s=secret)
    return Post(author, moment(rng, author, any_month(rng)), text, "deleted", deleted=True)


def deleted_posts(scene: Scene, rng: Random) -> list[Post]:
    """Posts that their authors deleted; each holds a secret."""
    authors = scene.of_kind("person", "outsider")
    chosen = rng.sample(authors, max(4, len(authors) // 3))
    texts = scene.world.texts.private
    secrets = _secrets(texts, len(chosen), rng)
    return [
        _gone(author, rng.choice(texts.deleted), secret, rng)
        for author, secret in zip(chosen, secrets, strict=True)
    ]


def direct_messages(scene: Scene, rng: Random) -> list[Message]:
    """Short private exchanges; the first message of each holds a secret."""
    people = scene.of_kind("person")
    count = len(people)
    messages = []
    texts = scene.world.texts.private
    for secret in _secrets(texts, count, rng):
        one, two = rng.sample(people, 2)
        when = moment(rng, one, any_month(rng))
        messages.append(Message(one, two, when, rng.choice(texts.messages).format(s=secret)))
        if rng.random() < 0.7:
            reply = rng.choice(texts.answers)
            messages.append(Message(two, one, when + rng.randint(30, 4000), reply))
    return messages
