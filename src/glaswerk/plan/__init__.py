"""Floor 4: what a training run will take before it starts: network shape, cost, time, memory."""

from glaswerk.plan.shape import Shape, parse_size, shape_for

__all__ = ["Shape", "parse_size", "shape_for"]
