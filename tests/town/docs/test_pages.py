"""Longer pages."""

from __future__ import annotations

from tests.town.written import Town


def test_documents_start_with_a_title(town: Town) -> None:
    assert all(text.startswith("# ") for text in town.docs.values())
