import os
import sys
import threading

import pytest

from guanxi.events import engine


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
def test_a_question_to_the_lake_lets_others_go_first_and_whoever_asks_keeps_their_place() -> None:
    before = niceness()
    asked = engine.yielding(niceness)
    assert (asked, niceness()) == (max(before, engine.NICENESS), before)


def test_what_goes_wrong_behind_is_told_to_whoever_asked() -> None:
    def fails() -> None:
        raise LookupError("no such table")

    with pytest.raises(LookupError, match="no such table"):
        engine.yielding(fails)
