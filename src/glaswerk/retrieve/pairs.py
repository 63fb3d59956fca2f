"""Tuning pairs made from documents: a question from a passage, and the quote of it that answers.

No model writes them. The question names what a sentence is about, the answer is that sentence, and the turn
of the user is what a model reads when it answers below quotes (`prompt.py`): what is learnt is to answer with
the passage's words.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document, Message, Rights, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.licences import DECLARATIONS
from glaswerk.core.progress import track
from glaswerk.core.rights import rights_faults
from glaswerk.data.dialogues.chats import plain_text
from glaswerk.data.store.parquet import DocumentWriter, read_rows
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.retrieve.prompt import prompt
from glaswerk.retrieve.sentences import Span, sentences
from glaswerk.retrieve.terms import is_common
from glaswerk.retrieve.unshown import Unshown

GENERATOR = "rules of Glaswerk, no model: a question from the words of a sentence, the sentence as its answer"
# Pairs that are made, and of one document.
MOST, _EACH = 2000, 3
# Characters of an answer, and telling words that it has at least; of these, so many are in the question.
_SHORT, _LONG, _TELLING, _ASKED = 30, 300, 4, 2
_WORD = re.compile(r"[^\W\d_]{3,}(?:[-'’]\w+)*")
_NAME = re.compile(r"(?<=[\w,;:] )[^\W\d_a-zß-öø-ÿ][\w'’-]{2,}")
_FORMS = {
    "en": ("What is said about {}?", "What do the passages say about {}?", "Tell me about {}."),
    "de": ("Was wird über {} gesagt?", "Was steht da über {}?", "Was weißt du über {}?"),
}
_AND = {"en": " and ", "de": " und "}


def add_pairs(lab: Lab, corpus: Artifact, *, most: int = MOST, name: str = "pairs") -> Artifact:
    """A source of dialogues made from the public documents of a corpus that are trained on.

    Held-out documents, forgotten and reserved ones give none; nor do those whose rights are unclear, since a
    quote is under the rights of its document. Each pair names the document that it is derived from, so that
    deletions reach it. Statistics: documents, left_out by reason. Raises GlaswerkError if there are none.
    """
    decided = {"corpus": corpus.id, "most": most, "generator": GENERATOR}
    said = {"source": name, "licence": "those of the documents", "acquired": "synthetic"}
    spec = Spec("source", name, "add-pairs/1", config={**said, **decided})
    return lab.make(spec, lambda folder: _write(lab, folder / DOCUMENTS, corpus, most, name))


def _write(lab: Lab, path: Path, corpus: Artifact, most: int, name: str) -> Mapping[str, Any]:
    left_out, hidden = Counter[str](), Unshown(lab).ids()
    found: list[Document] = []
    for document in track(_trained(corpus), "making pairs"):
        if reason := _unfit(document, hidden):
            left_out[reason] += 1
        else:
            found += pairs_of(document, name)
    # Those of a document are not beside each other, and more documents only add.
    found.sort(key=lambda one: blake2b(one.id.encode(), digest_size=8).digest())
    with DocumentWriter(path) as writer:
        for pair in found[:most]:
            writer.add(pair)
    if not writer.documents:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in left_out.items())
        raise GlaswerkError(
            f"expected public documents with sentences to ask about, found none ({reasons or 'no document'})",
            hint="glaswerk add docs FOLDER --licence …, then glaswerk curate",
        )
    return {
        "documents": writer.documents,
        "bytes": writer.bytes,
        "kinds": {"dialogue": writer.documents},
        "left_out": dict(sorted(left_out.items())),
    }


def _trained(corpus: Artifact) -> Iterator[Document]:
    rows = (row for row in read_rows(corpus.path / DOCUMENTS) if row["split"] == "train")
    return (one for one in from_rows(rows) if one.text.strip() and not one.messages)


def _unfit(document: Document, hidden: frozenset[str]) -> str:
    rights = document.rights
    if document.id in hidden:
        return "forgotten"
    if rights.audience != "public":
        return "private-audience"
    faults = rights_faults(rights.licence, rights.acquired, rights.audience, rights.tdm_opt_out, DECLARATIONS)
    return "unclear_rights" if any(faults) else ""


def pairs_of(document: Document, source: str) -> Iterator[Document]:
    """The pairs of one document, at most three, the same each time."""
    text, spans = document.text, sentences(document.text)
    dice = random.Random(document.id)
    fitting = [i for i, span in enumerate(spans) if _answers(text[slice(*span)])]
    for number, at in enumerate(sorted(dice.sample(fitting, min(_EACH, len(fitting)))), 1):
        answer = text[slice(*spans[at])]
        asked = _question(answer, document.lang, dice)
        turns = (
            Message(role="user", content=prompt(asked, [_around(text, spans, at)])),
            Message(role="assistant", content=answer),
        )
        rights = document.rights
        yield Document(
            id=f"{source}:{document.id}#{number}",
            source=source,
            text=plain_text(turns),
            rights=Rights(rights.licence, "synthetic", rights.audience),
            author=document.author,
            lang=document.lang,
            kind="dialogue",
            derived_from=(document.id,),
            messages=turns,
        )


def _answers(sentence: str) -> bool:
    whole = _SHORT <= len(sentence) <= _LONG and "\n" not in sentence
    return whole and sentence.endswith((".", "!", "”", '"')) and len(_telling(sentence)) >= _TELLING


def _telling(sentence: str) -> list[str]:
    return [word for word in dict.fromkeys(_WORD.findall(sentence)) if not is_common(word.casefold())]


def _question(sentence: str, lang: str, dice: random.Random) -> str:
    """A question with the names of a sentence, or its longest words: they say most."""
    language = "de" if lang == "de" else "en"
    names = [name for name in dict.fromkeys(_NAME.findall(sentence)) if not is_common(name.casefold())]
    words = sorted(_telling(sentence), key=len, reverse=True)
    chosen = list(dict.fromkeys([*names[:_ASKED], *words]))[:_ASKED]
    ordered = sorted(chosen, key=sentence.index)
    return dice.choice(_FORMS[language]).format(_AND[language].join(ordered))


def _around(text: str, spans: Sequence[Span], at: int) -> str:
    """The sentence with its neighbours, as a passage has it."""
    return text[spans[max(0, at - 2)][0] : spans[min(len(spans) - 1, at + 2)][1]]
