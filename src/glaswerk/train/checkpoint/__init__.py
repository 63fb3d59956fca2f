"""The state of a run on disk: checkpoints that any number of ranks can resume, metrics, and branches."""
