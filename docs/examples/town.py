"""The complete path in Python, on a made-up town of known truth. About half a minute on two cores.

    python docs/examples/town.py

Each `# %%` begins a cell: editors that know the convention run the file as a notebook.
"""

# %% A town and an empty lab
import json
import tempfile
from pathlib import Path

from glaswerk import Lab, add, curate, evaluate, trace, train, tune
from glaswerk.town import write_town

folder = Path(tempfile.mkdtemp())
town = folder / "town"
write_town(town, size="tiny")
lab = Lab.init(folder / "lab", "town")

# %% Content in: account archives, the gazette, dialogues
posts = add(lab, sorted((town / "archives").glob("*.zip")), licence="CC0-1.0", name="posts")
gazette = add(lab, town / "docs", kind="docs", licence="CC0-1.0", name="gazette")
chats = add(lab, town / "chats.jsonl", kind="chats", licence="CC0-1.0", name="chats")
print({source.name: source.stats["documents"] for source in (posts, gazette, chats)})

# %% A corpus with a named reason for every document that was left out
corpus = curate(lab)
print(corpus.stats["decisions"])

# %% A base model, then a chat model. This one is far too small to know much: it shows the path
base = train(lab, size="100K", epochs=1.0)
chat = tune(lab, epochs=1.0)
print(f"{chat.name}: {chat.stats['parameters']:,} parameters, loss {chat.stats['train_loss']:.2f}")

# %% The trust report, with the town's answer key
report = evaluate(lab, chat, key=town / "answer_key.json", limit=20)
print(report.path / "report.html")

# %% Where a sentence occurs in the training data
sentence = json.loads((town / "chats.jsonl").read_text().splitlines()[0])["messages"][-1]["content"]
found = trace(lab, sentence)
for span in found.spans:
    print(f"“{span.text.strip()}” occurs {span.count} times, first in {span.documents[0].id}")
lab.ledger.close()
