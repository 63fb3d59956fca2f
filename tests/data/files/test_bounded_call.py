"""Calls in a process of their own end within their limits."""

from __future__ import annotations

import pytest

from glaswerk.data.files.bounded_call import TooCostly, bounded_call

HTML = "glaswerk.data.documents.html"


def test_a_result_and_an_error_come_back() -> None:
    limits = {"seconds": 60, "memory": 2 << 30}
    assert bounded_call(HTML, "whole_plain_text", "<p>Grüße</p>", **limits) == {"found": "Grüße"}
    assert "error" in bounded_call(HTML, "whole_plain_text", "<div>" * 4_000, **limits)


def test_too_much_time_and_too_much_memory_are_errors() -> None:
    with pytest.raises(TooCostly):
        bounded_call(
            HTML,
            "whole_plain_text",
            ("<div>" * 2_900 + "x" + "</div>" * 2_900) * 600,
            seconds=1,
            memory=2 << 30,
        )
    with pytest.raises(TooCostly):
        bounded_call(HTML, "whole_plain_text", "<p>x" * 2_000_000, seconds=60, memory=64 << 20)
