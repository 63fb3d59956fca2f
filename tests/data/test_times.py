"""Times in the forms of X and ISO 8601 are read alike, as UTC, and anything else is None."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.times import parse_time


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
