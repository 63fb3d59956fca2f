"""Files that clients upload, and what is made of them: vector stores to search in, batches to answer.

`files.py` and `uploads.py` take bytes in, `vector_stores.py` finds passages (`passages.py` ranks them by
BM25), `batches.py` answers the requests of a file.
"""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.serve.contract.operation import Operation
from glaswerk.serve.files.batches import Batches
from glaswerk.serve.files.files import Files
from glaswerk.serve.files.uploads import Uploads
from glaswerk.serve.files.vector_stores import VectorStores
from glaswerk.serve.stored.store import Store


def file_operations(store: Store, batches: Batches) -> Sequence[Operation]:
    """All endpoints of files."""
    files = Files(store)
    groups = files, Uploads(store, files), VectorStores(store), batches
    return [operation for group in groups for operation in group.operations()]
