#!/usr/bin/env bash
# The `llm` command line against our server: llm_cli.sh LLM URL
set -euo pipefail
llm=$1 url=$2
folder=$(mktemp -d)
export LLM_USER_PATH=$folder
printf -- '- model_id: ours\n  model_name: chat\n  api_base: "%s/v1"\n  api_key_name: none\n' "$url" \
  > "$folder/extra-openai-models.yaml"
"$llm" keys set none --value none
"$llm" -m ours "Hello" -o max_tokens 8
"$llm" -m ours --no-stream "Hello" -o max_tokens 8
"$llm" -m ours --schema 'ok bool' "Yes?" -o max_tokens 200 || echo "no schema"
echo "llm: done"
