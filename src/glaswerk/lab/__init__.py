"""Floor 2: the lab folder, its artifacts and its ledger."""

from glaswerk.lab.artifact import Artifact, Spec
from glaswerk.lab.folder import Lab

__all__ = ["Artifact", "Lab", "Spec"]
