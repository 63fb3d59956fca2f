"""Files that clients upload, and what is made of them: vector stores to search in, batches to answer.

`files.py` and `uploads.py` take bytes in, `vector_stores.py` has the stores and `search.py` searches them
(`passages.py` cuts and ranks, `lab_store.py` is the lab's own corpus), `batches.py` answers the requests of a
file.
"""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.serve.contract.operation import Operation
from glaswerk.serve.files.batches import Batches
from glaswerk.serve.files.files import Files
from glaswerk.serve.files.search import StoreSearch
from glaswerk.serve.files.uploads import Uploads
from glaswerk.serve.files.vector_stores import VectorStores
from glaswerk.serve.stored.store import Store


def file_operations(store: Store, batches: Batches, search: StoreSearch) -> Sequence[Operation]:
    """All endpoints of files."""
    files = Files(store)
    groups = files, Uploads(store, files), VectorStores(store, search), batches
    return [operation for group in groups for operation in group.operations()]
