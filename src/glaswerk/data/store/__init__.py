"""TODO src/glaswerk/data/store."""
