"""TODO src/glaswerk/data/removal."""
