"""TODO src/glaswerk/train/forecast."""
