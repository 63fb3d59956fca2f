"""The training loops that ours is compared with, each as its own project runs it."""
