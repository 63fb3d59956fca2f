"""TODO src/glaswerk/data/pictures."""
