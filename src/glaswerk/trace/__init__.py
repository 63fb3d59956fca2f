"""Floor 6: from an answer back to the training documents that hold the same words."""

from glaswerk.trace.build import build
from glaswerk.trace.results import Count, Match, Span, Trace
from glaswerk.trace.tracer import Tracer

__all__ = ["Count", "Match", "Span", "Trace", "Tracer", "build"]
