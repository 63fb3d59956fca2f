"""TODO src/glaswerk/train/batches."""
