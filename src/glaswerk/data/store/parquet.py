"""Documents in Parquet files: their schema, a writer in bounded memory, and streaming readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import LIMITED, PARTS, TOMBSTONES
from glaswerk.core.document import DOCUMENT_COLUMNS, Document, to_columns
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import ROW_BYTES
from glaswerk.data.store.order import GROUP_BYTES, GROUP_ROWS, sort_documents

_PARTS = ("part", "document", "relation")
_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_TYPES: dict[str, Any] = {
    "created_at": pa.timestamp("us", tz="UTC"),
    "tdm_opt_out": pa.bool_(),
    "media": pa.list_(pa.string()),
    "messages": _MESSAGES,
    "rejected": _MESSAGES,
    "derived_from": pa.list_(pa.string()),
}
SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in DOCUMENT_COLUMNS])
_LEVEL = 3
# Bytes of rows read at once: 2,048 posts are below 1 MB. Of large rows fewer are read, but at least 16, so
# that the cost of the calls does not dominate.
BATCH_BYTES = 32 << 20
_FEWEST_ROWS = 16
# What Arrow raises for damaged files, and Python for times out of its range.
_BROKEN = (pa.ArrowException, OSError, OverflowError, ValueError)


class DocumentWriter:
    """Writes documents to one Parquet file (zstd), sorted by id, holding one row group in memory.

    Documents may be added in any order. A repeat of an id and its text is dropped and counted in
    `repeated`; another text under the same id becomes `id~2`. With `as_given`, order and repeats stay as
    added. `documents`, `bytes` (of text) and `repeated` are final once the writer is closed.
    """

    def __init__(self, path: Path, *, as_given: bool = False) -> None:
        self._path, self._as_given = path, as_given
        self._file = pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=_LEVEL)
        self._documents: list[Document] = []
        self._characters = 0
        self._last = ""
        self._ascending = True
        self.documents = 0
        self.bytes = 0
        self.repeated = 0

    def add(self, document: Document) -> None:
        """Append one document. NUL is removed, lone surrogates become U+FFFD: Parquet strings are UTF-8."""
        identifier = encodable_text(document.id)
        self._ascending = self._ascending and identifier > self._last
        self._last = identifier
        self._documents.append(document)
        self._characters += len(document.text)
        self.documents += 1
        if len(self._documents) >= GROUP_ROWS or self._characters >= GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._documents:
            columns = to_columns(self._documents)
            table = pa.table([_array(columns[field.name], field.type) for field in SCHEMA], schema=SCHEMA)
            self.bytes += pc.sum(pc.binary_length(table["text"])).as_py()
            self._file.write_table(table)
        self._documents, self._characters = [], 0

    def close(self) -> None:
        """Write the remaining documents, then sort the file and drop repeats unless `as_given`."""
        self._flush()
        self._file.close()
        if not self._ascending and not self._as_given:
            self.repeated = sort_documents(self._path, SCHEMA)
        if self.repeated:
            self.documents -= self.repeated
            self.bytes = sum(
                pc.sum(pc.binary_length(batch["text"])).as_py() or 0
                for batch in pq.ParquetFile(self._path).iter_batches(GROUP_ROWS, columns=["text"])
            )

    def kinds(self) -> dict[str, int]:
        """The number of documents of each kind, sorted by kind. The writer must be closed."""
        column = pq.read_table(self._path, columns=["kind"])["kind"]
        found = {row["values"]: row["counts"] for row in pc.value_counts(column).to_pylist()}
        return dict(sorted(found.items()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._file.close()


def encodable_text(text: str) -> str:
    """`text` without NUL, surrogate pairs joined and lone ones replaced, so that it encodes as UTF-8."""
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _array(values: list[Any], kind: Any) -> Any:
    """A column. Text has no NUL, at which C strings would end, and no lone surrogates."""
    try:
        found = pa.array(values, kind)
    except UnicodeEncodeError:
        found = pa.array(_whole(values), kind)
    if pa.types.is_string(kind):
        if pc.any(pc.match_substring(found, "\0")).as_py():
            found = pc.replace_substring(found, "\0", "")
    elif pa.types.is_list(kind) and _has_nul(values):
        found = pa.array(_whole(values), kind)
    return found


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_has_nul, inner))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return encodable_text(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


def write_table(path: Path, columns: Mapping[str, Sequence[Any]], schema: Any) -> None:
    """Write a small table (tombstones, parts) in one call."""
    table = pa.Table.from_pydict({name: list(values) for name, values in columns.items()}, schema=schema)
    pq.write_table(table, path, compression="zstd", compression_level=_LEVEL)


def write_relations(
    folder: Path,
    tombstones: Iterable[str],
    parts: Iterable[tuple[str, str, str]],
    limited: Iterable[str] = (),
) -> None:
    """Write a source's side tables: ids that owners deleted, (part, document, relation), and limited ids.

    A relation is thread, edit, retweet or speaker. The part of a speaker is an @handle in lower case. Limited
    are posts that were for few people only, whether or not the source has their texts: no copy of them in
    another source is public.
    """
    ids = pa.schema([("id", pa.string())])
    write_table(folder / TOMBSTONES, {"id": sorted(tombstones)}, ids)
    few = sorted(set(limited))
    if few:
        write_table(folder / LIMITED, {"id": few}, ids)
    rows = list(parts)
    columns = {name: [row[i] for row in rows] for i, name in enumerate(_PARTS)}
    write_table(folder / PARTS, columns, pa.schema([(name, pa.string()) for name in _PARTS]))


def read_rows(
    path: Path, columns: Sequence[str] | None = None, *, batch_rows: int = 2048, file: BinaryIO | None = None
) -> Iterator[dict[str, Any]]:
    """Rows of a Parquet file as dicts, at most `batch_rows` in memory at a time.

    `file` is read instead of `path` if it is already open. Fewer rows are read at once if the metadata says
    that they may be large: a few kilobytes of Parquet can expand to gigabytes. Times are cut to
    microseconds. Raises GlaswerkError for a file that is damaged or not Parquet, for a time that Python
    cannot represent, and for a row of more than ROW_BYTES bytes.
    """
    try:
        table = pq.ParquetFile(path if file is None else file)
    except _BROKEN as error:
        raise broken_parquet(path, error) from error
    with table:
        try:
            fitting = min(batch_rows, _fitting_rows(table.metadata))
            for batch in table.iter_batches(fitting, columns=columns):
                for part in _parts(batch, path):
                    yield from _without_nanoseconds(part).to_pylist()
        except _BROKEN as error:
            raise broken_parquet(path, error) from error


def _fitting_rows(metadata: Any) -> int:
    """How many rows are certain to fit into BATCH_BYTES, from _FEWEST_ROWS to GROUP_ROWS.

    With dictionary encoding a repeated value takes no space in the file, so if there is text, any row may be
    as large as the complete row group. The metadata of single columns would say more, but pyarrow 26 ends the
    process where they are damaged.
    """
    columns = (metadata.schema.column(place) for place in range(metadata.num_columns))
    may_repeat = any("BYTE_ARRAY" in column.physical_type for column in columns)
    largest = 1
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        size = max(group.total_byte_size, 0)
        largest = max(largest, size if may_repeat else size // max(group.num_rows, 1))
    return min(max(BATCH_BYTES // largest, _FEWEST_ROWS), GROUP_ROWS)


def _parts(batch: Any, path: Path) -> Iterator[Any]:
    """The batch in slices that take little more than BATCH_BYTES each as Python objects."""
    rows = batch.num_rows
    step = rows if _weight(batch) <= BATCH_BYTES else 1
    for start in range(0, rows, max(step, 1)):
        part = batch.slice(start, step)
        if step == 1 and (weight := _weight(part)) > ROW_BYTES:
            raise GlaswerkError(
                f"expected rows of at most {ROW_BYTES:,} bytes in {path}, found one of {weight:,}",
                hint="split that row into several documents",
            )
        yield part


def _weight(batch: Any) -> int:
    """About the bytes of a batch as Python objects: a number in a list takes eight, however small it is."""
    return int(batch.nbytes) + 8 * sum(_numbers(column) for column in batch.columns)


def _numbers(column: Any) -> int:
    """How many values the lists of a column hold."""
    if pa.types.is_struct(column.type):
        return sum(map(_numbers, column.flatten()))
    kinds = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_map)
    if not any(is_kind(column.type) for is_kind in kinds):
        return 0
    inner = column.values if pa.types.is_map(column.type) else column.flatten()
    return len(inner) + _numbers(inner)


def _without_nanoseconds(batch: Any) -> Any:
    """Times in microseconds, Python's resolution; nanoseconds would need pandas."""
    for place, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            column = batch.column(place).cast(pa.timestamp("us", field.type.tz), safe=False)
            batch = batch.set_column(place, field.name, column)
    return batch


def broken_parquet(path: Path, error: Exception) -> GlaswerkError:
    """The error for a file that is not Parquet or is cut off."""
    return GlaswerkError(
        f"expected a complete Parquet file, found one that cannot be read: {path} ({error})",
        hint=f"write or download {path.name} again, then run this command again",
    )


def write_documents(path: Path, documents: Iterable[Document]) -> DocumentWriter:
    """Write all `documents` to `path`; returns the closed writer with their number and bytes of text."""
    with DocumentWriter(path) as writer:
        for document in documents:
            writer.add(document)
    return writer
