"""How long rendering takes, by what an earlier picture took."""

from __future__ import annotations

import pytest

from nn_blender.core.render_times import Picture, Rendered, format_duration, format_length, read_times, write_times

LAST = Rendered(Picture(1280, 720, 16), 12.0)


def test_time_is_in_proportion_to_the_samples_of_the_whole_picture() -> None:
    assert LAST.seconds_for(LAST.picture) == 12.0
    assert LAST.seconds_for(Picture(2560, 1440, 64)) == pytest.approx(12.0 * 16)


def test_what_is_written_down_is_read_again_and_other_texts_are_passed_over() -> None:
    times = {"CYCLES CPU": LAST, "BLENDER_EEVEE": Rendered(Picture(10, 10, 1), 0.5)}
    assert read_times(write_times(times)) == times
    for text in ("", "[]", "{", '{"CYCLES": {"seconds": 1}}', '{"CYCLES": {"picture": {"size": 3}, "seconds": 1}}'):
        assert read_times(text) == {}


def test_durations_are_as_exact_as_an_estimate_can_be() -> None:
    written = [format_duration(seconds) for seconds in (0.2, 75, 600, 7200, 9000)]
    assert written == ["about 1 s", "about 75 s", "about 10 min", "about 2 h", "about 2.5 h"]


def test_a_film_is_told_by_its_samples_pictures_and_seconds() -> None:
    assert format_length(2400, 25, 100, 24) == "100 samples × 24 frames = 2,400 pictures, 96 s at 25 fps"
    assert format_length(1, 24) == "1 picture, 0.042 s at 24 fps"
    assert format_length(36_000, 24, 1, 36_000) == "1 sample × 36000 frames = 36,000 pictures, 1,500 s at 24 fps"
