"""The training loops that ours is measured beside, each written as its own project runs it."""
