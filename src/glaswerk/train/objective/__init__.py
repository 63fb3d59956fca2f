"""What a step minimises: next-token loss, DPO on pairs, GRPO on verified rewards, and what these need."""
