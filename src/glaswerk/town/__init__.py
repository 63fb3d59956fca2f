"""A made-up town whose truth is known: accounts, gazette, pictures, chats, and the answer key."""

from __future__ import annotations

from glaswerk.town.writer import write_town

__all__ = ["write_town"]
