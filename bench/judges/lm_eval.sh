#!/usr/bin/env bash
# lm-eval's local-completions over /v1/completions beside its own hf model over the same weights, on two tasks made
# here: lm_eval.sh PYTHON URL MODEL FOLDER
# PYTHON has lm-eval, torch and transformers; FOLDER is that of the served MODEL. Nothing is downloaded.
set -euo pipefail
python=$1 url=$2 model=$3 weights=$4
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
folder=$(mktemp -d)
"$python" "$here/lm_eval_tasks.py" make "$folder"
export HF_HUB_OFFLINE=1 HF_DATASETS_OFFLINE=1 OPENAI_API_KEY=none
common=(--include_path "$folder" --tasks tiny_choice,tiny_loglikelihood,tiny_words --limit 10 --log_samples)
"$python" -m lm_eval run --model local-completions "${common[@]}" --output_path "$folder/served" --model_args \
  "model=$model,base_url=$url/v1/completions,tokenizer_backend=huggingface,tokenizer=$weights,num_concurrent=1"
"$python" -m lm_eval run --model hf "${common[@]}" --output_path "$folder/hf" --device cpu \
  --model_args "pretrained=$weights,dtype=float32"
"$python" "$here/lm_eval_tasks.py" compare "$folder"
