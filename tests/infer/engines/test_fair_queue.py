"""Places go to whoever has the fewest: between keys first, then between the requests of a key."""

from __future__ import annotations

from glaswerk.infer.engines.fair_queue import FairQueue
from glaswerk.infer.engines.job import Owner


def queue(waiting: dict[Owner, list[str]], running: list[Owner]) -> FairQueue[str]:
    found: FairQueue[str] = FairQueue()
    for owner, items in waiting.items():
        for item in items:
            found.put(owner, item)
    for owner in running:
        found.started(owner)
    return found


def test_the_key_with_the_fewest_is_next_then_its_request_with_the_fewest() -> None:
    waiting: dict[Owner, list[str]] = {("a", "1"): ["x"], ("b", "1"): ["y"], ("b", "2"): ["z"]}
    assert queue(waiting, []).next() == ("a", "1")
    assert queue(waiting, [("a", "1")]).next() == ("b", "1")
    assert queue(waiting, [("a", "1"), ("a", "1"), ("b", "1")]).next() == ("b", "2")
    assert queue({}, [("a",)]).next() is None


def test_items_of_an_owner_keep_their_order_and_one_that_paused_goes_first() -> None:
    found = queue({("a",): ["x", "y"]}, [])
    found.put(("a",), "paused", first=True)
    assert [found.head(("a",)), len(found), list(found)] == ["paused", 3, ["paused", "x", "y"]]
    for item in ("y", "paused", "x"):
        found.remove(("a",), item)
    assert (len(found), found.next()) == (0, None)


def test_a_place_is_given_up_only_by_who_still_has_no_fewer_afterwards() -> None:
    many, few = ("many", "1"), ("few", "1")
    assert queue({}, [many, many]).above(few, [many]) == many
    assert queue({}, [many]).above(few, [many]) is None
    assert queue({}, [many, many, few]).above(few, [many, few]) is None
    assert queue({}, [many, many, many, few]).above(few, [many, few]) == many


def test_between_requests_of_one_key_the_same_holds_and_other_keys_are_left_alone() -> None:
    own, big, other = ("a", "small"), ("a", "big"), ("b", "1")
    assert queue({}, [big, big, other, other, other]).above(own, [big, other]) == big
    assert queue({}, [big, other, other]).above(own, [big, other]) is None
    assert queue({}, [big, other, other, other]).above(own, [big, other]) == other


def test_without_owners_nobody_gives_way() -> None:
    found = queue({(): ["x"]}, [(), ()])
    assert (found.next(), found.above((), [()])) == ((), None)
    found.ended(())
    assert found.next() == ()
