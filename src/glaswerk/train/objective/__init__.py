"""TODO src/glaswerk/train/objective."""
