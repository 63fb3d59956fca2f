"""Floor 9: releases: a model with its papers, written from the ledger as the law and users require."""

from glaswerk.release.release import Release, prepare, write

__all__ = ["Release", "prepare", "write"]
