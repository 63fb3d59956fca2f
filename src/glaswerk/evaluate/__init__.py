"""Floor 9: the trust report: truth, politics, memorisation and bits per byte, bound to a model's digest."""

from glaswerk.evaluate.badge import trust_badge
from glaswerk.evaluate.evaluate import evaluate
from glaswerk.evaluate.key import AnswerKey, read_key

__all__ = ["AnswerKey", "evaluate", "read_key", "trust_badge"]
