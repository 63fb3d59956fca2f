"""TODO src/glaswerk/data/dialogues."""
