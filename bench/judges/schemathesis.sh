#!/usr/bin/env bash
# Schemathesis over all of our OpenAPI document: schemathesis.sh SCHEMATHESIS URL [MODEL] [SECONDS] [OPTION …]
# An OPTION of its own may narrow it, such as --include-path /v1/responses.
# Without contract = true, which takes any body. The hooks name MODEL in requests, so that they reach it.
set -euo pipefail
tool=$1 url=$2 seconds=${4:-1800}
export GLASWERK_MODEL=${3:-chat} SCHEMATHESIS_HOOKS=schemathesis_hooks PYTHONPATH=${BASH_SOURCE[0]%/*}
timeout "$seconds" "$tool" run "$url/openapi.json" --phases coverage,fuzzing --max-examples 10 \
  --workers 1 --request-timeout 30 \
  "${@:5}" --checks not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance
