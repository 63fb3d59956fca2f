"""TODO src/glaswerk/train/report."""
