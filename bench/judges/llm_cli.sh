#!/usr/bin/env bash
# The `llm` command line against our server: llm_cli.sh LLM URL
set -euo pipefail
llm=$1 url=$2
folder=$(mktemp -d)
export LLM_USER_PATH=$folder
printf -- '- {model_id: ours, model_name: chat, api_base: "%s/v1", api_key_name: none, supports_schema: true, supports_tools: true}\n' "$url" \
  > "$folder/extra-openai-models.yaml"
"$llm" keys set none --value none
"$llm" -m ours "Hello" -o max_tokens 8
"$llm" -m ours --no-stream "Hello" -o max_tokens 8
"$llm" -m ours --schema 'ok bool' "Yes?" -o max_tokens 200 -o temperature 0
# The call is the model's to make: with tools an answer comes all the same.
"$llm" -m ours --functions 'def clock() -> str:
    """What time it is."""
    return "noon"' "What time is it?" -o max_tokens 60
"$llm" logs list --count 4 --usage | grep "Token usage"
echo "llm: done"
