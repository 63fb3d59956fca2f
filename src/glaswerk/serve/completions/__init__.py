"""POST /v1/completions: texts and token ids continued, with log-probabilities of prompts, too."""

from glaswerk.serve.completions.endpoint import Completions

__all__ = ["Completions"]
