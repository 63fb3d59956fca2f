"""Floor 1: documents, ids, errors, files, progress. Imports nothing else of the package."""
