"""TODO src/glaswerk/train/checkpoint."""
