"""TODO src/glaswerk/data/report."""
