#!/usr/bin/env bash
# llm-comply over our three APIs: llm_comply.sh PYTHON URL CHECKOUT MODEL
# PYTHON has jsonschema; CHECKOUT is one of https://github.com/Oaklight/llm-comply.
set -uo pipefail
python=$1 url=$2 checkout=$3 model=$4
export PYTHONPATH=$checkout/src
"$python" -m llm_comply.cli -u "$url/v1" -k none -m "$model" --format open-responses
"$python" -m llm_comply.cli -u "$url/v1" -k none -m "$model" --format openai-chat
"$python" -m llm_comply.cli -u "$url/v1" -k none -m "$model" --format anthropic \
  --auth-header x-api-key --no-bearer -H anthropic-version:2023-06-01
