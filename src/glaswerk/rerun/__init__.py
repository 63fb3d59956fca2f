"""Work that must be done again: rebuild the data, retrain without documents, reproduce a model bit for bit.

- `rebuild`: corpora, shards and index without what was forgotten.
- `steps_touched`, `first_seen`, `exposure`: which training steps saw a document, and how much a model learnt.
- `options`, `report`: what it would take to be without some documents (`glaswerk what-if`).
- `removal`, `retrain`, `retune`: carry a deletion through to a model (`glaswerk retrain`).
- `reproduce`: make a model again in a new lab and compare every digest.
- `order`: the order in which a finished run saw its documents, recomputed from its manifest.
"""
