"""Times in the forms of X and ISO 8601 are read alike, as UTC, and anything else is None."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.times import parse_time, time_of


@given(st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_times_in_xs_form_and_in_iso_form_read_alike(moment: datetime) -> None:
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    text = f"{days[moment.weekday()]} {months[moment.month - 1]} {moment:%d %H:%M:%S} +0000 {moment.year:04}"
    assert parse_time(text) == moment
    assert parse_time(moment.isoformat()) == moment


@pytest.mark.parametrize(
    "text",
    ["2013-05-04 12:00:00 +0000", "2013-05-04T14:00:00+02:00", "2013-05-04T12:00:00Z", "2013-05-04T12:00"],
)
def test_a_time_without_a_zone_is_utc_and_others_are_converted(text: str) -> None:
    assert parse_time(text) == datetime(2013, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "Wed Foo 10 20:19:24 +0000 2018",
        "Wed Oct 99 20:19:24 +0000 2018",
        "0001-01-01T00:00+01:00",
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_time(text) is None


@given(st.text(max_size=40))
def test_no_text_raises_anything(text: str) -> None:
    found = parse_time(text)
    assert found is None or found.tzinfo is UTC


NOON, DAY = datetime(2019, 3, 12, 12, tzinfo=UTC), datetime(2019, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (20190312, DAY),
        ("20190312", DAY),
        (20190312120000, NOON),
        (1552392000, NOON),
        (1552392000.0, NOON),
        ("1552392000", NOON),
        ("1552392000.0", NOON),
        (1552392000000, NOON),
        (1552392000000000, NOON),
        (1552392000000000000, NOON),
        ("2019-03-12 12:00:00 UTC", NOON),
        ("2019-03-12 12:00:00+00", NOON),
        ("2019-03-12T12:00:00.000000001Z", NOON),
        ("2019-W11-2", DAY),
        ("Tue, 12 Mar 2019 12:00:00 +0000", NOON),
        ("Tue, 12 Mar 2019 12:00:00 GMT", NOON),
        ("Tue, 12 Mar 2019 07:00:00 -0500 (EST)", NOON),
        ("Tue, 12 Mar 2019 13:00:00 CET", NOON),
        ("Tue Mar 12 12:00:00 UTC 2019", NOON),
        ("12/Mar/2019:13:00:00 +0100", NOON),
        ("2019/03/12", DAY),
        ("2019.03.12 12:00", NOON),
        ("12.03.2019", DAY),
        ("12. 3. 2019, 12:00 Uhr", NOON),
        ("3/25/2019", datetime(2019, 3, 25, tzinfo=UTC)),
        ("25/3/2019", datetime(2019, 3, 25, tzinfo=UTC)),
        ("25-03-2019", datetime(2019, 3, 25, tzinfo=UTC)),
        ("4/4/2019", datetime(2019, 4, 4, tzinfo=UTC)),
        ("March 12, 2019", DAY),
        ("Tuesday, March 12th, 2019 at 12:00 pm", NOON),
        ("12 mars 2019", DAY),
        ("mar 12 mar 2019", DAY),
        ("12 de marzo de 2019", DAY),
        ("12. März 2019", DAY),
        ("Di Mrz 12 12:00:00 +0000 2019", NOON),
        ("2019年3月12日", DAY),
        ("2019-03-12T13:00:00 Europe/Berlin", NOON),
        ("2019-03-12 12:00:00 PM", NOON),
        ("2019-03-12 12:00:00 AM", DAY),
        (datetime(2019, 3, 12, 12, tzinfo=UTC).replace(tzinfo=None), NOON),
        (date(2019, 3, 12), DAY),
        ("1605-01-16", datetime(1605, 1, 16, tzinfo=UTC)),
        ({"$date": "2019-03-12T12:00:00Z"}, NOON),
        ({"$date": {"$numberLong": "1552392000000"}}, NOON),
        (-315619200, datetime(1960, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_ways_to_write_a_date_give_the_same_time(value: object, expected: datetime) -> None:
    assert time_of(value) == expected
    assert not isinstance(value, str) or parse_time(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        2019,
        "2019",
        "2019-03",
        201903,
        "201903121200",
        43536,
        0,
        -1,
        1.5,
        True,
        None,
        [2019],
        float("nan"),
        float("inf"),
        10**30,
        "-62135596800",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00Z",
        "9999-12-31",
        "3/12/2019",
        "03/04/2019",
        "03-04-2019",
        "12 Mar 19",
        "1/1/19",
        "March 2019",
        "3 May",
        "2019-13-40",
        "31 February 2019",
        "2019-03-12 13:00 PM",
        "2019-03-12T12:00:00 Nowhere/Land",
        "2019-03-12T12:00:00 Etc/../../passwd",
        "12 March or 13 April 2019",
        "99999999999999999999999999",
        "9" * 5000,
    ],
)
def test_what_is_no_day_or_may_be_two_is_not_guessed(value: object) -> None:
    assert time_of(value) is None


@given(st.one_of(st.integers(), st.floats(), st.text(max_size=30), st.datetimes(), st.dates()))
def test_no_value_raises_anything(value: object) -> None:
    found = time_of(value)
    assert found is None or (found.tzinfo is UTC and 1000 <= found.year <= 2199)
