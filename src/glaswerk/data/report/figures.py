"""The figures of a corpus, counted batch by batch in memory that does not grow with the documents."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from glaswerk.data.report.heavy_hitters import HeavyHitters
from glaswerk.data.report.histogram import Histogram

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_TOP = 20
_NAME_CHARACTERS = 100
# A host as in RFC 3986, after any user name; a name without a dot is not a public host.
_HOST = re.compile(
    r"https?://(?:[^\s/?#@]{1,64}@)?(?:www\.)?((?:[\w-]{1,63}\.){1,8}[\w-]{2,63})", re.IGNORECASE
)
# (unit, its months): the plot uses the first unit in which all dates fit into _COLUMNS columns.
_UNITS = (("month", 1), ("year", 12), ("decade", 120), ("century", 1200))
_COLUMNS = 72


@dataclass(slots=True)
class Figures:
    """Totals of the kept documents. Several processes can count separately and merge the results.

    Authors, links and addresses are counted only for documents whose audience is public. `links` are hosts
    in texts, `addresses` the hosts of the documents' own URLs.
    """

    documents: int = 0
    bytes: int = 0
    languages: HeavyHitters = field(default_factory=HeavyHitters)
    kinds: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    lengths: dict[str, Histogram] = field(default_factory=dict)
    # (source, months since the year 0, or None without a date) → documents
    months: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    authors: HeavyHitters = field(default_factory=HeavyHitters)
    links: HeavyHitters = field(default_factory=HeavyHitters)
    addresses: HeavyHitters = field(default_factory=HeavyHitters)

    def add(self, batch: Any) -> None:
        """Count one batch: an Arrow table of documents of the corpus."""
        self.documents += batch.num_rows
        self.bytes += pc.sum(pc.binary_length(batch["text"])).as_py() or 0
        self.languages.add(_counts(batch["lang"]))
        self.splits.update(_counts(batch["split"]))
        self._add_lengths(batch)
        self._add_months(batch)
        public = batch.filter(pc.equal(batch["audience"], "public"))
        named = public["author"].filter(pc.not_equal(public["author"], ""))
        self.authors.add(_counts(pc.utf8_slice_codeunits(named, 0, _NAME_CHARACTERS)))
        self.links.add(_hosts(public["text"]))
        self.addresses.add(_hosts(public["url"]))

    def _add_lengths(self, batch: Any) -> None:
        lengths = pc.utf8_length(batch["text"])
        for kind, count in _counts(batch["kind"]).items():
            self.kinds[kind] += count
            chosen = lengths.filter(pc.equal(batch["kind"], kind))
            self.lengths.setdefault(kind, Histogram()).add(chosen.to_numpy())

    def _add_months(self, batch: Any) -> None:
        created = batch["created_at"]
        month = pc.add(pc.multiply(pc.year(created), 12), pc.subtract(pc.month(created), 1))
        found = pa.table({"source": batch["source"], "month": month}).group_by(["source", "month"])
        for row in found.aggregate([([], "count_all")]).to_pylist():
            self.months[row["source"], row["month"]] += row["count_all"]

    def merge(self, other: Figures) -> None:
        """Add the figures that another process counted."""
        self.documents += other.documents
        self.bytes += other.bytes
        self.kinds.update(other.kinds)
        self.splits.update(other.splits)
        self.months.update(other.months)
        for name in ("languages", "authors", "links", "addresses"):
            getattr(self, name).merge(getattr(other, name))
        for kind, histogram in other.lengths.items():
            self.lengths.setdefault(kind, Histogram()).merge(histogram)

    def totals(self) -> dict[str, Any]:
        """Figures for the manifest and the report; lengths are in characters, by kind."""
        return {
            "bytes": self.bytes,
            "languages": dict(self.languages.top(len(self.languages.counts))),
            "kinds": dict(sorted(self.kinds.items(), key=lambda entry: (-entry[1], entry[0]))),
            "splits": dict(sorted(self.splits.items())),
            "lengths": {kind: _quantiles(found) for kind, found in sorted(self.lengths.items())},
            "histograms": {kind: found.bars() for kind, found in sorted(self.lengths.items())},
            "time": _time(self.months),
            "authors": self.authors.figures(_TOP),
            "links": self.links.figures(_TOP),
            "addresses": self.addresses.figures(_TOP),
        }


def _counts(column: Any) -> dict[str, int]:
    found = pc.value_counts(column)
    return dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True))


def _hosts(column: Any) -> Counter[str]:
    """The hosts of all addresses in a column of texts, in lower case and without "www."."""
    texts = column.filter(pc.match_substring(column, "://")).to_pylist()
    return Counter(host.lower() for text in texts for host in _HOST.findall(text))


def _quantiles(lengths: Histogram) -> dict[str, int]:
    return {f"p{share * 100:.0f}": lengths.quantile(share) for share in QUANTILES}


def _time(months: Counter[tuple[str, int | None]]) -> dict[str, Any]:
    """The number of documents in each unit of time by source; `undated` have no date."""
    sources = sorted({source for source, _ in months})
    undated = {source: months[source, None] for source in sources if months[source, None]}
    dated = [(source, month, n) for (source, month), n in months.items() if month is not None]
    if not dated:
        return {"unit": "", "bins": [], "sources": {}, "undated": undated}
    first, last = min(month for _, month, _ in dated), max(month for _, month, _ in dated)
    unit, step = next(((u, s) for u, s in _UNITS if last // s - first // s < _COLUMNS), _UNITS[-1])
    start = first // step
    rows = {source: [0] * (last // step - start + 1) for source in sorted({s for s, _, _ in dated})}
    for source, month, n in dated:
        rows[source][month // step - start] += n
    bins = [_label(place * step, unit) for place in range(start, last // step + 1)]
    return {"unit": unit, "bins": bins, "sources": rows, "undated": undated}


def _label(month: int, unit: str) -> str:
    year = f"{month // 12:04}"
    return f"{year}-{month % 12 + 1:02}" if unit == "month" else year if unit == "year" else f"{year}s"
