"""The file of labels: which labels are valid, which lines are left out and counted, and how far two people agree."""

import json

import numpy as np
import pytest

from helpers.widgets import agreement, labels


def write_labels(path, labeller, given):
    for number, label in enumerate(given):
        labels.append(path, pair_id=str(number), label=label, labeller=labeller)
    return path


def held(path, **options):
    return labels.read(path, **options)[["pair_id", "label", "note"]].to_numpy().tolist()


def test_the_last_label_holds_and_undo_brings_the_one_before_back(tmp_path):
    path = tmp_path / "deep" / "l.jsonl"
    assert labels.read(path).empty
    for label in ("good", "bad", labels.UNDO):
        labels.append(path, pair_id="a", label=label, note="why" if label == "good" else "")
    assert held(path) == [["a", "good", "why"]]
    labels.append(path, pair_id="a", label=labels.UNDO)
    labels.append(path, pair_id="a", label=labels.UNDO)
    assert held(path) == []
    assert len(path.read_text().splitlines()) == 5, "the file keeps the history"


def test_labels_stand_in_the_order_of_what_was_said_last(tmp_path):
    path = tmp_path / "l.jsonl"
    for pair_id in ("a", "b", "c", "a"):
        labels.append(path, pair_id=pair_id, label="good")
    assert [row[0] for row in held(path)] == ["b", "c", "a"]
    assert labels.Book(path).last(labels.READER) == "a"
    assert labels.Book(path).last("nobody") is None


def test_a_labeller_is_the_reader_where_none_is_named_and_two_are_kept_apart(tmp_path):
    path = tmp_path / "l.jsonl"
    labels.append(path, pair_id="a", label="good")
    labels.append(path, pair_id="a", label="bad", labeller="ben")
    assert labels.read(path).to_numpy().tolist() == [["a", "reader", "good", "", False], ["a", "ben", "bad", "", False]]
    assert labels.Book(path).of("ben") == {"a": ("bad", "")}


def test_a_label_is_blind_as_long_as_it_is_the_one_that_was_given_blind(tmp_path):
    path = tmp_path / "l.jsonl"
    labels.append(path, pair_id="a", label="good", blind=True)
    labels.append(path, pair_id="a", label="good", note="seen later", blind=False)
    labels.append(path, pair_id="b", label="good", blind=True)
    labels.append(path, pair_id="b", label="bad", blind=False)
    labels.append(path, pair_id="c", label="bad", blind="yes")
    assert dict(zip(*labels.read(path)[["pair_id", "blind"]].to_numpy().T, strict=True)) == {"a": True, "b": False, "c": False}
    labels.append(path, pair_id="b", label=labels.UNDO)
    assert sorted(labels.Book(path).drawn(labels.READER)) == ["a", "b"]


def test_only_blind_labels_are_a_sample_once_there_are_any():
    good, none = np.array([1, 0, np.nan, 1]), np.zeros(4, bool)
    counted, said = labels.sample(good, none)
    assert counted is good and said.startswith("not drawn blind")
    counted, said = labels.sample(good, np.array([True, True, True, False]))
    assert said == "drawn blind" and np.array_equal(counted, [1, 0, np.nan, np.nan], equal_nan=True)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{torn", "no JSON object"),
        ("[1]", "no JSON object"),
        ("null", "no JSON object"),
        ('{"label": "good"}', "no pair_id"),
        ('{"pair_id": null, "label": "good"}', "no pair_id"),
        ('{"pair_id": true, "label": "good"}', "no pair_id"),
        ('{"pair_id": 1.5, "label": "good"}', "no pair_id"),
        ('{"pair_id": ["a"], "label": "good"}', "no pair_id"),
        ('{"pair_id": "", "label": "good"}', "no pair_id"),
        ('{"pair_id": "a"}', "unknown label"),
        ('{"pair_id": "a", "label": "great"}', "unknown label"),
        ('{"pair_id": "a", "label": ["good"]}', "unknown label"),
        ('{"pair_id": "a", "label": {}}', "unknown label"),
        ('{"pair_id": "a", "label": "good", "labeller": 3}', "labeller or note is no text"),
        ('{"pair_id": "a", "label": "good", "note": {}}', "labeller or note is no text"),
        ('{"pair_id": "z", "label": "good"}', "unknown pair"),
        (b"\xff\xfe", "no JSON object"),
        ("[" * 100_000, "no JSON object"),
        ('{"pair_id": "\\ud83d", "label": "good"}', "no JSON object"),
    ],
)
def test_a_line_that_is_no_label_is_counted_and_costs_only_itself(tmp_path, line, why):
    path = tmp_path / "l.jsonl"
    labels.append(path, pair_id="a", label="good")
    with path.open("ab") as file:
        file.write((line if isinstance(line, bytes) else line.encode()) + b"\n")
    labels.append(path, pair_id="b", label="bad")
    found = labels.read(path, known={"a", "b"})
    assert found.pair_id.tolist() == ["a", "b"]
    assert found.attrs["left_out"] == {why: 1}


def test_a_label_without_labeller_and_note_is_the_readers(tmp_path):
    path = tmp_path / "l.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"pair_id": "a", "label": "good", "labeller": null, "note": null}\r\n\r\n')
    assert labels.read(path).to_numpy().tolist() == [["a", "reader", "good", "", False]]
    assert labels.read(path).attrs["left_out"] == {}


def test_whole_numbers_are_ids_and_mean_the_same_as_their_text(tmp_path):
    path = tmp_path / "l.jsonl"
    for pair_id in (17, "17", 18):
        labels.append(path, pair_id=pair_id, label="bad")
    assert held(path, known={"17", "18"}) == [["17", "bad", ""], ["18", "bad", ""]]


def test_a_torn_last_line_is_closed_before_the_next(tmp_path):
    path = tmp_path / "l.jsonl"
    labels.append(path, pair_id="a", label="good")
    with path.open("ab") as file:
        file.write(b'{"pair_id": "b", "lab')
    labels.append(path, pair_id="c", label="bad")
    assert [row[0] for row in held(path)] == ["a", "c"]
    assert json.loads(path.read_text().splitlines()[-1])["at"]


def test_of_each_kind_of_panel_the_latest_two_follow(tmp_path):
    class Follower:
        def __init__(self):
            self.told = 0
            labels.follow(path, self.look)

        def look(self):
            self.told += 1

    class Other(Follower):
        pass

    path = tmp_path / "l.jsonl"
    other, *followers = Other(), Follower(), Follower(), Follower()
    labels.append(path, pair_id="a", label="good")
    assert [follower.told for follower in (other, *followers)] == [1, 0, 1, 1]
    del followers[1:]
    labels.append(path, pair_id="a", label="good")
    assert other.told == 2


def test_kappa_of_a_hand_worked_example(tmp_path):
    ann = ["good"] * 25 + ["bad"] * 25 + ["skip"]
    ben = ["good"] * 20 + ["bad"] * 5 + ["good"] * 10 + ["bad"] * 15 + ["good"]
    paths = [write_labels(tmp_path / f"{name}.jsonl", name, given) for name, given in (("ann", ann), ("ben", ben))]
    row = agreement(*paths).iloc[0]
    assert (row["first"], row["second"], row["n"]) == ("ann", "ben", 50)
    assert row["agree"] == pytest.approx(0.7)
    assert row["kappa"] == pytest.approx(0.4)
    assert row["low"] < 0.4 < row["high"]


def test_kappa_is_nan_where_it_says_nothing_and_names_are_kept_apart(tmp_path):
    paths = [write_labels(tmp_path / f"{name}.jsonl", "me", ["good"] * 3) for name in ("ann", "ben")]
    row = agreement(*paths).iloc[0]
    assert np.isnan(row["kappa"])
    assert row["second"] == "me (ben)"
    assert agreement(paths[0]).empty
