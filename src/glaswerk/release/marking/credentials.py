"""Content Credentials (C2PA 2.2): a signed statement inside a picture that says how it was made.

It names the software, the model and its data by their digests, the seed, and that the picture is made by a
trained algorithm (IPTC digital source type). Made and checked offline: no time stamp, no remote manifest, no
thumbnail, which could show what was cut off.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import glaswerk
from glaswerk.release.marking.authority import Authority

MIME = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
GENERATION = "org.glaswerk.generation"
_MADE_BY_A_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a picture declares about how it was made.

    state: "trusted" (signed by this lab, unchanged), "valid" (unchanged, by another signer), "invalid"
    (changed since, or forged) or "none". `problems` are C2PA's codes; `signer`: the certificate's issuer and
    name; `generation`: what the lab wrote, see `sign`.
    """

    state: str
    generation: Mapping[str, Any]
    signer: str = ""
    problems: tuple[str, ...] = ()


def sign(data: bytes, kind: str, generation: Mapping[str, Any], authority: Authority) -> bytes:
    """The picture of `kind` (png, jpeg, webp) with credentials that hold `generation`: JSON values."""
    c2pa = _library()
    agent = {"name": str(generation.get("model", "glaswerk")), "version": str(generation.get("model_digest"))}
    action = {"action": "c2pa.created", "digitalSourceType": _MADE_BY_A_MODEL, "softwareAgent": agent}
    manifest = {
        "claim_generator_info": [{"name": "glaswerk", "version": glaswerk.__version__}],
        "format": MIME[kind],
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": [action]}},
            {"label": GENERATION, "data": dict(generation)},
        ],
    }
    signer = c2pa.Signer.from_info(
        c2pa.C2paSignerInfo(
            alg=c2pa.C2paSigningAlg.ES256,
            sign_cert=authority.chain,
            private_key=authority.key,
            ta_url=None,
        )
    )
    signed = io.BytesIO()
    c2pa.Builder(manifest, _context(authority.anchor)).sign(signer, MIME[kind], io.BytesIO(data), signed)
    return signed.getvalue()


def read(data: bytes, kind: str, anchor: bytes = b"") -> Credentials:
    """The credentials in a picture; `anchor`: PEM of the authority that is trusted."""
    c2pa = _library()
    try:
        reader = c2pa.Reader(MIME[kind], io.BytesIO(data), context=_context(anchor))
        found = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:
        return Credentials("none", {})
    except c2pa.C2paError as error:
        return Credentials("invalid", {}, problems=(str(error)[:200],))
    active = found.get("manifests", {}).get(found.get("active_manifest"), {})
    signature = active.get("signature_info", {})
    words = [str(signature.get(key, "")) for key in ("issuer", "common_name")]
    said = {entry.get("label"): entry.get("data") for entry in active.get("assertions", [])}
    generation = said.get(GENERATION)
    return Credentials(
        str(found.get("validation_state", "invalid")).lower(),
        generation if isinstance(generation, dict) else {},
        " · ".join(filter(None, words)),
        tuple(str(entry.get("code")) for entry in found.get("validation_status", [])),
    )


@cache
def _context(anchor: bytes) -> Any:
    settings: dict[str, Any] = {
        "version": 1,
        "builder": {"thumbnail": {"enabled": False}},
        "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }
    if anchor:
        settings["trust"] = {"trust_anchors": anchor.decode()}
    return _library().Context.from_dict(settings)


def _library() -> Any:
    # Large, and most commands sign no picture.
    import c2pa

    return c2pa
