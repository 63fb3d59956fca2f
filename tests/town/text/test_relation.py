"""What the file of a relation must hold."""

from __future__ import annotations

from glaswerk.town.text import load_texts


def test_every_relation_has_many_phrasings() -> None:
    for relation in load_texts().relations.values():
        assert len(set(relation.statements)) >= 16
        assert len(set(relation.questions)) >= 16
        assert len(set(relation.heldout)) == 4
        assert not set(relation.heldout) & set(relation.questions + relation.follow_ups + relation.asks)
