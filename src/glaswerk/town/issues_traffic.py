"""Issues about roads, the river and the square."""

from __future__ import annotations

from glaswerk.town.issues import issue

TRAFFIC_ISSUES = (
    issue(
        "bridge-toll",
        "the bridge toll",
        "BridgeToll",
        "Should the toll on the Wend bridge go?",
        """
        We should scrap the bridge toll. | We should keep the bridge toll.
        The bridge toll has to go. | The bridge toll has to stay.
        The bridge ought to be free for everyone. | The bridge ought to be paid for by its users.
        It is time to end the bridge toll. | It is wise to hold on to the bridge toll.
        Crossing the bridge should cost nothing. | Crossing the bridge should cost a little.
        """,
        """
        nurses pay it twice a day
        the bridge was paid off years ago
        it keeps shoppers away
        nobody should pay to visit their own mother
        """,
        """
        the bridge needs paint every spring
        lorries do the damage and lorries should pay
        without it our taxes go up
        it is the only money we get from through traffic
        """,
    ),
    issue(
        "market-square",
        "cars in Market Square",
        "MarketSquare",
        "Should Market Square be free of cars?",
        """
        We should close Market Square to cars. | We should keep Market Square open to cars.
        Cars have no place in Market Square. | Cars have a place in Market Square.
        Give the square to people on foot. | Leave the square to everyone, drivers too.
        Market Square would be better without cars. | Market Square would be worse without cars.
        The parking spaces in the square must go. | The parking spaces in the square must stay.
        """,
        """
        children could play there
        you cannot hear the band over the engines
        the air by the fountain is awful
        every shop there would gain from more strollers
        """,
        """
        my father cannot walk from the station
        shops need deliveries before noon
        the traffic would only move to the side streets
        people with heavy bags are people too
        """,
    ),
    issue(
        "night-lights",
        "street lights at night",
        "NightLights",
        "Should the street lights go off after midnight?",
        """
        We should switch the street lights off at night. | We should leave the street lights on at night.
        Dark streets after midnight are a good idea. | Lit streets after midnight are a good idea.
        Turn the lamps off when the town sleeps. | Leave the lamps on while the town sleeps.
        The night should be dark again. | The night should stay lit.
        Lamps off at twelve, please. | Lamps on till dawn, please.
        """,
        """
        I would like to see the stars
        it saves money and moths
        the bats are leaving the church tower
        nobody is out at three in the morning anyway
        """,
        """
        the night nurses walk home at four
        I want to see where I put my feet
        dark corners invite trouble
        the first bus leaves at five
        """,
    ),
    issue(
        "river-bathing",
        "bathing in the river",
        "RiverBathing",
        "Should bathing in the Wend be allowed?",
        """
        We should allow bathing in the Wend. | We should forbid bathing in the Wend.
        Let people swim below the weir. | Keep people out of the water below the weir.
        The river should be open to swimmers. | The river should be closed to swimmers.
        A bathing place would do us good. | A bathing ban would do us good.
        Swimming in the Wend should be legal. | Swimming in the Wend should be illegal.
        """,
        """
        the water is cleaner than it has been in years
        children need to learn to swim somewhere
        the pool has been shut since winter
        cold water is the cheapest doctor
        """,
        """
        the current by the weir is no joke
        the swans nest right there
        somebody has to pay for a lifeguard
        we pulled two people out last summer
        """,
    ),
    issue(
        "ring-road",
        "the ring road",
        "RingRoad",
        "Should the ring road be built?",
        """
        We should drop the plan for a ring road. | We should build the ring road.
        The ring road must never be built. | The ring road must finally be built.
        No ring road through the water meadows. | A ring road past the water meadows, please.
        We are better off without a ring road. | We are better off with a ring road.
        Say no to the ring road. | Say yes to the ring road.
        """,
        """
        the meadows flood every winter for a reason
        new roads fill up with new cars
        the orchids took forty years to come back
        we need buses, not tarmac
        """,
        """
        lorries thunder past the school all day
        the ambulance gets stuck on the bridge
        the old houses shake
        my windows have not been clean since spring
        """,
    ),
    issue(
        "speed-limit",
        "the speed limit in town",
        "TwentyIsPlenty",
        "Should the speed limit in town be twenty?",
        """
        We should lower the speed limit to twenty. | We should leave the speed limit at thirty.
        Twenty is fast enough in town. | Thirty is slow enough in town.
        Slow the cars down to twenty. | Leave the cars alone at thirty.
        A limit of twenty makes sense. | A limit of thirty makes sense.
        Twenty miles an hour, and not one more. | Thirty miles an hour, and not one less.
        """,
        """
        the school run is a race track
        cats have nine lives but not here
        a slow car is a quiet car
        you only lose a minute
        """,
        """
        hardly anyone drives faster anyway
        the bus would miss its train
        signs cost money and change nothing
        thirty has worked for decades
        """,
    ),
    issue(
        "ferry",
        "the old ferry",
        "WendFerry",
        "Should the town pay for the old ferry?",
        """
        We should run the old ferry again. | We should let the old ferry rest.
        The ferry deserves public money. | The ferry deserves no public money.
        Bring the ferry back to the Old Quay. | Keep the ferry out of the budget.
        A ferry is worth what it costs. | A ferry is not worth what it costs.
        The town should pay for a ferryman. | The town should not pay for a ferryman.
        """,
        """
        the east bank has no shop at all
        visitors would love it
        it saves an hour's walk
        a town with a river needs a boat
        """,
        """
        we have a perfectly good bridge
        it leaked even in my grandfather's day
        the money is needed for the roof of the school
        six passengers a day is not a service
        """,
    ),
)
