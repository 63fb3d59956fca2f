"""TODO src/glaswerk/train/machine."""
