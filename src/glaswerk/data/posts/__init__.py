"""TODO src/glaswerk/data/posts."""
