"""TODO src/glaswerk/lineage."""
