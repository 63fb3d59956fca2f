"""Floor 3: what a run will take, before it runs: shape, cost, time, memory."""

from glaswerk.plan.shape import Shape, parse_size, shape_for

__all__ = ["Shape", "parse_size", "shape_for"]
