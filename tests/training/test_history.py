"""History: lists of plain numbers, their summary and their file."""

import csv

import pytest

from autodiff.training import History


def history(rows=3, validation=True):
    made = History()
    for i in range(rows):
        row = {"epoch": i + 1, "train_loss": 1.0 / (i + 1)}
        if validation:
            row |= {"validation_loss": [0.5, 0.25, 0.75][i]}
        made.append({**row, "lr": 0.1, "seconds": 0.3})
    return made


def test_it_is_a_dict_of_lists():
    made = history()
    assert made["train_loss"] == [1.0, 0.5, 1.0 / 3.0]
    assert list(made) == ["epoch", "train_loss", "validation_loss", "lr", "seconds"]
    assert dict(made)["epoch"] == [1, 2, 3]
    assert made.rows()[1]["validation_loss"] == 0.25
    assert made.epochs == 3


def test_the_best_epoch_is_that_of_the_least_loss_in_validation_or_else_in_training():
    assert history().best_epoch == 2
    assert history(validation=False).best_epoch == 3
    assert History().best_epoch is None
    made = history()
    made["validation_loss"][1] = float("nan")
    assert made.best_epoch == 1


def test_a_name_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(KeyError, match=r"no 'test_loss'; expected one of epoch, train_loss, val"):
        history()["test_loss"]
    with pytest.raises(KeyError, match=r"needs fit\(\.\.\., validation=\(x, y\)\)"):
        history(validation=False)["validation_loss"]
    with pytest.raises(KeyError, match="expected one of nothing yet"):
        History()["epoch"]


def test_it_says_in_a_line_how_it_went():
    made = history()
    made.stopped = "by hand"
    assert repr(made) == (
        "History(3 epochs, train_loss 1 → 0.3333, validation_loss 0.5 → 0.75, best epoch 2,"
        " stopped by hand)"
    )
    assert repr(history(1, validation=False)) == "History(1 epoch, train_loss 1)"
    assert repr(History()) == "History(0 epochs)"


def test_its_file_has_every_number_to_the_bit(tmp_path):
    made = history()
    made.save_csv(tmp_path / "h.csv", validation="test")
    with open(tmp_path / "h.csv") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["train_loss"]) for row in rows] == made["train_loss"]
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert [float(row["test_loss"]) for row in rows] == made["validation_loss"]
    History().save_csv(tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text() == "\n"


@pytest.mark.parametrize("index", [0, -1])
def test_an_epoch_is_asked_of_a_column_or_of_the_rows(index):
    with pytest.raises(
        KeyError, match=rf"as in history\['train_loss'\]\[{index}\]; history.rows()"
    ):
        History()[index]
