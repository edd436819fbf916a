"""Text in a given room, for the cards of the page."""

from __future__ import annotations

import random

from visualize.unfolding import measure, shortened


def test_a_text_is_cut_where_it_no_longer_has_room_and_never_before():
    rng = random.Random(5)
    for _ in range(300):
        text = "".join(rng.choice("ilW m…θ漢") for _ in range(rng.randrange(30)))
        room, size = rng.uniform(0, 200), rng.choice([12.0, 16.0])
        short = shortened(text, room, size)
        if measure(text, size) <= room:
            assert short == text
            continue
        longest = max(
            i for i in range(len(text)) if i == 0 or measure(text[:i], size) + size <= room
        )
        assert short == text[:longest].rstrip() + "…"


def test_a_text_of_a_million_letters_is_cut_at_once():
    assert len(shortened("x" * 1_000_000, 100.0, 12.0)) < 30
