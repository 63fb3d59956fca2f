#!/usr/bin/env bash
# Schemathesis over our OpenAPI document: schemathesis.sh SCHEMATHESIS URL [SECONDS]
# Without contract = true, which takes any body. Answers of the model are left out: they cost minutes.
set -euo pipefail
tool=$1 url=$2 seconds=${3:-900}
timeout "$seconds" "$tool" run "$url/openapi.json" --phases coverage --max-examples 3 --workers 1 \
  --exclude-path-regex 'glaswerk|documents|traces|chat|/completions' --request-timeout 30 \
  --checks not_a_server_error,response_schema_conformance,content_type_conformance,status_code_conformance
