"""A scripted model's hand: a test decides when it has written enough to be read along."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from relay.demo.scenarios import write_slowly

LONGEST_REST_S = 120.0


@dataclass
class Pen:
    """`Say.rest`: writes some pieces of its first answer, then rests until the test sets `is_free`."""

    pieces: int = 20
    is_free: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        self.pieces -= 1
        if self.pieces == 0:
            self.is_free.wait(LONGEST_REST_S)
        else:
            write_slowly()
