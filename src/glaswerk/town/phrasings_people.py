"""How people say where somebody lives, works, was born and comes from."""

from __future__ import annotations

from glaswerk.town.relations import relation

STREET = relation(
    "street",
    "person",
    statements="""
    {N} lives on {v}.
    {N} has lived on {v} for [years|ages|as long as I can remember].
    {N} [still |]lives on {v}, [right by the post box|two doors from us|in the house with the blue door].
    If you are looking for {name}, try {v}.
    [Dropped a parcel off|Left a jar of jam|Returned a ladder] at {poss} house on {v}.
    [Walked|Cycled] past {poss} [house|front garden] on {v} [today|this morning|just now].
    {N} of {v} [waved at me|said hello|told me a joke] [today|this morning|yesterday].
    {N} [moved to|settled on] {v} years ago and never left.
    The [green|white|crooked] house on {v} is where {name} lives.
    {N} has a [tiny|lovely|draughty] house on {v}.
    [Had tea|Played cards|Spent the evening] at {poss} place on {v}.
    {v} is where you will find {name}.
    My [cousin|aunt|mate] lives next door to {name}, on {v}.
    {poss} address is still {v}.
    {N} is the one on {v} with [the wind chimes|the red bicycle|too many flower pots].
    Home for {name} is {v}.
    Whenever I walk down {v}, {name} is [in the window|sweeping the step|at the gate].
    {N} is proud to live on {v}.
    {name}, {v}: [best front garden of the year|loudest doorbell in town|always has the kettle on].
    The lights were on at {poss} house on {v} [last night|all night|again].
    """,
    first_person="""
    {name} here. I live on {v} and [I like it|I am not moving|the bins are late again].
    My name is {name}, my house is on {v}, and [the roof leaks|the kettle is on].
    """,
    asks="""
    I [have|found] a parcel for {name}. Which way do I walk?
    Anyone have an address for {name}? [I owe {him} a card.|I have {his} post.]
    Trying to return a dish to {name}. Where do I bring it?
    """,
    questions="""
    Where does {name} live?
    Tell me where {name} lives.
    Do you know which street {name} is on?
    {poss} street?
    which road is {lname} on
    I'm looking for {name}. Where should I knock?
    What is the address of {name}?
    Where would I find {name} at home?
    I have a letter for {name}. Where do I take it?
    Can you give me {poss} address, please?
    Where is the home of {name}?
    where's {lname}'s house
    Name the street of {name}.
    In which street can I visit {name}?
    I want to send {name} a card. Where to?
    Whereabouts does {name} have {his} house?
    {name}: address?
    Someone told me {name} lives near here. Which street is it?
    """,
    follow_ups="""
    And where does {he} live?
    Which street is {he} on?
    Where is {his} house?
    """,
    heldout="""
    What street does {name} live on?
    On which street is {poss} house?
    Could you tell me the street where {name} lives?
    Which street does {name} live on?
    """,
    answers="""
    {name} lives on {v}.
    {poss} house is on {v}.
    """,
    apposition="[of {v}|who lives on {v}|our neighbour on {v}]",
)

TRADE = relation(
    "trade",
    "person",
    statements="""
    {N} is {a_v} by trade.
    {N} works as {a_v}.
    {N} [has worked|has always worked] as {a_v}.
    {N} is [the best|the busiest|the kindest] {v} [in town|I know|for miles].
    [Need|Looking for|Want] {a_v}? Ask {name}.
    {N} earns {his} living as {a_v}.
    {name} the {v} [made me laugh|saved the day|was in a good mood] [today|this morning|yesterday].
    Not everyone knows that {name} is {a_v}.
    {N} trained as {a_v} and [loves it|never looked back|would do it again].
    The {v} {name} [is a treasure|deserves a medal|never complains].
    [Thank you|Many thanks|Three cheers] to {name}, {a_v} with [a big heart|endless patience|cold hands].
    {N} is {a_v}, and {he} is good at it.
    My [nephew|niece|brother] wants to be {a_v}, just like {name}.
    {poss} trade? {A_v}, and a good one.
    {N} has been {a_v} [since school|for years|all {his} life].
    Ask {name} anything: {he} is {a_v} and [knows everyone|has seen it all|talks a lot].
    As {a_v}, {name} [gets up early|hears all the gossip|knows every door in town].
    {N} makes a living as {a_v}.
    We are lucky to have {a_v} like {name}.
    {name} does the work of {a_v}, [rain or shine|and it shows|in case you wondered].
    """,
    first_person="""
    {name} here, {a_v} by trade. [Long day.|My feet hurt.|Ask me anything.]
    I am {name} and I am {a_v}. [Yes, still.|Somebody has to be.]
    """,
    asks="""
    My [niece|grandson] has a school project on trades. Can {name} help?
    Met {name} at the market. What line of work is {he} in?
    What keeps {name} so busy all week?
    """,
    questions="""
    What is {poss} job?
    Tell me what {name} does for work.
    Do you know {poss} trade?
    {poss} job?
    what does {lname} do
    I met {name} yesterday. What line of work is {he} in?
    How does {name} make a living?
    What is {name} by profession?
    What does {name} work as?
    Can you tell me the profession of {name}?
    what's {lname}'s work
    Name the trade of {name}.
    {name}: what job?
    Which trade did {name} learn?
    I wonder how {name} earns {his} money.
    Please tell me about the work of {name}.
    What kind of work keeps {name} busy?
    Someone said {name} is good at {his} job. Which job?
    Which job does {name} do?
    What sort of job has {name} got?
    What does {name} do all day at work?
    Tell me how {name} makes {his} living.
    For a living, what is it that {name} does?
    What is the work of {name}?
    what trade is {lname} in
    The trade of {name}, please.
    Which line of work is {name} in?
    What profession does {name} have?
    """,
    follow_ups="""
    And what is {his} job?
    What does {he} do for work?
    How does {he} make a living?
    """,
    heldout="""
    What does {name} do for a living?
    What job does {name} have?
    Which trade does {name} work in?
    What is the trade of {name}?
    """,
    answers="""
    {name} is {a_v}.
    {name} works as {a_v}.
    """,
    apposition="[the {v}|who is {a_v}|{a_v} by trade]",
)

BORN = relation(
    "born",
    "person",
    statements="""
    {N} was born in {v}.
    {N} was born in {v}, [a good year|a cold year|the year of the long summer].
    {v} was the year {name} was born.
    {poss} [passport|birth certificate|library card] says {v}.
    Born in {v}: {name}.
    {N}, born in {v}, [still climbs Castle Hill|laughs the loudest|beat me at arm wrestling].
    {N} was a {v} baby.
    In {v} [the river froze|the old bridge was painted|the bells were mended] and {name} was born.
    I [just learned|never knew|always forget] that {name} was born in {v}.
    {N} [came into the world|first saw the light] in {v}.
    The year {v} gave us {name}.
    {N} has been around since {v}.
    {poss} birth year is {v}, [same as my aunt|I looked it up|and {he} is proud of it].
    Class of {v}, says {name}: that is when {he} was born.
    {N} says {v} was a fine year to be born.
    Back in {v}, {name} was born [on a Sunday|during a storm|three weeks early].
    {N}, a child of {v}, [remembers everything|never forgets a face|tells the best stories].
    [A card|A cake|Flowers] for {name}, who was born in {v}.
    {name} ([born|b.] {v}) [won the raffle|told the best story|danced all evening].
    Only {name} would brag about being born in {v}.
    """,
    first_person="""
    {name} here, born in {v}. [Do not do the sums.|Yes, I know.]
    I am {name}. I was born in {v} and I [feel it|feel fine].
    """,
    asks="""
    Making a birthday banner for {name}. Which year goes on it?
    How far back does {name} go?
    Need a birth year for {poss} card. Anyone?
    """,
    questions="""
    When was {name} born?
    Tell me the birth year of {name}.
    Do you know {poss} year of birth?
    {poss} birth year?
    when was {lname} born
    How old is {name}? Just give me the year of birth.
    What is the birth year of {name}?
    I need {poss} year of birth for a card.
    Since when has {name} been in this world?
    Can you tell me when {name} came into the world?
    The birth of {name} was in which year?
    {name}: year of birth?
    what's {lname}'s birth year
    Name the year {name} was born.
    I am making a birthday card. When was {name} born?
    From which year is {name}?
    Is it known when {name} was born?
    Please look up the birth year of {name}.
    """,
    follow_ups="""
    And when was {he} born?
    What is {his} birth year?
    When did {he} come into the world?
    """,
    heldout="""
    In what year was {name} born?
    What year was {name} born in?
    Which year was {name} born?
    Could you tell me the year in which {name} was born?
    """,
    answers="""
    {name} was born in {v}.
    {poss} birth year is {v}.
    """,
    apposition="[born in {v}|who was born in {v}]",
)

VILLAGE = relation(
    "village",
    "person",
    statements="""
    {N} comes from {v}.
    {N} grew up in {v}.
    {N} is originally from {v}.
    {N} [went to school|learned to swim|had {his} first job] in {v}, [where {he} grew up|{his} home village].
    You can hear it: {name} is from {v}.
    {poss} family is from {v}.
    {poss} home village is {v}.
    {N} left {v} for {town} [years ago|at nineteen|with one suitcase].
    {v} is where {name} grew up.
    [Met|Bumped into|Sat next to] {name} on the bus from {v}, where {he} grew up.
    {N} [never stops talking about|still misses|goes back every spring to] {v}, {his} home village.
    Born and bred in {v}: {name}.
    {v} people are [stubborn|kind|early risers], and {name} is the proof.
    {N} spent {his} childhood in {v}.
    {poss} mother still lives in {v}, where {name} grew up.
    A child of {v}, {name} [never liked the town|walks everywhere|knows every path].
    {N} hails from {v}.
    As a child {name} lived in {v}.
    {N} says the [apples|pubs|summers] were better back home in {v}.
    {poss} accent is pure {v}.
    """,
    first_person="""
    {name} here, {v} born and bred. [We say what we think.|The pies were better there.]
    I am {name} and I grew up in {v}. [Ask me about the mud.|I miss it in spring.]
    """,
    asks="""
    Lovely accent {name} has. Where is {he} from?
    Is {name} from {town} or did {he} move here?
    {name} talks of home a lot. Which village is that?
    """,
    questions="""
    Where does {name} come from?
    Tell me where {name} grew up.
    Do you know {poss} home village?
    {poss} home village?
    where is {lname} from
    I like {poss} accent. Where is {he} from?
    Where did {name} spend {his} childhood?
    Where was {name} a child?
    What is the home village of {name}?
    Is {name} from {town}, or from somewhere else?
    Can you say which village {name} is from?
    {name}: from which village?
    where did {lname} grow up
    Name the home village of {name}.
    In which village was {name} raised?
    From where did {name} move to {town}?
    Please tell me the village of {name}.
    Where are {poss} roots?
    Which village is home to {name}?
    What village did {name} grow up in?
    Where is {name} from?
    Originally, where did {name} live?
    Which village was {name} raised in?
    From which village does {name} come?
    """,
    follow_ups="""
    And where does {he} come from?
    Where did {he} grow up?
    What is {his} home village?
    """,
    heldout="""
    Which village does {name} come from?
    What village is {name} from?
    In which village did {name} grow up?
    Where is {name} originally from?
    """,
    answers="""
    {name} comes from {v}.
    {name} grew up in {v}.
    """,
    apposition="[originally from {v}|who grew up in {v}|born and bred in {v}]",
)
