"""Every verb in the order and sections of `glaswerk --help`, without importing one of them."""

from __future__ import annotations

# Section → verb → one line. A line and its verb fit into 80 columns.
SECTIONS = {
    "Start": {
        "make": "From a folder of your own to a chat that quotes it, in one command.",
        "demo": "The complete path on a made-up town, then the chat page.",
        "init": "Make a lab in a folder.",
        "town": "Write the made-up town: archives, gazette, pictures and chats.",
        "status": "What the lab holds, what is stale and what it cost.",
    },
    "Content": {
        "add": "Add posts, documents, chats, preferences, images or evaluations.",
        "curate": "Filter, deduplicate, mask and split all sources into a corpus.",
        "explain": "What a reason means and how to change it.",
        "why": "The history of one document: sources, decisions, tokens, models.",
        "rights": "Licence, origin and audience of everything in the lab.",
        "source": "List, show and remove sources.",
        "corpus": "List, show and remove corpora.",
    },
    "Train": {
        "tokenizer": "Train the tokenizer on the corpus.",
        "pack": "Encode the corpus into shards, with the span of every document.",
        "adopt": "Import open weights: from a hub, a folder or a GGUF file.",
        "plan": "What a training run will take: memory, time, price, energy.",
        "train": "Pretrain a model on the shards.",
        "tune": "Tune a model on chats, on preferences or by rewards.",
        "images": "Train a network on captioned pictures, and draw with it.",
        "model": "List, show and remove models.",
    },
    "Use": {
        "chat": "Chat with a model in the terminal.",
        "serve": "Serve the OpenAI-compatible API and the chat page.",
        "keys": "Create, list and revoke keys of the API.",
        "mcp": "The lab as an MCP server, for Claude, ChatGPT or an editor.",
        "tools": "Confirm MCP servers whose tools a model may call.",
        "usage": "What keys and projects used: requests, tokens, spend.",
        "index": "Index the shards, so that answers can be traced.",
        "trace": "Where a text occurs verbatim in the training data.",
        "find": "What your documents say to a question: quotes with their sources.",
    },
    "Remove": {
        "forget": "Mark a document, an author or a source to be forgotten.",
        "rebuild": "Rebuild corpora, shards and index without what was forgotten.",
        "retrain": "Retrain a model without documents that were forgotten.",
    },
    "Prove and ship": {
        "evaluate": "Measure compression, truth and political lean: the trust report.",
        "lineage": "What a thing was made from, and what was made from it.",
        "verify": "Whether a thing and all its inputs are unchanged.",
        "reproduce": "Make a model again in a new lab and compare every digest.",
        "sign": "Sign a model with a local key.",
        "release": "Write a model with its papers: AI Act summary, model card, BOM.",
        "export": "Write a model as one GGUF file.",
    },
}
# Asked for less often: the page names them, without their lines.
MORE = {
    "log": "The commands that ran in the lab.",
    "diff": "What differs between two corpora.",
    "feedback": "Ratings of answers on the chat page, as preference pairs.",
    "count": "How often a phrase occurs in the training data.",
    "search": "The training documents that contain a phrase.",
    "what-if": "What it would take to be without an author, document or source.",
    "inspect": "What the Content Credentials in a picture say.",
    "detect": "Whether a picture carries this lab's watermark.",
    "compare": "Two trust reports, question by question.",
    "gate": "Whether a model passes the lab's signed release policy.",
    "pause": "Stop training, answers and releases, by one signed flag.",
    "resume": "Sign that a paused lab may go on: two keys of the policy.",
    "attest": "How a model was made, as an in-toto statement with SLSA provenance.",
}
# What helps with the others; not in the sections.
HELPERS = {
    "help": "Examples and options of a verb.",
    "completion": "Set up completion for bash, zsh or fish.",
}
VERBS = {verb: line for section in (*SECTIONS.values(), MORE, HELPERS) for verb, line in section.items()}
# Other names of verbs, shown only in the help of the verb.
ALIASES = {"import": "adopt", "eval": "evaluate", "repro": "reproduce"}
# Verbs with words below them.
GROUPS = ("add", "source", "corpus", "model", "images", "keys", "tools")
# Verbs that work on no lab.
WITHOUT_LAB = ("init", "town", "explain", "help", "completion")


def module_of(verb: str) -> str:
    """The module that holds a verb's `command`."""
    return f"glaswerk.cli.{verb.replace('-', '_')}_verb"
