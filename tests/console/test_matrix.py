"""A confusion matrix that is wider than its terminal."""

import pytest
from widget_apps import MatrixApp, lines_of

LABELS, LABEL, CELL = 24, 17, 14
"""How many, and the columns that one and a cell take."""


@pytest.mark.parametrize("size", [(80, 26), (50, 26), (160, 26)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_labels_stay_in_sight_and_numbers_are_whole_beside_them(size: tuple[int, int]) -> None:
    app = MatrixApp(LABELS)
    async with app.run_test(size=size) as pilot:
        for _ in range(LABELS):
            heads, lines = lines_of(app.matrix)[:2], lines_of(app.matrix)[2:]
            assert "predicted" in heads[0]
            assert "true" in heads[1]
            for number, line in enumerate(lines):
                label, beside = line[:LABEL], line[LABEL : LABEL + CELL]
                assert label.split() == ["digit", "number", f"{number}"]
                assert beside.split() in (["0"], ["100"], [f"{number}"])
            await pilot.press("right")
        assert heads[1].endswith("recall")
        await pilot.press(*["left"] * LABELS)
        assert "digit number 0           100             0" in lines_of(app.matrix)[2]


async def test_in_very_little_room_labels_scroll_away_for_numbers() -> None:
    app = MatrixApp(LABELS)
    async with app.run_test(size=(30, 26)) as pilot:
        await pilot.press("right", "right")
        assert "digit number 5" not in lines_of(app.matrix)[7]
        assert "100" in lines_of(app.matrix)[3]
