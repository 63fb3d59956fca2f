"""TODO src/glaswerk/rerun."""
