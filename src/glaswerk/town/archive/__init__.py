"""X account archives: the zip file of one account with the format's own file names, keys and types."""
