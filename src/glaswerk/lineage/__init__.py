"""Floor 4: the graph of artifacts, training stages, verification, provenance, signatures, obstacles."""
