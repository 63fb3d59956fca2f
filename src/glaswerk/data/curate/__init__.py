"""TODO src/glaswerk/data/curate."""
