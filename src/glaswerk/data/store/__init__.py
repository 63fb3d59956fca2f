"""How documents and decisions are stored in a lab, and what every reason means.

In: documents, and the decisions of curation. Out: Parquet files in a fixed order, and readers of them.
Start reading at `parquet` (sources), `corpus` (reading a corpus) and `reasons` (every named reason).
"""
