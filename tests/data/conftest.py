"""Hypothesis without its clock."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no fault of the code: tests never time anything.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
