"""Seed pairs: the usual formats, what is left out and why, and files that cannot be used."""

import json

import pandas as pd
import pytest

from helpers import seed_pairs


def written(folder, records, name: str = "seed.jsonl"):
    path = folder / name
    path.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("record", "instruction"),
    [
        ({"instruction": "Why?", "output": "So."}, "Why?"),
        ({"instruction": "Sum up.", "input": "A text.", "output": "So."}, "Sum up.\n\nA text."),
        ({"instruction": "Why?", "input": None, "output": "So."}, "Why?"),
        ({"prompt": "Why?\u2028Now?", "completion": "So."}, "Why?\u2028Now?"),
        ({"prompt": "Why?", "response": " So. "}, "Why?"),
        ({"question": "Why?", "answer": "So."}, "Why?"),
        ({"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]}, "Why?"),
        ({"instruction": "Sum up.", "instances": [{"input": "1", "output": "So."}, {"output": "x"}]}, "Sum up.\n\n1"),
    ],
)
def test_the_usual_formats_are_told_by_their_fields(tmp_path, record, instruction):
    kept, rejected = seed_pairs.read(written(tmp_path, [record]))
    assert kept[["instruction", "output", "source"]].to_dict("records") == [
        {"instruction": instruction, "output": "So.", "source": "seed"}
    ]
    assert rejected.empty


def test_of_a_conversation_the_first_turn_is_read(tmp_path):
    turns = [("system", "Be."), ("user", "One?"), ("assistant", "1"), ("user", "Two?"), ("assistant", "2")]
    record = {"messages": [{"role": role, "content": content} for role, content in turns], "source": "chat"}
    kept, _ = seed_pairs.read(written(tmp_path, [record]))
    assert kept.iloc[0][["instruction", "output", "source"]].tolist() == ["One?", "1", "chat"]


def test_json_lists_and_parquet_are_read_like_lines(tmp_path):
    records = [{"instruction": f"Why {n}?", "output": f"So {n}."} for n in range(3)]
    lines, _ = seed_pairs.read(written(tmp_path, records))
    (tmp_path / "seed.json").write_text(json.dumps(records))
    pd.DataFrame(records).to_parquet(tmp_path / "seed.parquet")
    for name in ("seed.json", "seed.parquet"):
        assert seed_pairs.read(tmp_path / name)[0].equals(lines)


def test_empty_and_repeated_rows_are_kept_aside_with_their_reason(tmp_path):
    rows = [("Why?", "So."), ("Why?", "So."), ("", "So."), ("Why?", "  "), ("Why?", "Otherwise."), (None, "x")]
    kept, rejected = seed_pairs.read(written(tmp_path, [{"instruction": x, "output": y} for x, y in rows]))
    assert kept.output.tolist() == ["So.", "Otherwise."]
    assert kept.pair_id.is_unique
    assert rejected.reason.tolist() == ["repeated", "empty", "empty", "empty"]
    assert len(kept) + len(rejected) == len(rows)


def test_a_missing_value_of_a_table_is_empty_and_not_a_word(tmp_path):
    frame = pd.DataFrame({"instruction": ["Why?", "How?"], "input": [None, "Where?"], "output": ["So.", None]})
    frame.to_parquet(tmp_path / "seed.parquet")
    kept, rejected = seed_pairs.read(tmp_path / "seed.parquet")
    assert kept[["instruction", "output"]].to_numpy().tolist() == [["Why?", "So."]]
    assert rejected.reason.tolist() == ["empty"]


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no seed file .*seed_models.seed"):
        seed_pairs.read(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ("[]", "has no rows"),
        ('{"text": "x", "label": 1}', r"has the fields \['label', 'text'\]; needed are one of"),
        ('{"instruction": "x"}', "needed are one of"),
        ('{"instruction": "", "output": ""}', "has both an instruction and an output"),
        ('{"instruction": "a", "output": "b"}\n{"instruction": ', "line 2 of .* is not JSON"),
        ('[{"instruction": ', "is not JSON"),
        ("[1, 2]", "is not an object"),
        ('{"messages": [{"role": "user", "content": null}]}', "has both an instruction and an output"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_was_looked_for_and_found(tmp_path, text, message):
    path = tmp_path / "seed.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        seed_pairs.read(path)
