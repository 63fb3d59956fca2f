"""Embeddings and moderations: figures about texts that the client sends."""
