"""Floor 3: sources, curation and the made-up town."""
