"""How weights are updated: the learning-rate schedule, Muon for matrices, AdamW for the rest."""
