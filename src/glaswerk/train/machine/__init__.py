"""The machine a run trains on: device, precision of matrix products, memory, compiler, environment."""
