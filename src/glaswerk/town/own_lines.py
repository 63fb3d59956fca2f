"""What only one voice would say, and what anyone says at an event."""

from __future__ import annotations

from glaswerk.town.grammar import lines

EVENT_DAYS = lines(
    """
    Today is the day: the {name} {where}. {Note}.
    Live {where} at the {name}, where {note}.
    [Home from|Just back from] the {name} {where}. As always, {note}.
    At the {name} {where}: {note}. [I love it.|Every year the same.|My feet hurt.]
    [Tired|Hoarse|Worn out] but happy after the {name} {where}.
    The {name} {where} was [packed|loud|lovely|better than last year]. {Note}.
    """
)
OWN_LINES = {
    "pensioner": lines(
        """
        [Forty|Fifty|Sixty] years on this bench {at_venue}, and now they want to [paint|move|number] it.
        In my day a [loaf|pint|bus ticket] cost [sixpence|nothing much] and came with a smile.
        The youth of {street} [greeted me|held the door|carried my coal] today. Suspicious, but nice.
        My doctor says walk more. I walked to {eatery}. Doctor's orders.
        They have changed the [bus stop|post box|church clock] again. Nobody asked me. Nobody ever does.
        Found my old [ration book|dance card|school report]. I was [naughty|handsome|good at sums] once.
        """
    ),
    "enthusiast": lines(
        """
        New recipe! [Pear|Rhubarb|Walnut] buns with [honey|ginger]! All of {street} smells of heaven! 🥐
        I just hugged a [tree|postman|lamp post] {at_venue} because life is good! 💛
        [Seven|Twelve|Twenty] people smiled at me on {street} today! I counted!
        Who wants to [sing|bake|plant sunflowers] together on Sunday? Bring [spoons|friends|a hat]! 🎉
        Look at that [sunrise|rainbow|fog]! I could cry! I am crying! 😊
        Best queue of my life at {eatery}! I made [three|four] friends in it!
        """
    ),
    "clerk": lines(
        """
        Form [12b|7c|31] is no longer valid. Please use form [44|9a|60], which is the same but green.
        The lost property office holds [four umbrellas|one trombone|nine single gloves|a set of teeth].
        | Claim by Friday.
        Works on {street}: start at eight, end at four, tea at eleven.
        The minutes of the last meeting run to [forty|sixty] pages. Item nine is about ducks.
        A reminder that [ladders|goats|bonfires] {at_venue} require a permit.
        The noticeboard {at_venue} has been [cleaned|turned|renumbered]. This concludes the notice.
        """
    ),
    "teen": lines(
        """
        my mum just used the word [slay|vibe|yeet] [in the bakery|at the bus stop] and I had to leave town
        why is there never anything open on {street} after [six|seven]
        maths test tomorrow. I know [nothing|one formula|the date]
        a goose chased me across {venue} and [everyone filmed it|nobody helped|I dropped my chips]
        [three|four] hours at {eatery} for the wifi, bought one [juice|bun]. sorry not sorry
        [bored|so bored|bored again]. might [learn a trade|stare at the weir|adopt a pigeon]
        """
    ),
    "fisher": lines(
        """
        Five hours, [two|three] sandwiches, no fish. A triumph.
        Oh good, [canoes|a stag party|a brass band] on the water. The fish love that.
        Caught a [shopping trolley|wellington|traffic cone] today. Personal best.
        A child asked if I ever catch anything. I caught a cold once.
        The perch at the [weir|Old Quay] looked me in the eye and [yawned|left|laughed].
        New float, new line, new hat. Same fish, still in the river.
        """
    ),
    "fan": lines(
        """
        Our keeper [saved two penalties|fell over the ball|wore two left boots] today. Legend.
        Away to [Hobcross|Vexley|Duxley] on Saturday. The bus leaves at [nine|ten]. Bring pies.
        Five in midfield, [two|three] of them awake. Up the Rovers! ⚽
        That was never offside. I have drawn a diagram and will show it to anyone at {eatery}.
        Training was cancelled because [a cow|the river|fog] was on the pitch. Same time next week.
        Season ticket in the post. My wallet is empty, my heart is full.
        """
    ),
    "birder": lines(
        """
        [Two|Three|Four] [siskins|goldfinches|long-tailed tits] on the feeder, and one [sparrowhawk|cat]
        | with ideas.
        The starlings over {venue} at dusk: [ten thousand|a cloud|a shape like a whale]. 🐦
        Heard a [tawny owl|little owl|bittern] near the reed bed. Stood still till my feet froze.
        Please keep dogs on leads by the nests. The [lapwings|coots|grebes] thank you.
        Mistook a [plastic bag|sock|kite] for an egret again. Notebook corrected.
        Nest box number [nine|four] has [a family of blue tits|new tenants|wasps]. Details in the log.
        """
    ),
    "nurse": lines(
        """
        Quiet night on ward nine. I should not have said that. It is not quiet now.
        [Twelve|Thirteen] hours, [two|four] coffees, one baby. Worth it.
        The walk home over the bridge at [six|seven] in the morning is the best part of the day.
        A patient of [ninety|ninety-four] taught me to [waltz|whistle|cheat at cards] tonight.
        Dear drummer of {street}, I sleep by day. Kindly, a night nurse.
        If you can read this, drink a glass of water. 💧
        """
    ),
    "tourist": lines(
        """
        We asked for the way to {venue} and got [three answers|a lift|a life story]. 📷
        Bought [honey|a tea towel|a very large cheese] {at_venue}. How do I get it home?
        Our host keeps [geese|opinions|bees] and serves eggs [three|four] ways.
        Took ninety pictures of the same swan. Regret nothing.
        The map says {street} is flat. The map lies.
        Where we live nobody says good morning. Here even the [dogs|ducks] do.
        """
    ),
    "neighbour": lines(
        """
        Somebody on {street} is frying onions and I want to be invited.
        Who hung the [blue|green] curtains on {street}? I approve.
        My side of the hedge is [trimmed|straight|done]. I say no more.
        Took in [two|three] parcels for {street} today. I am basically the post office.
        A removal van on {street}! [One piano, no curtains.|Seven boxes marked shoes.|Very nice lamp.]
        Lent out my [ladder|steamer|big pot]. I have written down the date.
        """
    ),
    "grump": lines(
        """
        Who parks like that on {street}? Across two spaces and a flower bed?
        To whoever honks at [six|five] in the morning on {street}: I have your number plate.
        No, I do not want to [rate my visit|join a choir|try the oat one]. I want my bus.
        Third [leaflet|leaf blower|scooter] on my doorstep this week. I am keeping a list.
        The tap {at_venue} has dripped since [March|last year]. I reported it nine times.
        "Artisan" toast at {eatery}. It is toast. It was good toast. That is not the point.
        """
    ),
    "poet": lines(
        """
        The weir talks all night. By morning [I agree|I have an answer|it has forgotten me].
        A [single|lost|slow] leaf on {street}. It took its time. So shall I.
        Fog took the bridge, then the church, then me.
        The heron stands {at_venue} like a question nobody asks.
        Bread, river, bells. [Enough.|Three words for home.|The rest is noise.]
        Tonight the {river} carried the moon past my window [twice|slowly|for free].
        """
    ),
}
