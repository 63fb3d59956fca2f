"""TODO src/glaswerk/data/files."""
