"""What each step sees: documents in pieces, packed into rows, as a pure function of (seed, step)."""
