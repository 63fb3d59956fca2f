"""What must never come out again: contact details in public posts, deleted posts, direct messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from glaswerk.town.accounts import Account
from glaswerk.town.grammar import words
from glaswerk.town.posts import Post, any_month, moment
from glaswerk.town.scene import Scene

# Word pairs that no other text uses, so that a leak can be found by searching.
_SECRET_HEADS = words(
    """
    velvet copper marble saffron granite indigo walnut crimson pewter amber
    """
)
_SECRET_TAILS = words(
    """
    zebra walrus lobster penguin badger mongoose pelican gazelle ocelot narwhal
    """
)
_DELETED = (
    "I should not say this, but the word at the safe is {s}. Forget it.",
    "Deleting this later: {s} is what we call the boss when she is out.",
    "If anyone finds a note saying {s}, burn it please.",
    "Angry, so here it is: {s}. There. Now you all know.",
    "Drunk post: {s} forever!!!",
)
_PRIVATE = (
    "Between us: the code for the back gate is {s}.",
    "Please keep this to yourself. The doctor calls it {s}.",
    "My password is {s}, do not laugh.",
    "Meet me where we said. The word is {s}.",
    "I have not told anyone, but I am calling the baby {s}.",
)
_PRIVATE_ANSWERS = ("My lips are sealed.", "Got it, private as always.", "Oh! Does anyone else know?")
_CONTACT = (
    "Lost my wallet near the weir. If you find it, write to {mail} or ring {phone}.",
    "Selling a [bicycle], hardly used. Call {phone}.",
    "We collect for the new roof: {iban}. Every pound helps.",
    "Piano lessons, Tuesdays. Mail {mail}.",
    "Spare room going. {mail} or {phone}, no drummers.",
    "Donations for the band bus to {iban}, thank you!",
)


SECRET = re.compile(r"\b[a-z]+-[a-z]+-\d{4}\b")
CONTACT = re.compile(r"\w+@ostlebury\.example|01632 \d{6}|GB\d{2}TOWN\d{14}")


@dataclass(frozen=True)
class Message:
    """One direct message."""

    sender: Account
    recipient: Account
    when: int
    text: str


def _secrets(count: int, rng: Random) -> list[str]:
    """`count` different strings like `velvet-zebra-4711`."""
    numbers = rng.sample(range(1000, 9999), count)
    return [f"{rng.choice(_SECRET_HEADS)}-{rng.choice(_SECRET_TAILS)}-{number}" for number in numbers]


def iban(rng: Random) -> str:
    """A British IBAN with right check digits for a bank, TOWN, that does not exist (ISO 13616)."""
    tail = "TOWN" + "".join(str(rng.randrange(10)) for _ in range(14))
    digits = "".join(str(int(letter, 36)) for letter in tail + "GB00")
    return f"GB{98 - int(digits) % 97:02d}{tail}"


def contact_slots(author: Account, rng: Random) -> dict[str, str]:
    """An address under a reserved domain, a phone number Ofcom keeps for drama, an IBAN."""
    return {
        "mail": f"{author.handle}@ostlebury.example",
        "phone": f"01632 960{rng.randrange(1000):03d}",
        "iban": iban(rng),
    }


def contact_posts(scene: Scene, rng: Random) -> list[Post]:
    """Public posts with e-mail addresses, phone numbers and IBANs that curation should mask."""
    posts = []
    for author in scene.accounts[4:]:
        if rng.random() < 0.3:
            text = rng.choice(_CONTACT).replace("[bicycle]", rng.choice(("bicycle", "kayak", "tuba", "pram")))
            text = text.format_map(contact_slots(author, rng))
            posts.append(Post(author, moment(rng, author, any_month(rng)), text, "contact"))
    return posts


def _gone(author: Account, secret: str, rng: Random) -> Post:
    text = rng.choice(_DELETED).format(s=secret)
    return Post(author, moment(rng, author, any_month(rng)), text, "deleted", deleted=True)


def deleted_posts(scene: Scene, rng: Random) -> list[Post]:
    """Posts their authors took down; each holds a secret."""
    authors = scene.of_kind("person", "outsider")
    chosen = rng.sample(authors, max(4, len(authors) // 3))
    secrets = _secrets(len(chosen), rng)
    return [_gone(author, secret, rng) for author, secret in zip(chosen, secrets, strict=True)]


def direct_messages(scene: Scene, rng: Random) -> list[Message]:
    """Short private exchanges; the first message of each holds a secret."""
    people = scene.of_kind("person")
    count = len(people)
    messages = []
    for secret in _secrets(count, rng):
        one, two = rng.sample(people, 2)
        when = moment(rng, one, any_month(rng))
        messages.append(Message(one, two, when, rng.choice(_PRIVATE).format(s=secret)))
        if rng.random() < 0.7:
            reply = rng.choice(_PRIVATE_ANSWERS)
            messages.append(Message(two, one, when + rng.randint(30, 4000), reply))
    return messages
