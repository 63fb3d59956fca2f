"""The town's texts: TOML files that anyone can edit, and the code that reads and checks them."""

from __future__ import annotations

from glaswerk.town.text.checks import check_size
from glaswerk.town.text.files import export_texts, load_texts
from glaswerk.town.text.records import Texts

__all__ = ["Texts", "check_size", "export_texts", "load_texts"]
