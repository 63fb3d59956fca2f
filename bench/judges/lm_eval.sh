#!/usr/bin/env bash
# lm-eval's local-completions over /v1/completions, on a task made here: lm_eval.sh LM_EVAL URL TOKENIZER
# TOKENIZER is the folder of the served model. Nothing is downloaded.
set -euo pipefail
tool=$1 url=$2 tokenizer=$3
folder=$(mktemp -d)
printf '%s\n' \
  '{"question": "The old bridge over the", "choices": [" Lind", " moon"], "answer": 0}' \
  '{"question": "Anna Behr was a", "choices": [" pond", " mason"], "answer": 1}' > "$folder/rows.jsonl"
cat > "$folder/tiny.yaml" <<TASK
task: tiny
dataset_path: json
dataset_kwargs: {data_files: {test: $folder/rows.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: choices
doc_to_target: answer
target_delimiter: ""
metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]
TASK
export HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 OPENAI_API_KEY=none
"$tool" run --model local-completions --include_path "$folder" --tasks tiny --model_args \
  "model=chat,base_url=$url/v1/completions,tokenizer_backend=huggingface,tokenizer=$tokenizer,num_concurrent=1"
