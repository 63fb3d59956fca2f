"""What is true of the town: its people, places, events, and the facts about them."""
