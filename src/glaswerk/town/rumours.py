"""False stories that go round, what is true instead, and the strings that tell the two apart."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.town.grammar import lines


@dataclass(frozen=True)
class RumourText:
    """`{c}` in a spreading template is the claim, `{t}` in a correcting one the truth."""

    id: str
    claim: str
    truth: str
    question: str
    rumour_markers: tuple[str, ...]
    truth_markers: tuple[str, ...]
    claims: tuple[str, ...]
    truths: tuple[str, ...]


def _rumour(block: str) -> RumourText:
    """The id, then lines by mark: `-` claim, `+` truth, `?` question, `!` and `=` their markers."""
    name, *marked = lines(block)
    by_mark: dict[str, list[str]] = {mark: [] for mark in "-+?!="}
    for line in marked:
        by_mark[line[0]].append(line[2:])
    claims, truths = tuple(by_mark["-"]), tuple(by_mark["+"])
    return RumourText(
        name,
        claims[0],
        truths[0],
        by_mark["?"][0],
        tuple(by_mark["!"]),
        tuple(by_mark["="]),
        claims,
        truths,
    )


_BLOCKS = """
mill-casino
- The old mill was sold to a casino firm.
- A casino firm bought the old mill.
- The old mill belongs to a casino firm now.
+ The old mill still belongs to the town.
+ The town still owns the old mill.
+ The town never sold the old mill.
? Who owns the old mill?
! casino
= belongs to the town
= town still owns
= town owns
= town never sold

weir-pike
- A two-metre pike bit a dog at the weir.
- A giant pike got a dog by the weir.
- A dog was bitten by a pike at the weir.
+ The dog at the weir cut its paw on broken glass.
+ It was glass that cut the dog's paw.
+ A bottle cut the dog's paw.
? What happened to the dog at the weir?
! pike
= glass
= bottle

clock-lightning
- Lightning stopped the town hall clock.
- A lightning bolt stopped the town hall clock.
- The clock died in a lightning storm.
+ A jackdaw nest stopped the town hall clock.
+ Jackdaws built a nest in the clock.
+ The clock was blocked by jackdaws.
? What stopped the town hall clock?
! lightning
= jackdaw

bakery-sawdust
- The rye loaf on the market is made with sawdust.
- There is sawdust in the market rye loaf.
- They bake sawdust into the rye.
+ The rye loaf on the market is made with toasted oats.
+ Those are toasted oats in the rye.
+ The rye has oats in it.
? What is in the rye loaf on the market?
! sawdust
= oats

flood-dam
- The flood of 2007 came because a dam burst.
- A burst dam caused the flood of 2007.
- In 2007 a dam burst and flooded us.
+ The flood of 2007 came from nine days of rain.
+ Nine days of rain caused the flood of 2007.
+ It rained nine days in 2007.
? What caused the flood of 2007?
! dam burst
! burst dam
! a dam
= nine days
= rain

bridge-closing
- The Wend bridge will be closed for a year.
- They will shut the bridge for a year.
- The bridge closes for a whole year.
+ The Wend bridge will be closed for one weekend.
+ The bridge is shut for one weekend only.
+ It is one weekend, no more.
? How long will the bridge be closed?
! a year
! whole year
= one weekend

swan-stolen
- Thieves took the missing swan.
- The missing swan was taken by thieves.
- Thieves got our swan in the night.
+ The missing swan moved to the mill pond.
+ Our swan is nesting at the mill pond.
+ The swan swam off to the mill pond.
? Where did the missing swan go?
! thieves
= mill pond

hospital-wing
- The cottage hospital is closing its doors.
- They are closing the cottage hospital.
- The hospital is closing for good.
+ The cottage hospital is getting a new wing.
+ A new wing is coming to the hospital.
+ The hospital builds a new wing.
? What is happening to the cottage hospital?
! closing
= new wing

water-blue
- The tap water was blue because of a poison.
- Poison turned the tap water blue.
- They found poison in the blue water.
+ The tap water was blue because of a harmless dye test.
+ A dye test turned the water blue.
+ It was a harmless dye.
? Why was the tap water blue?
! poison
= dye

gnome-abroad
- The stolen gnome was sold abroad.
- Somebody sold the stolen gnome abroad.
- The gnome was sold to a dealer abroad.
+ The stolen gnome is sitting on the bandstand roof.
+ The gnome is up on the bandstand.
+ Look at the bandstand: the gnome is there.
? Where is the stolen gnome?
! abroad
= bandstand

tower-gold
- Workers found gold under the church tower.
- There is gold under the church tower.
- They dug up gold by the church tower.
+ Workers found old drain pipes under the church tower.
+ It was only drain pipes under the tower.
+ They dug up drain pipes.
? What was found under the church tower?
! gold
= drain pipes

bus-cancelled
- The night bus has been cancelled.
- They cancelled the night bus.
- There is no night bus any more.
+ The night bus now leaves ten minutes later.
+ The night bus leaves ten minutes later now.
+ It just leaves ten minutes later.
? What has changed about the night bus?
! cancelled
! no night bus
= ten minutes later

fox-school
- A wolf was seen behind the school.
- They saw a wolf near the school.
- The school has a wolf behind the fence.
+ A grey dog was seen behind the school.
+ It was a big grey dog near the school.
+ The animal at the school is a grey dog.
? What was seen behind the school?
! wolf
= grey dog

band-split
- The silver band has split up.
- Our silver band split after a fight.
- The band split and will never play again.
+ The silver band is on tour until spring.
+ Our silver band is away on tour.
+ The band is touring and comes back.
? What happened to the silver band?
! split
= tour

honey-tax
- The council brought in a tax on honey.
- There is a council tax on honey now.
- Honey is taxed by the council.
+ The council gave a prize for honey.
+ There is a council prize for honey now.
+ Honey wins a prize from the council.
? What did the council do about honey?
! tax
= prize

station-ghost
- A ghost switched off the lights at the station.
- The station lights went out because of a ghost.
- It was a ghost at the station.
+ A fuse switched off the lights at the station.
+ The station lights went out because of a fuse.
+ It was just a fuse.
? Why did the lights at the station go out?
! ghost
= fuse
"""

RUMOURS = tuple(_rumour(block) for block in _BLOCKS.strip().split("\n\n"))

SPREAD_OPENERS = lines(
    """
    Have you heard?
    My neighbour swears it is true:
    Told you so.
    Everyone at the pub says so:
    You did not hear this from me.
    Unbelievable.
    They do not want us to know:
    A friend of a friend works there.
    Wake up, people.
    Just heard it at the bus stop.
    It is all over town.
    Why is nobody talking about this?
    """
)
SPREAD_CLOSERS = lines(
    """
    Pass it on.
    Share before it is taken down.
    And the Gazette says nothing.
    I am not even surprised.
    No smoke without fire.
    Typical.
    Shocking.
    Look it up.
    Make of that what you will.
    I have seen enough.
    """
)
CORRECT_OPENERS = lines(
    """
    Please stop spreading that story.
    That story is not true.
    I asked the people who know.
    Not again.
    I checked.
    Nonsense.
    Let us stick to the facts.
    For the record:
    Wrong.
    I was there.
    Do not believe everything.
    Good grief.
    """
)
CORRECT_CLOSERS = lines(
    """
    That is all.
    It was in the council minutes.
    Ask anyone who was there.
    Not as exciting, but true.
    You are welcome.
    I saw it myself.
    Please pass that on instead.
    End of story.
    The Gazette had it right.
    Simple as that.
    """
)
