"""Floor 5: networks, built, loaded and saved."""

from glaswerk.model.text_network import build, load, save

__all__ = ["build", "load", "save"]
