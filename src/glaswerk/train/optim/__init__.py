"""TODO src/glaswerk/train/optim."""
