"""The papers of a model, written from the ledger: what the law asks for, and what users should know."""

from glaswerk.release.release import Release, prepare, write

__all__ = ["Release", "prepare", "write"]
