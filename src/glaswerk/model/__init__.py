"""Floor 5: networks, their sizes, loading and saving."""

from glaswerk.model.size import Shape, shape_for
from glaswerk.model.text import build, load, save

__all__ = ["Shape", "build", "load", "save", "shape_for"]
