"""What the accounts of the town post, and the messages they send."""
