"""What a run will take before it starts: time, memory and price, and the size that a budget pays for."""
