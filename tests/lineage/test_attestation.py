"""Attestations say what the lab holds of a model, and nothing of a model that was altered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.attestation import attest
from glaswerk.lineage.verify import Register


def statement(lab: Lab, model: Artifact) -> dict[str, Any]:
    register = Register.read(lab)
    return attest(register, register.graph().nodes[model.id], lambda read: None)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_subjects_are_the_files_and_dependencies_all_that_it_was_made_from(
    empty_lab: Lab, model: Artifact
) -> None:
    said = statement(empty_lab, model)
    json.dumps(said)
    assert (said["_type"], said["predicateType"]) == (
        "https://in-toto.io/Statement/v1",
        "https://slsa.dev/provenance/v1",
    )
    assert said["subject"] == [
        {"name": name, "digest": {"sha256": sha256(model.path / name)}}
        for name in ("part/0.bin", "words.txt")
    ]
    built = said["predicate"]["buildDefinition"]
    assert built["externalParameters"] == {"rate": 0.1}
    assert built["buildType"].endswith("#model/1")
    assert [(one["name"], one["digest"]) for one in built["resolvedDependencies"]] == [
        (name, {"sha256": sha256(empty_lab.root / name)})
        for name in ("corpora/main/manifest.json", "shards/main.main/manifest.json")
    ]
    run = said["predicate"]["runDetails"]
    assert run["builder"]["id"].startswith("pkg:generic/glaswerk@")
    assert run["metadata"]["startedOn"] <= run["metadata"]["finishedOn"]
    assert run["metadata"]["finishedOn"].endswith("Z")


def test_the_statement_passes_the_checks_of_the_in_toto_package(empty_lab: Lab, model: Artifact) -> None:
    toto = pytest.importorskip("in_toto_attestation.v1.statement", reason='pip install "glaswerk[sign]"')
    provenance = pytest.importorskip("in_toto_attestation.predicates.provenance.v1.provenance_pb2")
    from google.protobuf import json_format

    said = statement(empty_lab, model)
    message = json_format.ParseDict(said, toto.spb.Statement())
    toto.Statement.copy_from_pb(message).validate()
    read = json_format.ParseDict(said["predicate"], provenance.Provenance())
    assert len(read.build_definition.resolved_dependencies) == 2
    assert {subject.name for subject in message.subject} == {"part/0.bin", "words.txt"}


def test_of_what_is_gone_the_digest_in_the_ledger_is_told(
    empty_lab: Lab, model: Artifact, make: Callable[..., Artifact]
) -> None:
    (corpus,) = empty_lab.all("corpus")
    make("corpus", "main", languages=["en"])
    gone = statement(empty_lab, model)["predicate"]["buildDefinition"]["resolvedDependencies"][0]
    assert gone["annotations"]["gone"]
    assert gone["digest"] == {"glaswerkFilesBlake2b160": corpus.digest.removeprefix("b2:")}


def test_nothing_is_attested_of_an_altered_model_or_over_an_altered_manifest(
    empty_lab: Lab, model: Artifact
) -> None:
    manifest = empty_lab.path("corpus", "main") / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text(whole.replace('"code"', '"kode"'))
    with pytest.raises(GlaswerkError, match=r"corpus main: manifest.json: differs from the ledger"):
        statement(empty_lab, model)
    manifest.write_text(whole)
    (model.path / "words.txt").write_text("others")
    with pytest.raises(GlaswerkError, match=r"words.txt: altered"):
        statement(empty_lab, model)
