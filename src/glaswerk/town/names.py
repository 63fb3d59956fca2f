"""The closed sets every value of the town is drawn from. All names are made up."""

from __future__ import annotations

from glaswerk.town.grammar import lines, words

TOWN = "Ostlebury"
RIVER = "Wend"
GAZETTE = "Ostlebury Gazette"
PARTIES = {"a": "River Alliance", "b": "Hill Union"}
PARTY_HANDLES = {"a": "river_alliance", "b": "hill_union"}

SHE = words(
    """
    Ada Agnes Alma Bea Bridget Carys Celia Clara Cora Daphne Delia Dora Edith Effie Elsie Enid Esme Fern
    Flora Freya Greta Gwen Hattie Hazel Hester Ida Imogen Iris Isla Ivy Jemima Joan Kezia Laura Lettie
    Lila Lottie Mabel Maud Meg Mina Nell Nora Olive Opal Pearl Petra Phoebe Polly Prue Rhoda Rosa Ruby
    Sadie Selma Stella Tilda Una Vera Willa Winnie Zara
    """
)
HE = words(
    """
    Abel Alfie Amos Angus Arlo Barney Basil Bram Caleb Cecil Clive Conrad Cyril Dexter Donal Duncan
    Edgar Edwin Elias Emlyn Ezra Felix Fergus Finn Giles Gus Hamish Harvey Hector Hugo Ivor Jasper Jonas
    Jude Kit Lachlan Leo Linus Magnus Miles Moses Ned Noel Orson Oscar Otis Percy Ralph Rex Roland Rory
    Rufus Saul Seth Silas Sol Stan Tobias Victor Walter Wilf Zeb
    """
)
SURNAMES = words(
    """
    Abernook Alderdice Applegarth Arkle Bagshot Barrowclough Battersby Birdwhistle Blackadder Blenkinsop
    Boothroyd Bramwell Brockbank Butterwick Cakebread Cantrip Chatterley Clutterbuck Cobbledick
    Copperthwaite Crackenthorpe Crowfoot Culpepper Dabney Dewhurst Diggory Doublet Dragonby Drinkwater
    Dunwoody Earwaker Elphick Entwistle Fairweather Fanshawe Farthing Featherstone Fiddler Fothergill
    Foxglove Frobisher Gadabout Gathercole Gildersleeve Glasspool Godbehere Golightly Goodbody Greatorex
    Grubb Hackwood Halfpenny Hardcastle Hathersage Hogben Honeychurch Hornblower Huckaby Inchbald
    Ironmonger Jellicoe Jolliffe Juniper Kerfoot Kettlewell Knatchbull Lamplugh Larkspur Lillywhite
    Longbottom Loveday Lusty Makepeace Maltravers Merriweather Micklethwait Mudge Nettleship Nightingale
    Nutbeam Oakapple Oddie Onions Ormerod Otterburn Pauncefoot Peabody Penhaligon Pettigrew Pickersgill
    Pilkington Popplewell Postlethwaite Quarmby Quickfall Quillfeather Rainbird Ramsbottom Ravenhill
    Ruddock Rumbelow Sandalwood Scattergood Shufflebotham Sidebottom Skidmore Snodgrass Sparrowhawk
    Spinks Starling Stonelake Strangeways Summerscale Swallow Tattersall Thistleton Thornapple Tiddy
    Titmarsh Treadgold Trubshaw Tumbrel Twelvetrees Umfreville Unthank Vavasour Venables Wagstaff
    Waterfield Weatherby Whitlock Wigglesworth Winterbottom Wolfenden Woodlouse Wrigglesworth Yaxley
    Yellowlees Zouche
    """
)
# Only for sizes that use up the list above: 30 x 20 plain compounds.
SURNAME_HEADS = words(
    """
    Ash Barn Birch Brack Cald Clay Cold Crow Dun Elm Fal Fern Garth Hag Hart Hol Kel Lang Lin Mar Mel
    Nor Oak Pen Rad Sel Stan Thorn Wes Wool
    """
)
SURNAME_TAILS = words(
    """
    acre bourne combe cote croft dale den ford gate grave ham hurst ley low mere shaw stead ton well
    wick
    """
)
# Never given to anyone who exists; used for questions whose right answer is "I don't know".
NOBODIES = lines(
    """
    Bertram Quoyle
    Sybil Ashgrove
    Marcus Tinderbox
    Leonora Vance
    Gideon Pym
    Harriet Lomax
    Dominic Sallow
    Philippa Trask
    Ambrose Keel
    Yolanda Finch
    Rupert Dunnock
    Tamsin Oxley
    """
)

STREETS = lines(
    """
    Marlow Street
    Tanner Row
    Weir Lane
    Chapel Hill
    Lantern Street
    Barley Lane
    Cooper Street
    Orchard Road
    Station Road
    Bridge Street
    Mill Lane
    Quarry Road
    Swan Walk
    Abbey Row
    Foundry Street
    Hazel Lane
    Pepper Lane
    Rope Walk
    Castle Hill
    Dyer Street
    Gallows Hill
    Friar Row
    Heron Way
    Linden Road
    """
)
TRADES = lines(
    """
    baker
    beekeeper
    blacksmith
    bookbinder
    bus driver
    butcher
    carpenter
    clockmaker
    cook
    dentist
    electrician
    gardener
    innkeeper
    librarian
    lock keeper
    night nurse
    plumber
    potter
    roofer
    tailor
    teacher
    vet
    """
)
VILLAGES = lines(
    """
    Pennick
    Tolver
    Crowmere
    Duxley
    Hobcross
    Ivelow
    Kettlesham
    Marrick
    Snaithwold
    Vexley
    Yarrowmoor
    Brindle Fen
    Cawsby
    Thrushcott
    Saltern
    Glimsford
    """
)
PETS = lines(
    """
    tortoise
    ferret
    parrot
    greyhound
    one-eyed cat
    spaniel
    goat
    hedgehog
    gecko
    rabbit
    donkey
    goose
    terrier
    corn snake
    guinea pig
    barn owl
    pony
    canary
    axolotl
    """
)
HOBBIES = lines(
    """
    chess
    birdwatching
    fly fishing
    wild swimming
    calligraphy
    knitting
    astronomy
    kite flying
    model railways
    bell ringing
    growing dahlias
    folk dancing
    stamp collecting
    archery
    juggling
    playing the accordion
    rowing
    darts
    metal detecting
    mushroom hunting
    """
)
FOUNDED = tuple(
    str(year)
    for year in (
        1721,
        1738,
        1754,
        1766,
        1783,
        1799,
        1807,
        1816,
        1824,
        1833,
        1848,
        1851,
        1862,
        1877,
        1889,
        1894,
        1902,
        1911,
        1919,
        1926,
        1934,
        1947,
        1953,
        1961,
        1968,
        1975,
        1982,
        1990,
        1998,
        2006,
    )
)
MONTHS = words(
    """
    January February March April May June July August September October November December
    """
)

# name, what it is, the trade of whoever runs it
PLACES = (
    ("The Copper Kettle", "tea room", "cook"),
    ("The Drowned Bell", "pub", "innkeeper"),
    ("The Floury Apron", "bakery", "baker"),
    ("Paperweight Books", "bookshop", "bookbinder"),
    ("Tick and Tock", "clock shop", "clockmaker"),
    ("The Iron Finch", "forge", "blacksmith"),
    ("Muddy Paws", "animal surgery", "vet"),
    ("Thimble House", "tailoring shop", "tailor"),
    ("The Crooked Pot", "pottery", "potter"),
    ("Green Thumb Nursery", "plant nursery", "gardener"),
    ("Bright Spark", "lamp shop", "electrician"),
    ("The Honey Loft", "honey shop", "beekeeper"),
    ("Oak and Awl", "furniture workshop", "carpenter"),
    ("The Silver Ladle", "soup bar", "cook"),
    ("The Sausage Room", "butcher shop", "butcher"),
    ("Smile Yard", "dental surgery", "dentist"),
    ("The Pipe Works", "plumbing shop", "plumber"),
    ("Slate and Sky", "roofing firm", "roofer"),
    ("The Otter Inn", "inn", "innkeeper"),
    ("Heron Coaches", "coach company", "bus driver"),
    ("Lockside Boats", "boat hire", "lock keeper"),
    ("The Reading Lamp", "lending library", "librarian"),
    ("Crumb Corner", "bakery", "baker"),
    ("The Gilded Eel", "pub", "innkeeper"),
)
# Only for sizes that use up the list above.
PLACE_HEADS = words(
    """
    Amber Brass Crimson Dusty Emerald Frosty Golden Hollow Idle Jolly Little Merry Purple Quiet Rusty
    Velvet Wooden Yellow
    """
)
PLACE_TAILS = (
    ("Anvil", "forge", "blacksmith"),
    ("Barrel", "pub", "innkeeper"),
    ("Beehive", "honey shop", "beekeeper"),
    ("Bobbin", "tailoring shop", "tailor"),
    ("Chisel", "furniture workshop", "carpenter"),
    ("Crust", "bakery", "baker"),
    ("Dresser", "restaurant", "cook"),
    ("Fern", "plant nursery", "gardener"),
    ("Lantern", "lamp shop", "electrician"),
    ("Page", "bookshop", "bookbinder"),
    ("Pendulum", "clock shop", "clockmaker"),
    ("Teapot", "tea room", "cook"),
)

# preposition, article or nothing, name
VENUES = (
    ("in", "", "Market Square"),
    ("on", "", "Weir Meadow"),
    ("in", "the ", "Corn Exchange"),
    ("in", "", "Abbey Park"),
    ("at", "the ", "Town Hall"),
    ("at", "the ", "Boathouse"),
    ("on", "the ", "Old Quay"),
    ("at", "the ", "Cricket Ground"),
    ("at", "the ", "Bandstand"),
    ("in", "", "Station Yard"),
)
# name, month, index of the venue, what happens there
EVENTS = (
    ("Lantern Regatta", "August", 1, "paper boats with candles float past the weir"),
    ("Goose Fair", "October", 0, "nobody has sold a goose since 1961"),
    ("Frost Market", "December", 0, "the whole place smells of cinnamon"),
    ("Swan Count", "July", 5, "the swans refuse to keep still"),
    ("Pancake Dash", "February", 6, "half the pancakes end up in the river"),
    ("Kite Day", "March", 3, "somebody always loses one in the big oak"),
    ("Brass Weekend", "June", 8, "three bands play at the same time"),
    ("Apple Supper", "September", 2, "there are eleven kinds of cider"),
    ("Seed Swap", "April", 4, "the gardeners argue about beans"),
    ("Raft Race", "May", 6, "most of the rafts sink"),
    ("Ghost Walk", "November", 9, "the ghost is always somebody from the council"),
    ("Chess Open", "January", 2, "you can hear the clocks tick"),
    ("Pie Contest", "September", 7, "the judges need a lie-down"),
    ("Dog Parade", "May", 3, "the smallest dog leads the way"),
    ("Rope Pull", "July", 1, "the losers get wet"),
    ("Snow Choir", "December", 8, "they sing with mittens on"),
    ("Book Barrow", "March", 9, "every book costs a pound"),
    ("Bean Weigh-In", "August", 4, "the record still stands"),
    ("Clog Night", "October", 2, "the floor takes days to recover"),
    ("Duck Derby", "April", 5, "the ducks are made of rubber"),
    ("Hat Sunday", "June", 0, "everyone wears something silly"),
    ("Soup Friday", "January", 4, "you bring your own spoon"),
    ("Wool Show", "November", 7, "the sheep steal the show"),
    ("Marble Cup", "February", 9, "grown men cry"),
)

CLUBS = (
    ("Ostlebury Rovers FC", "ostlebury_rovers"),
    ("Wend Anglers", "wend_anglers"),
    ("Ostlebury Birders", "ostlebury_birders"),
    ("Weir Swimmers", "weir_swimmers"),
    ("Ostlebury Silver Band", "silver_band"),
    ("Allotment Society", "allotment_soc"),
    ("Ostlebury Chess Club", "ostlebury_chess"),
    ("History Society", "history_soc"),
    ("Knit and Natter", "knit_natter"),
    ("Wend Rowing Club", "wend_rowing"),
)
