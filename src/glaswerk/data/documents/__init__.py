"""TODO src/glaswerk/data/documents."""
