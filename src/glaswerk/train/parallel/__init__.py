"""TODO src/glaswerk/train/parallel."""
