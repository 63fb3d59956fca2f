"""Training on several ranks: degrees, FSDP, tensor and context parallelism, and what ranks agree on."""
