"""Running stories: each a row of dated episodes, told by one account in order."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.town.grammar import lines


@dataclass(frozen=True)
class Story:
    """Episodes as `month text`, counted from the first month of the timeline (1 to 24)."""

    id: str
    teller: str
    episodes: tuple[tuple[int, str], ...]


def _story(id: str, teller: str, block: str) -> Story:
    """A story from lines of `month text`; a line that starts with `|` goes on with the one before."""
    rows = [line.split(" ", 1) for line in lines(block)]
    return Story(id, teller, tuple((int(month), text) for month, text in rows))


STORIES = (
    _story(
        "gnome",
        "neighbour",
        """
        2 Somebody stole the gnome from outside the library. The one with the fishing rod. Who does
          | that? #FindTheGnome
        2 Day three without the gnome. The pedestal looks so bare. Someone left a candle. #FindTheGnome
        3 A postcard came to the library. "Wish you were here. The gnome." Postmark unreadable.
          | #FindTheGnome
        4 Second postcard. The gnome claims to be learning to surf. We live nowhere near the sea.
          | #FindTheGnome
        6 The library put up a reward: one year without late fees. #FindTheGnome
        8 A child swears the gnome sailed past in the Lantern Regatta. Nobody else looked in time.
          | #FindTheGnome
        11 Third postcard, just a drawing of a trombone. What can it mean? #FindTheGnome
        13 One year on. We held a minute of silence at the pedestal. Two people came and a dog.
          | #FindTheGnome
        16 Look up, everybody: there is something red on the bandstand roof. With a fishing rod.
          | #FindTheGnome
        16 It is him. The gnome is sitting on the bandstand roof and nobody knows how he got there.
          | #FindTheGnome
        17 The fire brigade offered to fetch the gnome. The town voted to let him stay for the view.
          | #FindTheGnome
        22 New sign on the bandstand: please do not feed the gnome. #FindTheGnome
        """,
    ),
    _story(
        "swan",
        "birder",
        """
        3 The swan at the weir has a nest, right under the footbridge. Five eggs. Keep your dogs back,
          | please.
        4 The swan chased the postman, the vicar and a canoe today. In that order.
        5 Four cygnets! All grey, all cross. The swan looks very proud.
        7 The cygnets rode through the Swan Count on their mother's back. Counted as one, says the clerk.
        10 The young swans tried to fly. One landed in the beer garden. It was fed crisps. Please do not.
        12 The swan is gone from the weir. The cob swims up and down alone. We are all worried.
        13 Still no sign of the swan. I walked the bank as far as the quarry.
        14 Good news: our swan is nesting at the mill pond. She just wanted some peace. I know the
          | feeling.
        16 Six eggs at the mill pond this year. The cob has forgiven her.
        19 Swan update: the family of eight blocked the bridge for twenty minutes. Nobody minded.
        """,
    ),
    _story(
        "band",
        "enthusiast",
        """
        5 The silver band is going on tour! Three towns, one bus, eleven tubas. 🎺
        6 Brass Weekend was a triumph. The drummer fainted, but only from joy.
        9 The band needs a new bus. The old one was last seen smoking near Hobcross.
        12 The band played carols on a hay cart because the bus is still in pieces. Best concert ever.
        15 Bake sale for the band bus this Saturday. I made forty flapjacks.
        18 We have a bus! It is pink. It was an ice cream van. It still plays the tune.
        21 The silver band is away on tour until spring, in the pink bus. The town is so quiet.
        23 Postcard from the band: they won second prize, and lost a trombone.
        """,
    ),
    _story(
        "flood",
        "pensioner",
        """
        1 In 2007 the river stood as high as the second step of the chapel. There is a mark on the
          | wall. Look at it.
        4 Found my old photographs of the flood. We rowed down Bridge Street to fetch bread.
        9 It rained nine days before the flood of 2007. I kept a diary. Nobody believed me on day six.
        11 They are cleaning the flood gates. About time. I remember what happens when you don't.
        14 River two steps below the chapel mark today. I have put my carpets upstairs.
        14 Down a foot overnight. The carpets may come down again. My back will not.
        21 The school children asked me about the flood. I told them about the piano that floated
          | past, still in tune.
        """,
    ),
    _story(
        "scones",
        "tourist",
        """
        5 On a mission to try every scone in {town}. Day one: two scones. Very good. Very full.
        5 Day two of the scone mission. Jam first or cream first? I was asked to leave a tea room for
          | asking.
        8 Back for more scones. They remembered me. They had a chart.
        17 Third visit. I have now eaten forty-one scones in {town} and bought bigger trousers.
        20 The scone mission is complete. The winner shall stay secret, because I would like to be let
          | in again.
        """,
    ),
    _story(
        "exam",
        "teen",
        """
        2 driving test tomorrow, pray for the lamp posts of Station Road
        2 failed. it was one lamp post. ONE
        6 driving test number two. the examiner recognised me and sighed
        10 third time. i stopped for the geese and he said that was the best thing i did all day
        13 PASSED. everybody off the pavement, i'm joking, mostly
        18 drove gran to the Raft Race. she says i corner like my grandfather. he was a sailor
        """,
    ),
)
