"""Floor 2: documents, ids, errors, files, statistics, progress. It imports no other part of the package."""
