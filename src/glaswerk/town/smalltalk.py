"""What people say when nothing depends on it: weather, river, football, food, birds, buses."""

from __future__ import annotations

from glaswerk.town.grammar import lines

SEASON_OF_MONTH = {
    12: "winter",
    1: "winter",
    2: "winter",
    3: "spring",
    4: "spring",
    5: "spring",
    6: "summer",
    7: "summer",
    8: "summer",
    9: "autumn",
    10: "autumn",
    11: "autumn",
}

# One short sentence that can follow anything said in that season.
WEATHER = {
    "winter": lines(
        """
        Frost on every [window|bench|gate] this morning.
        Snow on Castle Hill[|, at last|, the children are wild].
        The puddles are frozen.
        Fog so thick I [missed the bus stop|said hello to a lamp post].
        Dark by four again.
        Sleet, of course.
        My fingers are blue.
        """
    ),
    "spring": lines(
        """
        The first [crocuses|daffodils|swallows] are here.
        April shower, then sun, then hail.
        The blossom is out on Orchard Road.
        Mud up to the knees.
        Light till seven now.
        Soft rain all morning.
        You can smell the wild garlic.
        """
    ),
    "summer": lines(
        """
        Far too hot.
        The river is warm as soup.
        Thunder over the hill [last night|tonight].
        Not a cloud.
        Sunburn on both ears.
        Everyone is in the water.
        The grass is yellow already.
        """
    ),
    "autumn": lines(
        """
        Leaves all over the [road|tracks|weir].
        Mist on the river till ten.
        First fire of the year in the stove.
        Wind from the west, and plenty of it.
        Rain again.
        The chestnuts are coming down.
        The gutters are overflowing.
        """
    ),
}

SEASONAL = {
    "winter": lines(
        """
        [Slipped on|Skated down|Salted] {street} this morning. [Nothing broken but my pride.|Ten out of
        | ten.|Never again.]
        [Anyone else|Who else] without heating on {street}? [Two jumpers and a hat here.|I can see my breath.]
        Made [leek soup|pea soup|dumplings|a pot of stew] for [two|four|the whole stairwell]. Winter can stay.
        The [ducks|swans|geese] are walking on the {river}. [It is frozen from bank to bank.|They look
        | confused.]
        {eatery} has [mulled cider|hot chocolate|ginger cake] again. [That is my winter saved.|See you
        | there.|Worth the walk.]
        The lights {at_venue} are [up|lovely|still blinking]. [I may have cried.|Whoever did that, well done.]
        Winter plan: [walk more|swear less|learn the names of all the ducks].
        Scraped the [car|window|bus stop] with a [library card|cake slice|spatula]. It works.
        Snowman count on {street}: [three|five|seven]. [One is wearing my scarf.|One has a better hat than
        | me.]
        """
    ),
    "spring": lines(
        """
        [Planted|Sowed|Watered] the [beans|peas|lettuces] today. The slugs [are watching|say thank you|have
        | been informed].
        The swallows are back [under the bridge|at the station|in the old barn]. [Spring is official.|Right
        | on time.]
        [Lambs|Goslings|Ducklings] by the {river}! [Eleven of them.|I counted nine.|My day is made.]
        Washed the [windows|curtains|bicycle] and it [rained|hailed|rained mud] at once.
        The allotments smell of [compost|hope|onions] again. [Best smell there is.|I missed it.]
        Saw the first [bumblebee|butterfly|bat] of the year on {street}.
        Hay fever has arrived on {street}. [Send tissues.|Atchoo.|It found me.]
        Cherry blossom on {street}, and [everyone stops for a photo|it is snowing pink|nobody is late for
        | work today].
        Somebody painted the bench {at_venue} [yellow|green|blue]. [I sat in it.|It was still wet.|I like it.]
        """
    ),
    "summer": lines(
        """
        [Swam|Paddled|Fell] in the {river} [before breakfast|after work|with all my clothes on].
        | [Glorious.|Cold, though.|Minnows everywhere.]
        {eatery} has run out of [ice cream|lemonade|cold beer]. [This is not a drill.|Panic.|I had the last
        | one.]
        Sitting {at_venue} with [a book|bare feet|strawberries]. [Do not call me.|This is the life.|Join me.]
        Wasps [three|five|nine], picnic [nil|nil, again]. We are eating indoors.
        The tomatoes on {street} are [ripe|huge|splitting]. [Take some, please.|Chutney it is.]
        Children have built a dam [below the weir|by the Old Quay]. It is [better than the council's|holding
        | so far].
        Too hot to [sleep|think|argue], so I am [counting swifts|sitting in the bath|watching the moon over
        | the {river}].
        [Lost|Found]: one [sandal|sun hat|swimming towel] {at_venue}. [Smells of river.|Size small.|Blue
        | stripes.]
        Tourists asked me [for the beach|where the castle is|if we are real]. [There is no beach.|I pointed
        | at the hill.|I said yes.]
        """
    ),
    "autumn": lines(
        """
        [Conkers|Chestnuts|Acorns] all over {street}. [The children are armed.|Mind your head.|My pockets
        | are full.]
        Made [nine|twelve|twenty] jars of [plum jam|apple jelly|quince paste]. [Who wants one?|My kitchen is
        | sticky.]
        The {river} is [up|brown|over the towpath] again. [Sandbags are at the Town Hall.|Watch your
        | boats.|Not worried yet.]
        Leaf blowers on {street} at [six|seven] in the morning. [Why.|There are rules.|I have feelings about
        | this.]
        Fog, [an owl|a church bell|a bicycle bell], and nobody to be seen. I love autumn here.
        {eatery} has [pumpkin soup|apple pie|chestnut cake] on. [Go.|Two helpings.|I shall say no more.]
        Found [ceps|puffballs|one very odd mushroom] near Castle Hill. [Not telling where.|Supper.|I left it
        | alone.]
        The geese flew over [at dusk|in the night], [hundreds|dozens] of them. [Goosebumps, ha.|I waved.]
        The evenings draw in. I have [lit the stove|found my slippers|started a very long jumper].
        """
    ),
}

ALWAYS = lines(
    """
    Rovers [won|lost|drew] [one nil|two all|three one|four three]. [The pies were cold.|What a save.|The
    | referee needs glasses.|I have no voice left.]
    The [seven|eight|nine] o'clock bus was [early|late|full|full of pigeons]. [Again.|Never change.|I walked.]
    Has anyone seen a [grey|black|ginger|spotted] cat near {street}? Answers to
    | [Biscuit|Admiral|Susan|nothing at all].
    [Tea & cake|Pie & peas|A pot of tea & the paper] at {eatery}. [That is all I need.|Bliss <3|Life is
    | good <3]
    Rovers > everyone. [Fight me.|Even when we lose.|My heart.]
    Had [a scone|two scones|pie and peas|soup|cake] at {eatery}. [No notes.|I will dream of it.|A bit
    | dry, if I am honest.|Perfect.]
    Caught [nothing|a boot|one small perch|a very angry eel] at the weir. [Let it go.|Three hours well
    | spent.|Do not ask.]
    The [kingfisher|heron|barn owl|dipper] was [by the Old Quay|at the weir|near the bridge] at
    | [dawn|dusk|noon]. [Magic.|Gone in a second.|It ignored me.]
    Whoever plays the [trombone|drums|bagpipes] on {street} at [midnight|six in the morning]: [please
    | stop|please practise|I know where you park].
    Overheard {at_venue}: "[I only came in for a stamp|He married the cheese, not the farm|That is not
    | my goat|It was like that when I got here]."
    My [gran|uncle|neighbour|son] says [never trust a dry March|tea fixes everything|a gate is only as
    | good as its latch|the river always wins].
    Can the person who borrowed my [ladder|wheelbarrow|casserole dish|drill] [please|kindly] bring it
    | back? [No questions asked.|It has been a year.]
    The lift at the station is [broken|fixed|broken again]. [Stairs are good for us, I
    | suppose.|Hurrah.|Day forty.]
    Bread came out [flat|perfect|burnt|shaped like a duck] today. [Eating it anyway.|I am calling it
    | rustic.|Proud.]
    [Night|Early|Late] shift [done|over|survived]. The town is [silent|foggy|all mine] and the {river}
    | [shines|hums|smells of reeds].
    The quiz at {eatery}: [we came last|we won a ham|third again]. The question about
    | [cheese|rivers|popes] was unfair.
    Whose [goat|goose|pony] is {at_venue}? [It is eating the flowers.|It looks in charge.|It will not move.]
    A big thank you to the [stranger|lad|lady] who [found my purse|pushed my car|carried my bags] on
    | {street}. [Faith restored.|You are a star.]
    [Does anybody know|Who knows|Can anyone tell me] why the [bells rang at three|water was off|sirens
    | went] [today|last night]?
    The bins on {street} [were not emptied|have been emptied twice|are gone]. [Explain.|I have a
    | theory.|Typical.]
    [Learning|Trying] to [whistle|juggle|knit|play the ukulele]. [The dog has left the room.|Day
    | one.|Day nine. Send earplugs.]
    If you need me I am at {eatery} with [a pot of tea|the crossword|wet socks].
    Saw [a shooting star|the moon rise|two hedgehogs] from Castle Hill. [Nobody believes me.|I made a
    | wish.|Stayed an hour.]
    Lost my [keys|glasses|patience] [between {street} and the bridge|{at_venue}]. [Reward:
    | cake.|Help.|Found them. In my hand.]
    Good [morning|evening] from {venue}. [It is quiet.|It is not quiet.|The pigeons say hello.]
    The [bookshop|library|museum] cat has [a new collar|eaten a bookmark|chosen a new favourite chair].
    | [That is the news.|Priorities.]
    Power cut on {street}. [Candles, cards, and a neighbour I had never met.|Nice, actually.|The freezer
    | weeps.]
    """
)

# A question, the kind of answer it gets, and the thanks.
_TALK_LINES = lines(
    """
    Is {place} open on Mondays? / Yes, from ten. / Only till two. / No, Monday is their day off.
    What time is the last bus? / Half past eleven, from Station Road. / About half eleven. Run.
    Where can I [park|leave] my bike in town? / Behind the Town Hall. / There are racks in Station Yard.
    Is the water at the weir [cold|clean] today? / Fourteen degrees. / Lovely. Wear shoes. / Bit brown.
    Can anyone lend me a [ladder|drill|tent] on Saturday? / Yes, come by after nine. / You still have my
    | last one.
    Who won the [match|quiz] last night? / We did, by one. / Not us. Let us not talk about it.
    Any tips for a [rainy afternoon|first date|birthday tea] in {town}? / {eatery}, and take a book. /
    | {eatery}. Trust me.
    Did you hear that bang on {street}? / That was a lorry tyre. / The cat knocked over the bins. /
    | Thunder, I think.
    What was that bird {at_venue} this morning? / A redstart, lucky you. / Grey wagtail, I saw it too. /
    | A pigeon.
    How do you get [jam|red wine|tar] out of a jumper? / Cold water and salt. / Boiling water, from a
    | height. / You don't.
    Does {eatery} do [cake without eggs|takeaway|decent coffee]? / They do, ask at the counter. / Sadly
    | not. / Best in town.
    Why is {street} closed? / Water pipe. Till Friday, they say. / A film crew. No, really. / New tarmac
    | at last.
    """
)
TALKS = tuple((line.split(" / ")[0], tuple(line.split(" / ")[1:])) for line in _TALK_LINES)
THANKS = lines(
    """
    [Thanks|Thank you|Cheers|Ta|Bless you][|!|, that helps|, you are a star]
    [Great|Lovely|Perfect|Good to know], thank you.
    [Oh good|Right|I see]. [Thanks|Cheers]!
    Knew I could count on [you|this town].
    [ok|oh] thanks [😊|👍|🙏]
    """
)
REACTIONS = lines(
    """
    [Ha!|Ha ha.|Brilliant.|Made me laugh.] [I needed that.|Keep them coming.|More of this.]
    [Same here.|Me too.|Us too, on {street}.]
    [Oh no.|Poor you.] [Tea?|Do you need a hand?|Come over, the kettle is on.]
    Pictures or it did not happen.
    [Sounds about right.|Of course it did.|Classic {town}.]
    [Not everyone agrees, you know.|Rubbish.|Speak for yourself.]
    [How lovely.|Beautiful.|I was there too!|Wish I had seen it.]
    """
)
