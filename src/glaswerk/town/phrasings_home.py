"""How people say who somebody's family is, which animal they keep and what they do for fun."""

from __future__ import annotations

from glaswerk.town.relations import relation

SPOUSE = relation(
    "spouse",
    "person",
    statements="""
    {N} is married to {v}.
    {N} and {v} are married.
    {name} and {v} have been married [for years|for ages|since that wet summer].
    {poss} {other} is {v}.
    {N} married {v} [at the Town Hall|in the old chapel|in the pouring rain].
    {v} is the {other} of {name}.
    Saw {name} with {his} {other}, {v}, [by the weir|at the market|on the bus].
    {name} and {his} {other} {v} [came to tea|won the quiz|danced all night].
    {N} says {he} would marry {v} again [tomorrow|any day|if asked nicely].
    The wedding of {name} and {v} was [the best party in years|a wet one|all anyone talked about].
    {N} met {v} [at a dance|in a bus queue|at the Goose Fair] and married {otherhim}.
    Ask {name} or {his} {other}, {v}.
    {name} is out, but {his} {other} {v} is at home.
    Happy anniversary to {name} and {his} {other} {v}!
    {N} calls {v} the love of {his} life. They are married, so that is [lucky|handy|good].
    Married couple of the week: {name} and {v}.
    {name} shares a house and a sense of humour with {his} {other}, {v}.
    {v} snores, says {name}, who married {otherhim} anyway.
    {N} never goes anywhere without {his} {other} {v}.
    Two rings, one umbrella: {name} and {his} {other} {v}.
    """,
    first_person="""
    {name} here. Yes, I am married to {v}. [Best thing I ever did.|{OtherHe} says hello.]
    I am {name}, and my {other} is {v}. [We argue about the heating.|Still in love.]
    """,
    asks="""
    Inviting {name} to a party. Who is the other half?
    Does {name} have somebody at home?
    What goes next to {name} on the anniversary card?
    """,
    questions="""
    Who is {name} married to?
    Tell me who {name} is married to.
    Do you know {poss} {other}?
    {poss} {other}?
    who is {lname} married to
    I am inviting {name}. Who is {his} {other}?
    I forgot the name of {poss} {other}. Who is it?
    With whom is {name} married?
    Who wears the other ring of {name}?
    Can you name the {other} of {name}?
    Who shares {his} life with {name}?
    {name}: married to whom?
    who's {lname}'s {other}
    Name {poss} {other}.
    Whose {self} is {name}?
    Who is the better half of {name}?
    Please tell me who married {name}.
    Who stood next to {name} at the wedding?
    Who is the {other} of {name}?
    What is {poss} {other} called?
    To whom is {name} married?
    Which person married {name}?
    Please name the {other} of {name}.
    Tell me the name of {poss} {other}.
    """,
    follow_ups="""
    And who is {he} married to?
    Who is {his} {other}?
    What is {his} {other} called?
    """,
    heldout="""
    Who is {poss} {other}?
    Who did {name} marry?
    What is the name of the {other} of {name}?
    Which person is {name} married to?
    """,
    answers="""
    {name} is married to {v}.
    {poss} {other} is {v}.
    """,
    apposition="{self} of {v}",
)

SIBLING = relation(
    "sibling",
    "person",
    statements="""
    {N} is the {self} of {v}.
    {poss} {other} is {v}.
    {name} and {v} are {pair}.
    {N} has [one {other}|a {other}]: {v}.
    {v} is the {other} of {name}.
    {name} and {his} {other} {v} [argue about everything|laugh the same way|sing in tune].
    Saw {name} with {his} {other}, {v}, [by the weir|at the market|on the bus].
    [Funny|Odd|True]: {name} and {v} are {pair} and [look nothing alike|sound the same on the phone].
    {name} lent {his} {other} {v} [a ladder|a tent|ten pounds] and wants it back.
    If {name} does not know, {his} {other} {v} will.
    {N} and {his} {other} {v} shared a bunk bed for [ten|twelve|fourteen] years.
    {name} says {his} {other} {v} got all the [looks|luck|brains].
    Those two laughing? {name} and {his} {other} {v}.
    {N} taught {his} {other} {v} to [swim|whistle|ride a bike].
    Same nose, same laugh: {name} and {his} {other} {v}.
    {name} and {v}: {pair}, rivals, best friends.
    {N} [always saves a seat for|bakes a cake for|shouts at] {his} {other} {v}.
    {v} has a {self}, {name}.
    {name} went to the fair with {his} {other} {v}.
    Nobody teases {name} like {his} {other} {v} does.
    """,
    first_person="""
    {name} here. {v} is my {other}. [Sorry about that.|I am the clever one.]
    I am {name}, and {v} is my {other}. [Ask who broke the vase.|No refunds.]
    """,
    asks="""
    Who was that with {name} at the fair? They look alike.
    Does {name} have family in town?
    {name} mentioned {his} {other}. Who is that?
    """,
    questions="""
    Who is the {other} of {name}?
    Tell me who {poss} {other} is.
    Do you know {poss} {other}?
    {poss} {other}?
    who's the {other} of {lname}
    Does {name} have a {other}? Who?
    What is {poss} {other} called?
    I saw {name} with {his} {other}. Who was it?
    Whose {self} is {name}?
    Can you name the {other} of {name}?
    Who grew up in the same house as {name}?
    {name}: which {other}?
    Name {poss} {other}.
    Which {other} does {name} have?
    Please tell me the name of {poss} {other}.
    Who is the sibling of {name}?
    who is related to {lname}
    Which person in town is the {other} of {name}?
    What is the {other} of {name} called?
    {name} is the {self} of whom?
    Tell me the name of the {other} of {name}.
    To whom is {name} a {self}?
    Which person is {poss} {other}?
    """,
    follow_ups="""
    And who is {his} {other}?
    What is {his} {other} called?
    Does {he} have a {other}?
    """,
    heldout="""
    Who is {poss} {other}?
    What is the name of {poss} {other}?
    Which person is the {other} of {name}?
    Who is {name} a {self} of?
    """,
    answers="""
    {poss} {other} is {v}.
    """,
    apposition="{self} of {v}",
)

PET = relation(
    "pet",
    "person",
    statements="""
    {N} has {a_v}.
    {N} keeps {a_v} [at home|in the kitchen|in the garden].
    {poss} {v} [got out|escaped|went missing for an hour] [again|today|this morning].
    {poss} pet is {a_v}.
    {N} [bought|built|knitted] a [new bed|little coat|warm box] for {his} {v}.
    {N} and {his} {v} [went for a walk|posed for a photo|fell asleep in the sun].
    Saw {name} [carrying|chasing|talking to] {his} {v} [by the weir|near the bridge|in the rain].
    {N} talks to {his} {v} more than to people.
    Whose {v} is that? {poss}, of course.
    {N} would do anything for {his} {v}.
    The {v} belongs to {name}.
    The only {v} I trust belongs to {name}.
    {N} took {his} {v} to the vet [today|this week|again].
    {poss} {v} [stole my sandwich|bit the postman|won a ribbon].
    {N} loves {his} {v} [to bits|like a child|and nobody else].
    At home {name} has {a_v} for company.
    {N} never wanted a pet, and now {he} has {a_v}.
    {poss} {v} has its own [chair|cushion|Christmas stocking].
    {N} shares the sofa with {a_v}.
    Everyone on the street knows {poss} {v}.
    """,
    first_person="""
    {name} here. My {v} says hello. [Well, it looked at me.|It wants breakfast.]
    I am {name}, and I keep {a_v}. [No, you cannot borrow it.|It runs the house.]
    """,
    asks="""
    Heard strange noises from {poss} house. What lives there?
    What is the animal {name} keeps?
    What did {name} bring to the vet today?
    """,
    questions="""
    Which pet does {name} have?
    Tell me about {poss} pet.
    Do you know what animal {name} keeps?
    {poss} pet?
    what pet has {lname} got
    Does {name} have an animal at home?
    What animal shares the house with {name}?
    I hear {name} has a pet. What is it?
    Can you say which animal {name} has?
    Which animal is {poss} pet?
    what animal does {lname} keep
    Name the pet of {name}.
    {name}: which animal?
    What kind of creature lives with {name}?
    Who or what keeps {name} company at home?
    Please tell me which pet {name} looks after.
    What sort of animal did {name} take in?
    Is there an animal in {poss} house?
    """,
    follow_ups="""
    And which pet does {he} have?
    Does {he} keep an animal?
    What is {his} pet?
    """,
    heldout="""
    What pet does {name} have?
    What kind of pet does {name} keep?
    What animal does {name} have as a pet?
    Which animal does {name} keep at home?
    """,
    answers="""
    {name} has {a_v}.
    {name} keeps {a_v}.
    """,
    apposition="[owner of {a_v}|who keeps {a_v}|who has {a_v}]",
)

HOBBY = relation(
    "hobby",
    "person",
    statements="""
    {poss} hobby is {v}.
    {N} [loves|adores|lives for] {v}.
    {N} is mad about {v}.
    {N} spends every [weekend|Sunday|free hour] on {v}.
    [Ask|Never ask] {name} about {v} [unless you have an hour|and watch {him} light up|over dinner].
    {N} is into {v}.
    When {name} is not working, it is {v}, {v}, {v}.
    {N} got into {v} [last winter|as a child|by accident].
    {N} [wants to start|is running|dreams of] a club for {v}.
    {N} tried to get me into {v}. [Never again.|I was useless.|What a patient soul.]
    For {name}, nothing beats {v}.
    Nobody in town knows more about {v} than {name}.
    {poss} great love: {v}.
    {poss} idea of fun: {v}.
    {N} gave a talk on {v} [and I stayed awake|with slides|to a full room].
    {N} could talk about {v} all night.
    The only thing {name} does on Sundays is {v}.
    {N} took up {v} and got [very good|obsessed|better] at it.
    {N} missed the bus because of {v}. [Again.|True story.|Typical.]
    All {name} wanted for {his} birthday was more time for {v}.
    """,
    first_person="""
    {name} here. If I am not answering, it is because of {v}.
    I am {name} and my hobby is {v}. [Judge me.|It keeps me calm.]
    """,
    asks="""
    Need a present for {name}. What is {he} into?
    How does {name} spend {his} weekends?
    {name} is never home on Sundays. What is {he} up to?
    """,
    questions="""
    What does {name} like to do?
    Tell me about {poss} hobby.
    Do you know what {name} does for fun?
    {poss} hobby?
    what is {lname} into
    I need a present for {name}. What is {he} into?
    How does {name} spend {his} free time?
    What is {name} mad about?
    Which pastime does {name} love?
    Can you tell me what {name} enjoys?
    what's {lname}'s hobby
    Name the hobby of {name}.
    {name}: which hobby?
    What does {name} do at weekends?
    What keeps {name} happy after work?
    What could I talk about with {name}?
    Please tell me {poss} favourite pastime.
    What is it that {name} loves so much?
    """,
    follow_ups="""
    And what is {his} hobby?
    What does {he} do for fun?
    What is {he} into?
    """,
    heldout="""
    What is {poss} hobby?
    What hobby does {name} have?
    What does {name} do in {his} free time?
    Which hobby does {name} enjoy?
    """,
    answers="""
    {poss} hobby is {v}.
    {name} loves {v}.
    {name} is into {v}.
    """,
    apposition="[lover of {v}|who loves {v}|who is mad about {v}]",
)
