"""Issues about buildings, schools, shops and money."""

from __future__ import annotations

from glaswerk.town.issues import issue

TOWN_ISSUES = (
    issue(
        "old-mill",
        "the old mill",
        "OldMill",
        "What should become of the old mill?",
        """
        We should turn the old mill into flats. | We should turn the old mill into a museum.
        The mill should become homes. | The mill should become a museum.
        Put families into the old mill. | Put the looms back into the old mill.
        Flats are the right future for the mill. | A museum is the right future for the mill.
        People should live in the old mill again. | People should visit the old mill again.
        """,
        """
        young people cannot find a room here
        empty windows help nobody
        forty homes would keep the school full
        a dead museum pays no rent
        """,
        """
        our whole history is in that building
        visitors would stay for a second day
        flats there would cost a fortune
        once it is sold it is gone
        """,
    ),
    issue(
        "school-merger",
        "the school merger",
        "SchoolMerger",
        "Should the two schools be merged?",
        """
        We should keep the two schools apart. | We should merge the two schools.
        Two small schools are better than one. | One big school is better than two.
        The school merger is a mistake. | The school merger is a good plan.
        Leave both schools where they are. | Bring both schools under one roof.
        No merger for our schools. | A merger for our schools.
        """,
        """
        the little ones can walk there now
        teachers know every name
        big classes swallow shy children
        a school keeps a street alive
        """,
        """
        two leaking roofs cost double
        one school could afford a music room
        there are not enough pupils for two
        the teachers are run off their feet
        """,
    ),
    issue(
        "wind-turbines",
        "wind turbines on Castle Hill",
        "WindOnTheHill",
        "Should there be wind turbines on Castle Hill?",
        """
        We should put wind turbines on Castle Hill. | We should keep wind turbines off Castle Hill.
        Turbines on the hill are welcome. | Turbines on the hill are not welcome.
        Let the hill make our power. | Let the hill keep its view.
        Castle Hill is the right place for turbines. | Castle Hill is the wrong place for turbines.
        Build the turbines up there. | Build the turbines somewhere else.
        """,
        """
        the wind up there is free
        it would pay for the library
        our power bills are a scandal
        I would rather look at a turbine than at a bill
        """,
        """
        the view from the tower is all we have
        the red kites nest there
        the profit would leave town
        you would hear them in every bedroom
        """,
    ),
    issue(
        "sunday-shops",
        "shops on Sunday",
        "SundayShops",
        "Should shops open on Sundays?",
        """
        We should let the shops open on Sundays. | We should keep the shops closed on Sundays.
        Sunday opening is good for the town. | Sunday closing is good for the town.
        Open the doors on Sundays. | Shut the doors on Sundays.
        Shopping on Sunday should be normal. | Resting on Sunday should be normal.
        A lively Sunday is a better Sunday. | A quiet Sunday is a better Sunday.
        """,
        """
        Sunday is the day the visitors come
        people on shifts need to buy bread too
        the big store out of town is open anyway
        nobody is forced to shop
        """,
        """
        shop people have families as well
        one quiet day a week is not too much
        the money is only spent once
        you can hear the bells for a change
        """,
    ),
    issue(
        "library-hours",
        "the library budget",
        "LibraryHours",
        "Should the library get more money?",
        """
        We should give the library more money. | We should give the library less money.
        The library needs longer hours. | The library needs shorter hours.
        Spend more on books. | Spend less on books.
        A bigger library budget is right. | A smaller library budget is right.
        The town owes the library a bigger share. | The town owes the library a smaller share.
        """,
        """
        it is the only warm room for many
        children do their homework there
        the queue on Saturdays goes out of the door
        a book lent is a book read ten times
        """,
        """
        half the shelves are never touched
        the roads have holes as deep as a bucket
        people read on their phones now
        volunteers could do it for nothing
        """,
    ),
    issue(
        "market-rents",
        "rents for market stalls",
        "StallRents",
        "Should market stalls be cheaper?",
        """
        We should lower the rent for market stalls. | We should raise the rent for market stalls.
        Market stalls are too expensive. | Market stalls are too cheap.
        Make the stalls cheaper. | Make the stalls dearer.
        Lower stall rents would be fair. | Higher stall rents would be fair.
        A stall should cost less than it does. | A stall should cost more than it does.
        """,
        """
        young growers cannot afford a table
        half the square stands empty on Thursdays
        cheap stalls mean cheap apples
        a full market feeds the shops around it
        """,
        """
        cleaning up after them is not free
        the shops pay full rates all week
        the rent has been the same for twenty years
        the council is not a charity
        """,
    ),
    issue(
        "fireworks",
        "the New Year fireworks",
        "Fireworks",
        "Should the town keep its New Year fireworks?",
        """
        We should stop the New Year fireworks. | We should save the New Year fireworks.
        The fireworks had better end. | The fireworks had better go on.
        A town without fireworks is a kind town. | A town with fireworks is a merry town.
        No more rockets over the river. | Many more rockets over the river.
        The new year can start quietly. | The new year can start loudly.
        """,
        """
        my dog hides in the bath for two days
        it is money burnt in ten minutes
        the swans leave their nest in panic
        the smoke hangs in the valley till noon
        """,
        """
        it is the one night we are all outside together
        children talk about it for months
        the pubs live off that night
        ten minutes of joy a year is not too much
        """,
    ),
)
