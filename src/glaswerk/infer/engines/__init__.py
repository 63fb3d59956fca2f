"""Engines: what turns prompts into tokens. `job.py` is their protocol; `torch_engine.py` is the reference."""

from glaswerk.infer.engines.job import Emission, Job, Ticket, Token, TokenEngine
from glaswerk.infer.engines.torch_engine import TorchEngine

__all__ = ["Emission", "Job", "Ticket", "Token", "TokenEngine", "TorchEngine"]
