"""TODO src/glaswerk/data/filters."""
