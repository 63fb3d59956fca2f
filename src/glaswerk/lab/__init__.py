"""Floor 3: the lab folder, its artifacts, its ledger and its marks of forgotten content."""

from glaswerk.lab.artifact import Artifact, Spec
from glaswerk.lab.folder import Lab

__all__ = ["Artifact", "Lab", "Spec"]
