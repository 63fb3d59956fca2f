"""How people talk about the town's places and yearly events."""

from __future__ import annotations

from glaswerk.town.relations import relation

PLACE_STREET = relation(
    "place_street",
    "place",
    statements="""
    {name} is on {v}.
    You will find {name} on {v}.
    {name}, [that|the] {kind} on {v}, [was packed today|is open again|never lets me down].
    Meet me at {name} on {v} [at noon|after work|in ten minutes].
    Best {kind} in town? {name} on {v}.
    {v} would be nothing without {name}.
    [Queue|Long queue|Small crowd] outside {name} on {v} [again|this morning|today].
    {name} has stood on {v} [forever|for ages|since before I was born].
    Turn into {v} and {name} is [on the left|on the right|straight ahead].
    Walked down {v} and ended up in {name}. [No regrets.|As usual.|Poorer but happy.]
    The {kind} on {v} is called {name}.
    The sign of {name} on {v} [needs paint|is crooked|looks lovely in the rain].
    {name}, {v}: [go early|bring cash|mind the step].
    There is a light on at {name} on {v}.
    If you are on {v}, do go into {name}.
    {name} put [flowers|a bench|a blackboard] outside, right on {v}.
    [Lost a glove|Left my umbrella|Found a scarf] at {name} on {v}.
    Nobody leaves {v} without stopping at {name}.
    """,
    asks="""
    Visiting for the day. How do I get to {name}?
    Everyone recommends {name}. Where do I go?
    Where did {name} hide? I walked round twice.
    """,
    questions="""
    Where is {name}?
    Tell me where {name} is.
    How do I get to {name}?
    {name}, where is it?
    which street is {lname} on
    I am looking for {name}. Which way?
    What is the address of {name}?
    Can you give me the address of {name}?
    Where can I find {name}?
    Where would I go for {name}?
    where's {lname}
    Name the street of {name}.
    {name}: address?
    I want to visit {name}. Where is it?
    In which street do I find {name}?
    Please tell me the way to {name}.
    Do you know where {name} is?
    Whereabouts is the {kind} called {name}?
    """,
    follow_ups="""
    And where is it?
    Which street is it on?
    What is the address?
    """,
    heldout="""
    What street is {name} on?
    On which street is {name}?
    On what street will I find {name}?
    Could you tell me the street where {name} is?
    """,
    answers="""
    {name} is on {v}.
    """,
)

PLACE_FOUNDED = relation(
    "place_founded",
    "place",
    statements="""
    {name} was founded in {v}.
    {name} opened in {v}.
    {name} has been open since {v}.
    Since {v}: {name}. [Still going.|Still the best.|Not many can say that.]
    The [sign|stone|plate] above the door of {name} says {v}.
    {v} was the year {name} opened.
    The first owner of {name} opened the doors in {v}.
    {name}, founded in {v}, [has seen worse|will outlive us all|still smells the same].
    Did a bit of reading: {name} dates back to {v}.
    In {v} [a cart of bricks|one brave soul|a bank loan] was all it took to open {name}.
    {name} goes back to {v}.
    The [till|bell|counter] at {name} is from {v}, the year it opened.
    Hard to believe {name} started in {v}.
    My [grandmother|great-uncle|neighbour] swears {name} opened in {v}. [Who am I to argue?|The books agree.]
    {name} celebrates it every year: founded in {v}.
    [Old photo|Old postcard|Old poster] of {name}, from the year it opened, {v}.
    Everything changes, but {name} has been there since {v}.
    The {kind} {name} was opened in {v}.
    """,
    asks="""
    How long has {name} been going?
    Quiz question: how old is {name}?
    Is {name} really that old?
    """,
    questions="""
    When was {name} founded?
    Tell me when {name} opened.
    How old is {name}?
    {name}, since when?
    when did {lname} open
    Do you know the founding year of {name}?
    Since when has {name} been open?
    What is the founding year of {name}?
    When did {name} start?
    Can you tell me how far back {name} goes?
    how old is {lname}
    Name the year {name} opened.
    {name}: founding year?
    When did {name} first open its doors?
    The sign at {name} shows a year. Which one?
    Please tell me the age of {name}.
    From when does {name} date?
    Is it known when {name} was founded?
    """,
    follow_ups="""
    And when was it founded?
    How old is it?
    Since when is it there?
    """,
    heldout="""
    In what year was {name} founded?
    Which year did {name} open?
    What year was {name} founded in?
    What year did {name} open?
    """,
    answers="""
    {name} was founded in {v}.
    {name} opened in {v}.
    """,
)

PLACE_KEEPER = relation(
    "place_keeper",
    "place",
    statements="""
    {v} runs {name}.
    {name} is run by {v}.
    {v} [runs|looks after] {name} [with great care|and never rests|and it shows].
    The [boss|soul|face] of {name} is {v}.
    {v} of {name} [gave me a biscuit|told me a story|waved at me] [today|this morning|yesterday].
    Ask for {v} at {name}; {vhe} runs the place.
    {name} without {v}? Nobody else could run it.
    {v} is in charge of {name}.
    Behind the counter of {name}: {v}, who runs it.
    {v} [opens|unlocks|sweeps] {name} every morning; it is {vhis} place.
    {v} owns {name} and works [twice as hard as anyone|far too much|seven days a week].
    The keys to {name} belong to {v}.
    {v} and {name} [belong together|are a perfect match|keep this town going].
    Complaints about {name}? Tell {v}, who runs it.
    [Well done|Bravo|Hats off], {v}: {name} has never been better run.
    {v} put {vhis} whole life into running {name}.
    The person who runs {name} is {v}.
    {v} hired a new helper at {name}, where {vhe} is the boss.
    """,
    asks="""
    Want to praise somebody at {name}. Who do I ask for?
    Who do I talk to at {name} about a job?
    Whose name is on the door of {name}?
    """,
    questions="""
    Who runs {name}?
    Tell me who runs {name}.
    Do you know who owns {name}?
    {name}, who is the boss?
    who runs {lname}
    Who is in charge of {name}?
    Who is the owner of {name}?
    I want to work at {name}. Who do I ask?
    Who has the keys to {name}?
    Can you name the person behind {name}?
    who owns {lname}
    Name the owner of {name}.
    {name}: whose place is it?
    Who looks after {name}?
    Whose place is {name}?
    Please tell me who is the head of {name}.
    Who do I complain to about {name}?
    Who opens {name} in the morning?
    Who is running {name}?
    Which person owns {name}?
    Who is it that owns {name}?
    What is the name of the person who runs {name}?
    By whom is {name} owned?
    {name} is run by whom?
    """,
    follow_ups="""
    And who runs it?
    Who is the owner?
    Who is in charge there?
    """,
    heldout="""
    Who is the person running {name}?
    Which person runs {name}?
    Who is it that runs {name}?
    By whom is {name} run?
    """,
    answers="""
    {name} is run by {v}.
    """,
)

EVENT_MONTH = relation(
    "event_month",
    "event",
    statements="""
    The {name} is in {v}.
    The {name} is held every {v}.
    {v} means the {name}, and {note}.
    Every {v} we have the {name}.
    Put it in the diary: the {name}, always in {v}.
    The {name} takes place in {v}.
    {v} is the month of the {name}.
    Counting the weeks to {v} and the {name}.
    If it is {v}, it is time for the {name}.
    The {name} has been a {v} thing as long as I can remember.
    No {v} without the {name}.
    [My sister visits|Half my family turns up|We get tourists] every {v}, because of the {name}.
    The {name} in {v} is the [best|loudest|silliest] day of the year.
    In {v} comes the {name}, and {note}.
    Nobody books a holiday in {v}, because of the {name}.
    They tried to move the {name} once. It stayed in {v}.
    Remember: the {name}, {v}, [rain or shine|bring a hat|be there].
    The {name} belongs to {v}.
    """,
    asks="""
    Planning a visit for the {name}. When should I come?
    How long until the {name}?
    Have I missed the {name} this year?
    """,
    questions="""
    When is the {name}?
    Tell me when the {name} is.
    Do you know the month of the {name}?
    {name}, when?
    when is the {lname}
    I want to visit the {name}. When should I come?
    In which month can I see the {name}?
    What month does the {name} belong to?
    When does the {name} take place?
    Can you tell me the date of the {name}?
    when's the {lname} on
    Name the month of the {name}.
    {name}: which month?
    At what time of the year is the {name}?
    When should I pack my bag for the {name}?
    Please tell me when they hold the {name}.
    When do people meet for the {name}?
    Is the {name} in summer or winter? Which month?
    In what month do they hold the {name}?
    Which month has the {name}?
    The {name} is held in which month?
    During which month does the {name} happen?
    What month do we have when the {name} is on?
    """,
    follow_ups="""
    And when is it?
    Which month is that?
    When does it take place?
    """,
    heldout="""
    In which month is the {name}?
    What month is the {name} in?
    Which month is the {name} held in?
    In what month does the {name} take place?
    """,
    answers="""
    The {name} is in {v}.
    The {name} takes place in {v}.
    The {name} is held every {v}.
    """,
)

EVENT_VENUE = relation(
    "event_venue",
    "event",
    statements="""
    The {name} is held {at_v}.
    The {name} takes place {at_v}.
    {At_v}, that is where the {name} happens.
    If you want to see the {name}, go to {the_v}.
    The {name} [fills|takes over] {the_v} every year.
    {note_cap} at the {name}, {at_v} as always.
    The {name} has always been {at_v}.
    Every year they [sweep|measure|decorate] {the_v} for the {name}.
    For the {name} you go to {the_v}.
    No room left {at_v} when the {name} is on.
    I met my [wife|husband|best friend] at the {name} {at_v}.
    {The_v} and the {name} belong together.
    The {name}? {At_v}, where else.
    Moving the {name} away from {the_v} would be a crime.
    They always need volunteers {at_v} for the {name}.
    The {name} {at_v} is the reason I stay in {town}.
    {The_v} always looks [tired|muddy|happy] after the {name}.
    Best seats for the {name}: {at_v}, near the front.
    """,
    asks="""
    First time at the {name}. Where do we go?
    Which way to the {name}, please?
    Where do people gather for the {name}?
    """,
    questions="""
    Where is the {name}?
    Tell me where the {name} is held.
    Do you know the place of the {name}?
    {name}, where?
    where is the {lname}
    I want to see the {name}. Where do I go?
    Which place do I go to for the {name}?
    Where do people meet for the {name}?
    At which spot is the {name}?
    Can you tell me where they put on the {name}?
    where's the {lname} held
    Name the place of the {name}.
    {name}: which place?
    Where does the {name} happen?
    Where should I stand to see the {name}?
    Please tell me the venue of the {name}.
    What is the venue of the {name}?
    Where in town do they do the {name}?
    Which place holds the {name}?
    Where do they hold the {name}?
    At which place does the {name} happen?
    The {name} takes place where?
    Tell me where the {name} takes place.
    What place is the {name} at?
    """,
    follow_ups="""
    And where is it held?
    Where does it take place?
    What is the venue?
    """,
    heldout="""
    Where does the {name} take place?
    At what place is the {name} held?
    Where is the {name} held?
    Which place hosts the {name}?
    """,
    answers="""
    The {name} is held {at_v}.
    The {name} takes place {at_v}.
    """,
)
