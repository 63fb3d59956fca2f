"""The garbage collector is paused for a block and then as it was."""

from __future__ import annotations

import gc
import weakref

import pytest

from glaswerk.core.memory import no_cycle_search


def test_the_search_for_cycles_rests_and_resumes_also_after_an_error() -> None:
    with no_cycle_search():
        assert not gc.isenabled()
    with pytest.raises(KeyError), no_cycle_search():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off_and_blocks_nest() -> None:
    gc.disable()
    try:
        with no_cycle_search():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
    with no_cycle_search():
        with no_cycle_search():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_objects_without_a_cycle_are_freed_inside_the_block() -> None:
    class Thing:
        pass

    with no_cycle_search():
        thing = Thing()
        seen = weakref.ref(thing)
        del thing
        assert seen() is None
