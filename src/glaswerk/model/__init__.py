"""Floor 5: networks, built, loaded and saved."""

from glaswerk.model.text import build, load, save

__all__ = ["build", "load", "save"]
