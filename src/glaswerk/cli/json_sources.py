"""What `--json` prints of a new artifact, a source and a corpus; `json_fields` says how to read the paths."""

from __future__ import annotations

from collections.abc import Mapping

Field = tuple[str, str]
Fields = Mapping[str, Field]

IDENTITY: Fields = {
    "id": ("string", "Content id of everything that decides the artifact: recipe, inputs, config."),
    "kind": ("string", "source, evaluation, corpus, tokenizer, shards, model, trace or report."),
    "name": ("string", "Name in the lab."),
    "digest": ("string", "Digest over the output files."),
    "bytes": ("integer", "Size of the output files."),
    "seconds": ("number", "Wall-clock seconds it took to make."),
    "cpu_seconds": ("number", "CPU seconds it took to make."),
    "finished_at": ("string", "When it was finished: ISO 8601, UTC."),
    "stats": ("object", "Figures of the artifact, by its kind."),
}
ARTIFACT: Fields = {
    **IDENTITY,
    "path": ("string", "Its folder."),
    "inputs": ("object", "Role → id of each artifact it was made from."),
    "inputs.*": ("string", "Id of the artifact with that role."),
    "config": ("object", "The resolved settings it was made with."),
    "warnings": ("list (optional)", "Of curate and train: why there is too little text, with figures."),
}
ADDED: Fields = {
    **ARTIFACT,
    "stats.left_out": ("object (optional)", "What was left out, by reason; see `glaswerk explain`."),
    "stats.left_out.*": ("integer", "Left out for that reason."),
    "stats.bad_files": (
        "list (optional)",
        "Files that were not read to their end; the first 100. Exit code 3.",
    ),
    "stats.bad_files[].file": ("string", "The file's name within the source, control characters escaped."),
    "stats.bad_files[].reason": ("string", "Under which reason it is counted in left_out."),
    "stats.bad_files[].error": ("string", "What was wrong with it; may be empty."),
    "stats.bad_file_count": ("integer (optional)", "Number of all such files."),
    "stats.unparsed_dates": ("integer (optional)", "Documents whose date was not understood."),
    "stats.*": ("any", "Further figures, by the kind of the source."),
    "dry_run": ("boolean (optional)", "True with --dry-run: nothing was written, and `path` is empty."),
    "rows": ("list (optional)", "With --dry-run: the first ten documents, as they would come in."),
    "rows[].*": ("any", "A field of the document that is not empty; see the file formats."),
}
CURATED: Fields = {
    **ARTIFACT,
    "stats.documents": ("integer", "Documents of all sources."),
    "stats.kept": ("integer", "Documents kept."),
    "stats.decisions": ("object", "Documents by the reason that decided, `kept` among them."),
    "stats.decisions.*": ("integer", "Documents for that reason."),
    "stats.*": ("any", "Further figures of the corpus."),
}
