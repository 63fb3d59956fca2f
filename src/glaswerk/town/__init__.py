"""A made-up town whose truth is known: accounts, gazette, pictures, chats, and the answer key.

Rooms: `text` (what the town says, as files to edit), `truth` (people, places, facts), `posts`, `archive`,
`docs`, `chats`.
"""

from __future__ import annotations

from glaswerk.town.text import export_texts
from glaswerk.town.writer import write_town

__all__ = ["export_texts", "write_town"]
