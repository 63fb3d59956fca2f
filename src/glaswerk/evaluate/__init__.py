"""Floor 7: the trust report, truth and politics measured and bound to a model's digest."""

from glaswerk.evaluate.badge import trust_badge
from glaswerk.evaluate.evaluate import evaluate
from glaswerk.evaluate.key import AnswerKey, read_key

__all__ = ["AnswerKey", "evaluate", "read_key", "trust_badge"]
