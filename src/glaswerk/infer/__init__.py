"""Floor 6: text engines."""

from glaswerk.infer.engine import Delta, Engine, Score

__all__ = ["Delta", "Engine", "Score"]
