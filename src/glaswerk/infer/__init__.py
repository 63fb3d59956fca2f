"""Floor 7: generate and score text with a model.

In: a model folder and messages or texts. Out: an answer as a stream of pieces, or log-probabilities.

Start with `engine.py`: `Engine.stream` for chat, `Engine.log_likelihoods` for evaluation. `engines/` runs
many answers at once; `sampling.py` draws the next token; `answer_text.py` makes text of tokens, and
`stop_strings.py` ends it at a stop string.
"""

from glaswerk.infer.engine import Delta, Engine, Score

__all__ = ["Delta", "Engine", "Score"]
