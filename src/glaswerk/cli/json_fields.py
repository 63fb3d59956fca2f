"""What `--json` prints: one table, which the docs render and a test compares with every verb.

`JSON_FIELDS` maps a verb, as typed (`add posts`, `model ls`), to its fields: path → (type, meaning).

A path says where a field is: `name` is a key of the printed object, `loop.steps` a key of an object inside
it, `models[].name` a key of every object in a list. A path that begins with `[]` means that the verb prints
a list. `*` stands for keys that are data, such as the name of a split. A type is one of the words string,
integer, number, boolean, object, list, any, with ` or null` where the value may be missing; ` (optional)`
marks a key that only some results have. What is below an `object` or a `list` that has no further paths
depends on the artifact and is described with the file formats.

Fields are added, never renamed or removed, within one major version.
"""

from __future__ import annotations

from collections.abc import Mapping

Field = tuple[str, str]
Fields = Mapping[str, Field]


def _in_list(fields: Fields) -> Fields:
    """The fields of a verb that prints a list of such objects."""
    return {f"[].{path}": field for path, field in fields.items()}


_IDENTITY: Fields = {
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
_ARTIFACT: Fields = {
    **_IDENTITY,
    "path": ("string", "Its folder."),
    "inputs": ("object", "Role → id of each artifact it was made from."),
    "inputs.*": ("string", "Id of the artifact with that role."),
    "config": ("object", "The resolved settings it was made with."),
}
_ADDED: Fields = {
    **_ARTIFACT,
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
}
_CURATED: Fields = {
    **_ARTIFACT,
    "stats.documents": ("integer", "Documents of all sources."),
    "stats.kept": ("integer", "Documents kept."),
    "stats.decisions": ("object", "Documents by the reason that decided, `kept` among them."),
    "stats.decisions.*": ("integer", "Documents for that reason."),
    "stats.*": ("any", "Further figures of the corpus."),
}
_STATE: Fields = {
    **_IDENTITY,
    "stale": ("string", "Empty, or why a rebuild would give something else."),
}
_STATUS: Fields = {
    **_STATE,
    "forgotten": ("object or null (optional)", "Models: forgotten content they learned; null: not counted."),
    "forgotten.documents": ("integer (optional)", "Forgotten documents in the training data."),
    "forgotten.tokens": ("integer (optional)", "Tokens of these documents."),
    "forgotten.tokens_seen": ("integer (optional)", "These tokens times the epochs they were seen."),
    "forgotten.certain": ("boolean (optional)", "False if spans were lost, so that there may be more."),
    "reserved_documents": ("integer or null (optional)", "Models: documents with a TDM reservation."),
    "obstacles": ("list (optional)", "Models: sentences on why it cannot be released."),
}
_DETAIL: Fields = {
    **_STATE,
    "path": ("string", "Its folder, relative to the lab."),
    "recipe": ("string", "Name and version of the code that made it."),
    "command": ("string", "The command that made it; empty if not recorded."),
    "config": ("object", "The resolved settings it was made with."),
    "inputs": ("list", "The artifacts it was made from."),
    "inputs[].role": ("string", "The part that the input has."),
    "inputs[].id": ("string", "Content id of the input."),
    "inputs[].kind": ("string", "Kind of the input."),
    "inputs[].name": ("string", "Name of the input."),
    "inputs[].state": ("string", "ok, gone, or stale with the reason."),
    "dependents": ("list", "The artifacts in the lab that were made from it, directly or not."),
    "dependents[].id": ("string", "Content id of the dependent."),
    "dependents[].kind": ("string", "Kind of the dependent."),
    "dependents[].name": ("string", "Name of the dependent."),
}
_REMOVAL: Fields = {
    "removed": ("list", "What was removed, or would be with --dry-run, in order."),
    "removed[].id": ("string", "Content id."),
    "removed[].kind": ("string", "Kind of the artifact."),
    "removed[].name": ("string", "Name of the artifact."),
    "removed[].bytes": ("integer", "Bytes freed, run folder included."),
    "bytes": ("integer", "Bytes freed in total."),
    "dry_run": ("boolean", "True if nothing was removed."),
}
_MARKS: Fields = {
    "documents": ("object", "Documents reached, by source."),
    "documents.*": ("integer", "Documents of that source."),
    "ids": ("list", "Ids of these documents."),
    "copies": ("list", "Ids of documents by others with the same words."),
    "derived": ("list", "Ids of documents derived from them, which go with them."),
    "related": ("object", "Posts by others that refer to them, by relation."),
    "related.*": ("integer", "Posts with that relation."),
    "rebuild_seconds": ("number", "Seconds that corpora, shards and index took to make."),
}
_FORGET: Fields = {
    **_MARKS,
    "marks": ("list", "The marks written, or that would be with --dry-run."),
    "marks[].kind": ("string", "id, author or source."),
    "marks[].value": ("string", "The document id, account or source name."),
    "marks[].at": ("string", "When it was marked or deleted (ISO 8601); empty if not known."),
    "marks[].why": ("string", "The note given with --why."),
    "shards": ("list", "Where their tokens are, one entry a split."),
    "shards[].name": ("string", "Name of the shards."),
    "shards[].id": ("string", "Content id of the shards."),
    "shards[].split": ("string", "Split of the corpus."),
    "shards[].documents": ("integer", "Documents reached in it."),
    "shards[].tokens": ("integer", "Tokens of these documents."),
    "models": ("list", "Models trained on them."),
    "models[].name": ("string", "Name of the model."),
    "models[].epochs": ("number or null", "Epochs it was trained."),
    "models[].steps": ("integer or null", "Steps it was trained."),
    "models[].documents": ("integer", "Documents reached that it was trained on."),
    "models[].tokens": ("integer", "Tokens of these documents."),
    "models[].tokens_seen": ("integer", "These tokens times the epochs they were seen."),
    "models[].train_seconds": ("number", "Seconds that training took."),
    "models[].certain": ("boolean", "False if spans were lost, so that there may be more."),
}
_WHAT_IF: Fields = {
    **_MARKS,
    "corpora": ("list", "Corpora that hold them."),
    "corpora[].name": ("string", "Name of the corpus."),
    "corpora[].documents": ("integer", "Documents reached in it."),
    "corpora[].splits": ("object", "These documents by split."),
    "shards": ("list", "Where their tokens are, one entry a split."),
    "shards[].name": ("string", "Name of the shards."),
    "shards[].split": ("string", "Split of the corpus."),
    "shards[].documents": ("integer", "Documents reached in it."),
    "shards[].tokens": ("integer", "Tokens of these documents."),
    "traces": ("list", "Names of the indexes that hold them."),
    "models": ("list", "Models that learned from them."),
    "models[].name": ("string", "Name of the model."),
    "models[].id": ("string", "Content id of the model."),
    "models[].stage": ("string", "pretrain, chat, dpo or grpo."),
    "models[].base": ("string", "The model it was tuned from; empty if none."),
    "models[].documents": ("integer", "Documents reached that it was trained on."),
    "models[].tokens": ("integer", "Tokens of these documents."),
    "models[].tokens_seen": ("integer", "These tokens times the epochs they were seen."),
    "models[].epochs": ("number or null", "Epochs it was trained."),
    "models[].steps": ("integer or null", "Steps it was trained."),
    "models[].first_step": ("integer or null", "First step that saw one of them, counted from 0."),
    "models[].steps_touched": ("integer", "Steps that saw one of them."),
    "models[].tokens_in_steps": ("integer", "Their tokens in these steps."),
    "models[].share_of_steps": ("number", "Share of all steps."),
    "models[].share_of_tokens": ("number", "Share of all tokens seen."),
    "models[].certain": ("boolean", "False if spans were lost, so that there may be more."),
    "models[].options": ("list", "The ways to a model without them, with steps, tokens, seconds, price."),
}
_PLAN: Fields = {
    "steps": ("integer", "Updates of the weights."),
    "epochs": ("number", "Passes over the corpus."),
    "loop": ("object", "The resolved settings of the training loop."),
    "shape": ("object", "The network: layers, width, heads, feed_forward, context, vocab_size, tied."),
    "parameters": ("object", "Parameters by part, with their total."),
    "parameters.*": ("integer", "Parameters of that part."),
    "tokens": ("integer", "Tokens trained on."),
    "micro_tokens": ("integer", "Tokens computed at once on one device."),
    "precision": ("string", "Precision of the matrix products: fp32 or bf16."),
    "devices": ("integer", "Devices the run uses."),
    "flops": ("object", "Floating-point operations: total, per token, in attention, and the formula."),
    "memory": ("object", "Bytes on one device, by the number of devices that share the weights."),
    "memory_capacity": ("number", "Bytes that one device has."),
    "tokens_per_second": ("number", "Predicted speed."),
    "rate_basis": ("string", "What the speed was derived from."),
    "rate_measured": ("boolean", "True after --probe."),
    "peak_flops": ("number", "Operations a second that the devices reach."),
    "utilisation": ("number", "Share of that peak which training uses."),
    "seconds": ("number", "Duration of all training steps."),
    "hours": ("number", "The same in hours."),
    "watts": ("number or null", "Power of one device at full load."),
    "kilowatt_hours": ("number or null", "Energy of all devices; null without --watts."),
    "price": ("number or null", "Price of the run; null without --price-per-hour."),
    "bits_per_byte": ("object", "Predicted quality on held-out text, with its interval."),
}
_PASSAGE: Fields = {
    "id": ("string", "Id of the document."),
    "author": ("string", "Its author; empty if unknown."),
    "created_at": ("string", "When it was written (ISO 8601); empty if unknown."),
    "text": ("string", "Its text."),
    "match_start": ("integer", "First character of the match in the text."),
    "match_end": ("integer", "Character after the match."),
    "licence": ("string", "Its licence."),
    "url": ("string", "Its address; empty if none."),
    "source": ("string", "The source it came from."),
    "kind": ("string", "post, thread, page, book, speech, dialogue, preference or caption."),
    "split": ("string", "Split of the corpus."),
    "side": ("string", "Preference pairs: chosen or rejected; else empty."),
    "duplicates": ("integer", "Documents with the same text that were left out."),
}
_RELEASE: Fields = {
    "model": ("string", "Name of the model."),
    "id": ("string", "Content id of the model."),
    "digest": ("string", "Digest over the model's files."),
    "to": ("string", "The folder, as given."),
    "written": ("boolean", "False with --dry-run."),
    "files": ("list", "Files of the release, relative to the folder."),
    "blanks": ("list", "Keys of answers.toml that are still empty."),
    "obstacles": ("list", "Sentences on why it should not be released."),
    "documents": ("integer", "Documents it was trained on."),
    "tokens": ("integer", "Tokens of these documents."),
    "flops": ("number", "Operations that all training took."),
    "kilowatt_hours": ("number or null", "Energy that all training took; null if not known."),
}
_LINEAGE: Fields = {
    "root": ("string", "Id of the thing given as THING."),
    "nodes": ("list", "Artifacts, documents and answers, in the order they were made."),
    "nodes[].id": ("string", "Id of the node."),
    "nodes[].kind": ("string", "Kind of artifact, document or answer."),
    "nodes[].name": ("string", "Its name."),
    "nodes[].digest": ("string", "Digest over its files; empty for documents and answers."),
    "nodes[].started_at": ("string", "ISO 8601, UTC; empty if not recorded."),
    "nodes[].finished_at": ("string", "ISO 8601, UTC; empty for documents."),
    "nodes[].recipe": ("string", "Name and version of the code that made it."),
    "nodes[].code": ("string", "Version of glaswerk that made it."),
    "nodes[].command": ("string", "The command that made it."),
    "nodes[].state": ("string", "ok, gone, or stale with the reason."),
    "nodes[].path": ("string", "Its folder, relative to the lab."),
    "nodes[].bytes": ("integer", "Size of its files."),
    "edges": ("list", "What was made from what."),
    "edges[].child": ("string", "Id of what was made."),
    "edges[].role": ("string", "The part that the parent has in it."),
    "edges[].parent": ("string", "Id of what it was made from."),
}
_VERIFY: Fields = {
    "artifacts": ("list", "Everything that was checked."),
    "artifacts[].id": ("string", "Content id."),
    "artifacts[].kind": ("string", "Kind of the artifact."),
    "artifacts[].name": ("string", "Name of the artifact."),
    "artifacts[].path": ("string", "Its folder, relative to the lab."),
    "artifacts[].state": (
        "string",
        "matches, altered, missing, or rebuilt (an artifact made later has replaced it).",
    ),
    "artifacts[].files": ("integer", "Files that were read."),
    "artifacts[].bytes": ("integer", "Bytes that were read."),
    "artifacts[].faults": ("list", "A sentence for each fault; empty if it matches."),
    "artifacts[].notes": ("list", "What could not be compared, and why."),
    "signature_holds": ("boolean or null", "Whether the signature is valid; null without --public-key."),
}
_DIFF: Fields = {
    "a": ("object", "The first corpus: name, path, id, digest, documents, kept, bytes, finished_at."),
    "b": ("object", "The second corpus, with the same keys."),
    "settings": ("list", "Settings that differ: setting, a, b."),
    "inputs": ("list", "Sources and evaluations that differ: input, a, b (ids)."),
    "rules": ("list", "Rules whose versions differ: rule, a, b."),
    "documents": ("object", "Documents by where they are."),
    "documents.both": ("integer", "In both corpora."),
    "documents.only_a": ("integer", "Only in the first."),
    "documents.only_b": ("integer", "Only in the second."),
    "documents.other_decision": ("integer", "In both, with different decisions."),
    "documents.other_source": ("integer", "In both, from different sources."),
    "decisions": ("list", "Documents by the pair of their decisions, with samples."),
    "decisions[].a": ("string or null", "Decision in the first corpus; null if it is not there."),
    "decisions[].b": ("string or null", "Decision in the second corpus."),
    "decisions[].documents": ("integer", "Documents with this pair."),
    "decisions[].other_source": ("integer", "Of these, from different sources."),
    "decisions[].samples": ("list", "Some of them, with their texts."),
    "content": ("list", "Kept documents whose text or split differs, with samples."),
    "sources": ("list", "Documents and kept documents by source, in a and b."),
    "languages": ("list", "Kept documents by language, in a and b."),
}
_LOG: Fields = {
    "id": ("integer", "Number of the run in the ledger."),
    "command": ("string", "The command as typed."),
    "code": ("string", "Version of glaswerk."),
    "pid": ("integer", "Process id."),
    "started_at": ("string", "ISO 8601, UTC."),
    "finished_at": ("string or null", "ISO 8601, UTC; null if it did not finish."),
    "status": ("string", "running, done, failed, interrupted or killed."),
    "seconds": ("number or null", "Wall-clock seconds."),
    "cpu_seconds": ("number or null", "CPU seconds."),
    "message": ("string or null", "The first line of the error, if there was one."),
}
_RIGHTS: Fields = {
    "source": ("string", "Name of the source."),
    "licence": ("string", "SPDX id or words."),
    "acquired": ("string", "own, public, licensed, synthetic or unknown."),
    "audience": ("string", "public, limited or private."),
    "tdm_opt_out": ("boolean", "Whether the owner reserved text and data mining."),
    "documents": ("integer", "Documents with these rights."),
    "authors": ("integer", "Different authors."),
    "obstacle": ("string", "Why they cannot go into a release; empty if they can."),
}
_WHY: Fields = {
    "id": ("string", "Id of the document, or of one it became part of."),
    "document": ("object or null", "The document; null if it is gone or may not be shown."),
    "events": ("list", "Its history."),
    "events[].kind": ("string", "source, mark, corpus, shards or model, among others."),
    "events[].name": ("string", "Name of the artifact concerned."),
    "events[].words": ("string", "What happened, in words."),
    "events[].figures": ("object", "The same as data."),
}
_TRACE: Fields = {
    "text": ("string", "The text that was traced."),
    "label": ("string", "What a span is: a verbatim match in the training data."),
    "spans": ("list", "Matches, in the order of the text."),
    "novelty": ("object", "How much of the text is new."),
    "novelty.share": ("number", "Share of the text's word sequences that are in the training data."),
    "novelty.n": ("integer", "Length of these sequences in words."),
    "novelty.words": ("integer", "Words of the text."),
    "novelty.measurable": ("boolean", "False if the text is too short to tell."),
    "novelty.reason": ("string", "Why it is not measurable; empty if it is."),
}
_COUNT: Fields = {
    "text": ("string", "The phrase as it was compared."),
    "count": ("integer", "Occurrences in the training data."),
    "documents": ("integer", "Documents that hold it."),
    "counts": ("object", "Occurrences by split."),
    "counts.*": ("integer", "Occurrences in that split."),
    "documents_by_split": ("object", "Documents by split."),
    "documents_by_split.*": ("integer", "Documents in that split."),
}
_COMPARED: Fields = {
    "kind": ("string", "Kind of the artifact."),
    "name": ("string", "Name of the artifact."),
    "copied": ("boolean", "True for what is copied, false for what is made again."),
    "seconds": ("number (optional)", "With --dry-run: seconds that it took to make."),
    "recorded": ("string (optional)", "The recorded digest."),
    "made": ("string (optional)", "The digest of what was made."),
    "differs": ("string (optional)", "The first difference; empty if equal."),
    "equal": ("boolean (optional)", "Whether both digests are equal."),
}

JSON_FIELDS: Mapping[str, Fields] = {
    "status": _in_list(_STATUS),
    "log": _in_list(_LOG),
    "town": {"*": ("integer", "How many of each thing were written.")},
    "add posts": _ADDED,
    "add docs": _ADDED,
    "add chats": _ADDED,
    "add preferences": _ADDED,
    "add images": _ADDED,
    "add evaluations": _ARTIFACT,
    "curate": _CURATED,
    "diff": _DIFF,
    "why": _in_list(_WHY),
    "rights": _in_list(_RIGHTS),
    "source ls": _in_list(_STATE),
    "source show": _DETAIL,
    "source rm": _REMOVAL,
    "corpus ls": _in_list(_STATE),
    "corpus show": _DETAIL,
    "corpus rm": _REMOVAL,
    "tokenizer": _ARTIFACT,
    "pack": _ARTIFACT,
    "adopt": _in_list(_ARTIFACT),
    "plan": _PLAN,
    "train": _ARTIFACT,
    "tune": _ARTIFACT,
    "evaluate": _ARTIFACT,
    "model ls": _in_list(_STATE),
    "model show": _DETAIL,
    "model rm": _REMOVAL,
    "index": _ARTIFACT,
    "trace": _TRACE,
    "count": _COUNT,
    "search": _in_list(_PASSAGE),
    "forget": _FORGET,
    "what-if": _WHAT_IF,
    "rebuild": _in_list(_ARTIFACT),
    "retrain": _ARTIFACT,
    "lineage": _LINEAGE,
    "verify": _VERIFY,
    "reproduce": _in_list(_COMPARED),
    "release": _RELEASE,
}
