"""Seed pairs: every format and every kind of file is read, and no part of a row is lost without a note."""

import bz2
import gzip
import json
import lzma
import os
import random
import re

import pandas as pd
import pytest
import zstandard

from helpers import seed_pairs
from helpers.config import SeedModels
from helpers.corpus import filters
from helpers.seed_pairs import formats, languages
from helpers.seed_pairs.turns import missing

ASKED, SAID = "Name a lake.", "Lake Como."
PAIR = {"instruction": ASKED, "output": SAID}
EXAMPLES = [
    (name, [json.loads(row) for row in re.findall(r"`(\{.*?\})`", rows)])
    for name, rows in re.findall(r"^\| ([a-z ]+) \| (`.*) \|$", formats.__doc__, re.MULTILINE)
]
"""The table of the formats in their docstring: name, rows."""


def user(text=ASKED, **more):
    return {"role": "user", "content": text} | more


def assistant(text=SAID, **more):
    return {"role": "assistant", "content": text} | more


def lines(*records) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


@pytest.fixture
def read(tmp_path):
    """Reads records, or the text of a file, as seed pairs: [(instruction, output)] and the lines left out."""

    def read(*records, name: str = "seed.jsonl", **settings):
        path = tmp_path / name
        content = records[0] if isinstance(records[0], (str, bytes)) else lines(*records)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        kept, left_out = seed_pairs.read(path, **settings)
        return list(zip(kept.instruction, kept.output, strict=True)), left_out

    return read


# --- Formats --------------------------------------------------------------------------------------------------------


def test_the_table_of_the_docstring_shows_every_format():
    assert {name for name, _ in EXAMPLES} == {known.name for known in formats.FORMATS}


@pytest.mark.parametrize(
    ("name", "rows"),
    [(name, rows) for name, found in EXAMPLES for rows in ([found] if name == "oasst messages" else [[row] for row in found])],
)
def test_every_example_of_the_table_is_read_as_its_format(read, name, rows):
    assert formats.find(rows[0]).name == name
    pairs, _ = read(*rows)
    assert pairs == [(ASKED, SAID)]


@pytest.mark.parametrize(
    ("record", "instruction"),
    [
        ({"instruction": "Why?", "output": SAID}, "Why?"),
        ({"instruction": "Sum up.", "input": "A text.", "output": SAID}, "Sum up.\n\nA text."),
        ({"instruction": "Sum up.", "context": "A text.", "response": SAID, "category": "qa"}, "Sum up.\n\nA text."),
        ({"instruction": "Why?", "input": None, "output": SAID}, "Why?"),
        ({"instruction": "Why?", "input": "<No input>", "output": SAID}, "Why?"),
        ({"instruction": "Why?", "input": "N/A", "output": SAID}, "Why?"),
        ({"instruction": "Why?", "input": "No input required.", "output": SAID}, "Why?"),
        ({"instruction": "Why?", "input": " – ", "output": SAID}, "Why?"),
        ({"instruction": "What does it mean?", "input": "{}", "output": SAID}, "What does it mean?\n\n{}"),
        ({"conversations": [json.dumps(user("Why?")), json.dumps(assistant())]}, "Why?"),
        ({"prompt": "Rhyme it.\n\nHuman: Hi\n\nAssistant: Oh", "completion": SAID}, "Rhyme it.\n\nHuman: Hi\n\nAssistant: Oh"),
        ({"prompt": "Be brief.\n\nHuman: Why?\n\nAssistant:", "completion": SAID}, "Be brief.\n\nWhy?"),
        ({"chosen": "\r\n\r\nHuman: Why?\r\n\r\nAssistant: Lake Como."}, "Why?"),
        ({"text": "<|user|>\nWhy?<|end|>\n<|assistant|>\nLake Como.<|end|>"}, "Why?"),
        ({"text": "<bos><start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\nLake Como.<end_of_turn>"}, "Why?"),
        (
            {
                "text": "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>"
                "<|start_header_id|>assistant<|end_header_id|>\n\nLake Como.<|eot_id|>"
            },
            "Why?",
        ),
        ({"text": "Be kind. USER: Why? ASSISTANT: Lake Como.</s>"}, "Be kind.\n\nWhy?"),
        ({"text": "[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nWhy? [/INST] Lake Como."}, "Be kind.\n\nWhy?"),
        ({"instruction": "Translate.", "input": "No input was given.", "output": SAID}, "Translate.\n\nNo input was given."),
        ({"prompt": "Why?\u2028Now?", "completion": SAID}, "Why?\u2028Now?"),
        ({"prompt": "Why?", "response": f" {SAID} "}, "Why?"),
        ({"Question": "Why?", "Answer": SAID}, "Why?"),
        ({"input": "Why?", "output": SAID}, "Why?"),
        ({"instruction": "Sum up.", "instances": [{"input": "1", "output": SAID}]}, "Sum up.\n\n1"),
        ({"system_prompt": "Be brief.", "question": "Why?", "response": SAID}, "Be brief.\n\nWhy?"),
        ({"instruction": "Now?", "output": "No.", "history": [["Why?", SAID]]}, "Why?"),
        ({"messages": None, "instruction": "Why?", "output": SAID}, "Why?"),
        ({"messages": [], "prompt": "Why?", "completion": SAID}, "Why?"),
        ({"messages": [user("Why?"), assistant()], "prompt": "Other", "turns": 1}, "Why?"),
        ({"instruction": "Why?", "output": SAID, "turns": 2, "data": "old", "text": "### Human: x ### Assistant: y"}, "Why?"),
        ({"prompt": [{"role": "system", "content": "Be."}, user("Why?")], "completion": SAID}, "Be.\n\nWhy?"),
        ({"prompt": "\n\nHuman: Why?\n\nAssistant:", "completion": f" {SAID}"}, "Why?"),
        ({"chosen": [user("Why?"), assistant()], "rejected": [user("Why?"), assistant("No.")]}, "Why?"),
        ({"text": "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nLake Como.<|im_end|>"}, "Why?"),
        (
            {"text": "Below is an instruction.\n\n### Instruction:\nSum.\n\n### Input:\n1\n\n### Response:\nLake Como."},
            "Sum.\n\n1",
        ),
        ({"conversation": [{"human": "Why?", "assistant": SAID}, {"human": "Now?", "assistant": "No."}]}, "Why?"),
        ({"conversation": [{"input": "Why?", "output": SAID}]}, "Why?"),
        ({"conversation": [{"user": "Why?"}, {"assistant": SAID}]}, "Why?"),
        ({"data": {"id": [3], "tags": ["a"]}, "instruction": "Why?", "output": SAID}, "Why?"),
        ({"data": [1, 2], "dialog": "[1, 2]", "instruction": "Why?", "output": SAID}, "Why?"),
        ({"chosen": True, "prompt": "Why?", "response": SAID}, "Why?"),
        ({"instruction": "Why?" + "\n" * 50_000 + "Now?", "output": SAID}, "Why?" + "\n" * 50_000 + "Now?"),
        ({"messages": {"role": ["user", "assistant"], "content": ["Why?", SAID]}}, "Why?"),
        ({"instruction": "Quote '### Human:'", "output": SAID}, "Quote '### Human:'"),
    ],
)
def test_the_usual_formats_are_told_by_their_fields(read, record, instruction):
    assert read(record)[0] == [(instruction, SAID)]


def test_an_output_is_whole_whatever_it_quotes(read):
    output = "Write:\n\n### Human: Hi\n\n### Assistant: Hello\n\nHuman: Hi\n\nAssistant: Hello"
    assert read({"instruction": "Show me a transcript.", "output": output})[0] == [("Show me a transcript.", output)]


def test_a_format_is_one_record(read, monkeypatch):
    ours = formats.Format(
        "ours", lambda row: "frage" in row, lambda row: formats._pair({"prompt": row["frage"], "reply": "So."})
    )
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, ours))
    assert read({"frage": "Warum?"}, PAIR)[0] == [("Warum?", "So."), (ASKED, SAID)]


# --- Conversations --------------------------------------------------------------------------------------------------


def test_of_a_conversation_the_first_turn_is_read_and_the_rest_is_counted(read):
    system = {"role": "system", "content": "Be brief."}
    pairs, left_out = read({"messages": [assistant("Hello."), system, user(), assistant(), user("Two?"), assistant("2")]})
    assert pairs == [(f"Be brief.\n\n{ASKED}", SAID)]
    assert left_out.part.all()
    assert left_out.instruction.tolist() == [f"Be brief.\n\n{ASKED}"] * 3
    assert set(left_out.reason) == {
        "system message joined to the instruction",
        "not used: turns before the user's first",
        "not used: later turns",
    }


def test_turns_of_one_speaker_in_a_row_are_one_turn(read):
    pairs, _ = read({"messages": [user("A text."), user("Sum it up."), assistant("Po."), assistant("And Elbe.")]})
    assert pairs == [("A text.\n\nSum it up.", "Po.\n\nAnd Elbe.")]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"messages": [assistant()]}, "no turn of a user"),
        ({"messages": [user()]}, "no reply to the user's first turn"),
        ({"messages": [user(), {"role": "narrator", "content": "x"}]}, r"unknown speaker (narrator)"),
        ({"messages": [user(), 3]}, "a message is not an object (int)"),
        ({"messages": [user(), {"words": "x"}]}, "a message names no speaker (fields words)"),
        ({"messages": [user(), {"role": "tool", "content": "7"}, assistant()]}, "the reply calls a tool"),
        ({"messages": [user(), assistant(None, tool_calls=[{"id": 1}])]}, "the reply calls a tool"),
        ({"messages": [user(), assistant("Let me see."), {"role": "tool", "content": "7"}]}, "the reply calls a tool"),
        (
            {"messages": [user([{"type": "image_url", "image_url": "x"}]), assistant()]},
            "the user's turn has more than text (image_url)",
        ),
        ({"messages": [user(images=["x.png"]), assistant()]}, "the user's turn has more than text (images)"),
        ({"messages": [user(), assistant(["a", "b"])]}, "the assistant's turn is not text (list)"),
        ({"messages": [user(), assistant({"a": 1})]}, "the assistant's turn has more than text (a)"),
        ({"messages": [user(), assistant(True)]}, "the assistant's turn is not text (bool)"),
        ({"messages": [user(), assistant(None)]}, "empty"),
        ({"messages": [{"role": "system", "content": "Be brief."}, user(""), assistant()]}, "empty"),
        ({"messages": "[{'role': user}]"}, "a list of messages written as text that cannot be read back"),
        ({"image": "river.png", "conversations": [ASKED, SAID]}, "the row has more than text (image)"),
        ({"instruction": ASKED, "output": ["Lake Como.", "Lake Garda."]}, "the assistant's turn is not text (list)"),
        ({"instruction": ASKED, "instances": [7]}, "an instance is not an object (int)"),
        ({"instruction": ASKED, "output": SAID, "history": [7]}, "`history` is not a list of rounds"),
        ({"prompt": "", "completion": SAID}, "empty"),
        ({"title": ASKED, "body": SAID}, "no known format (fields body, title)"),
    ],
)
def test_a_row_that_gives_no_pair_is_left_out_with_the_reason(read, record, reason):
    pairs, left_out = read(PAIR, record)
    assert pairs == [(ASKED, SAID)]
    assert left_out[["reason", "part", "row"]].to_numpy().tolist() == [[reason, False, 2]]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"messages": [user(), assistant(reasoning_content="Well, rivers.")]}, "not used: reasoning"),
        (
            {"messages": [user(), assistant([{"type": "thinking", "thinking": "x"}, {"type": "text", "text": SAID}])]},
            "not used: reasoning",
        ),
        ({"messages": [user(), assistant()], "tools": [{"name": "search"}]}, "not used: tools"),
        ({"messages": [user(), assistant(), user("Two?", images=["x.png"])]}, "not used: later turns"),
        ({"prompt": ASKED, "chosen": SAID, "rejected": "No."}, "not used: rejected reply"),
        ({"instruction": ASKED, "instances": [{"output": SAID}, {"output": "x"}]}, "not used: other instances"),
    ],
)
def test_unused_parts_of_a_kept_row_are_counted(read, record, reason):
    pairs, left_out = read(record)
    assert pairs == [(ASKED, SAID)]
    assert left_out[["reason", "part", "row"]].to_numpy().tolist() == [[reason, True, 1]]


def test_half_a_character_is_replaced_and_counted(read, tmp_path):
    pairs, left_out = read('{"instruction": "Name a lake \\ud83d.", "output": "Lake Como."}')
    assert pairs == [("Name a lake \ufffd.", SAID)]
    assert left_out.reason.tolist() == ["broken characters replaced"]
    left_out.to_parquet(tmp_path / "left_out.parquet")


# --- Open Assistant -------------------------------------------------------------------------------------------------


def message(key, parent, text, **more):
    role = "prompter" if parent is None else "assistant"
    return {"message_id": key, "parent_id": parent, "role": role, "text": text, "lang": "en"} | more


def tree(*replies, **more):
    return {"message_tree_id": "a", "prompt": message("a", None, ASKED, replies=list(replies)) | more}


def test_a_flat_table_of_messages_gives_the_first_turns_whatever_their_order(read, tmp_path):
    rows = [
        message("b2", "a", "Lake Garda.", rank=1),
        message("b1", "a", SAID, rank=0),
        message("c", "b1", "Which other?", role="prompter"),
        message("a", None, ASKED),
        message("d", None, "Sum up."),
        message("x", "lost", "No one asked.", rank=0),
        message("y", "x", "Nor this.", rank=0),
        message("r", "s", "In a ring."),
        message("s", "r", "In a ring."),
    ]
    pairs, left_out = read(*rows)
    assert pairs == [(ASKED, SAID)]
    assert left_out[["reason", "row"]].to_numpy().tolist() == [
        ["no reply to the user's first turn", 5],
        *[["no first message leads to it", row] for row in (6, 7, 8, 9)],
        ["not used: other replies", 4],
        ["not used: later turns", 4],
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "seed.parquet")
    assert seed_pairs.read(tmp_path / "seed.parquet")[0].output.tolist() == [SAID]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (tree(message("b", "a", SAID, rank=1), message("c", "a", SAID, rank=2)), "no reply of rank 0"),
        (tree(message("b", "a", SAID, rank=0, lang="de")), "language de"),
        (tree(message("b", "a", SAID, rank=0), lang="es"), "language es"),
        (tree(message("b", "a", SAID, rank=0, synthetic=True)), "written by a model"),
        (tree(message("b", "a", SAID, rank=0), synthetic=True), "written by a model"),
        (tree(message("b", "a", SAID, rank=0, deleted=True)), "deleted or turned down"),
        (tree(message("b", "a", SAID, rank=0, review_result=False)), "deleted or turned down"),
        (tree(), "no reply to the user's first turn"),
    ],
)
def test_of_a_tree_only_the_best_reply_that_a_person_wrote_in_the_language_is_taken(read, row, reason):
    _, left_out = read(PAIR, row)
    assert left_out.reason.tolist() == [reason]


def test_languages_are_an_argument(read):
    row = tree(message("b", "a", "Il Po.", rank=0, lang="it"), lang="IT-ch")
    for taken in ("it", ("en", "it"), None):
        assert read(row, languages=taken)[0] == [(ASKED, "Il Po.")]


@pytest.mark.parametrize(
    ("field", "value", "taken"),
    [
        ("lang", "en", True),
        ("language", "English", True),
        ("locale", "en_GB", True),
        ("language", "python", True),
        ("language", None, True),
        ("lang", "de", False),
        ("language", "German", False),
        ("locale", "pt-BR", False),
        ("lang", "eng_Latn", True),
        ("language", "English (United States)", True),
        ("language", "C++", True),
        ("lang", "Python", True),
        ("lang", "php", True),
        ("lang", "tsx", True),
        ("language", "ts", True),
        ("language", "asm", True),
        ("lang", "und", True),
        ("lang", "deu_Latn", False),
        ("lang", "zho_Hans", False),
        ("lang", "nso", False),
        ("language_code", "arb", False),
        ("language_code", "ary", False),
        ("language", "Yoruba", False),
        ("language", "Simplified Chinese", False),
        ("language", "Moroccan Arabic", False),
    ],
)
def test_a_row_of_any_format_that_names_another_language_is_left_out(read, field, value, taken):
    pairs, left_out = read(PAIR | {"output": "x"}, PAIR | {field: value})
    assert (len(pairs), left_out.reason.str.startswith("language").sum()) == ((2, 0) if taken else (1, 1))
    assert len(read(PAIR | {"output": "x"}, PAIR | {field: value}, languages=None)[0]) == 2


def test_answers_that_are_marked_as_unwanted_are_left_out(read):
    said = {"prompt": ASKED, "completion": SAID}
    assert read(said | {"label": True})[0] == [(ASKED, SAID)]
    pairs, left_out = read(said | {"completion": "No idea.", "label": False}, said)
    assert pairs == [(ASKED, SAID)] and list(left_out.reason) == ["marked as unwanted (label)"]
    for weight, taken in ((0, 0), (1, 1)):
        reply = {"role": "assistant", "content": "Como.", "weight": weight}
        pairs, left_out = read(said, {"messages": [{"role": "user", "content": "Which lake?"}, reply]})
        assert (len(pairs), len(left_out)) == (1 + taken, 1 - taken)


def test_the_codes_of_two_and_three_letters_and_the_names_are_one_language(read):
    rows = [{"instruction": f"Name {said}.", "output": "x", "language": said} for said in ("yo", "yor", "Yoruba", "YO-ng")]
    assert len(read(*rows, languages="yor")[0]) == len(rows)
    assert read(PAIR | {"lang": "nso"}, languages="nso")[0] == [(ASKED, SAID)], "a code that is in no list"


def test_every_language_that_pages_are_told_apart_by_has_its_names():
    told = {code for code, _ in filters._identifier().rank("") if len(code) == 2}
    assert told and not told - set(languages.CODES)


# --- Files ----------------------------------------------------------------------------------------------------------

THREE = [{"instruction": f"Name river {n}, é.", "output": f"“Lake\nComo”, {n}"} for n in range(3)]


def as_table(separator: str) -> str:
    return pd.DataFrame(THREE).to_csv(sep=separator, index=False)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("seed.jsonl", lines(*THREE)),
        ("seed.jsonl", b"\xef\xbb\xbf" + lines(*THREE).encode()),
        ("seed.jsonl", lines(*THREE).encode("utf-16")),
        ("seed.jsonl", lines(*THREE).encode("utf-16-le")),
        ("seed.jsonl", lines(*THREE).encode("utf-16-be")),
        ("seed.jsonl", lines(*THREE).encode("utf-32")),
        ("seed.jsonl", lines(*THREE).encode("cp1252")),
        ("seed.jsonl", lines(*THREE).replace("\n", "\r\n\r\n")),
        ("seed.jsonl.gz", gzip.compress(lines(*THREE).encode())),
        ("seed.txt", lines(*THREE)),
        ("seed", gzip.compress(lines(*THREE).encode("utf-16"))),
        ("seed.json", json.dumps(THREE)),
        ("seed.json", b"\xef\xbb\xbf" + json.dumps(THREE, indent=2).encode()),
        ("seed.jsonl", json.dumps(THREE)),
        ("seed.json", json.dumps(THREE).replace("}, {", "},\n{")),
        ("seed.json", json.dumps(THREE).replace("}, {", "}\n,{")),
        ("seed.json", json.dumps({"data": THREE}, indent=2)),
        ("seed.json", json.dumps({"version": 1, "data": THREE})),
        ("seed.json", json.dumps({name: [row[name] for row in THREE] for name in PAIR})),
        ("seed.json", pd.DataFrame(THREE).to_json()),
        ("seed.json", "\n".join(json.dumps(row, indent=2) for row in THREE)),
        ("seed.jsonl", lines(*THREE).replace("\n", "\r")),
        ("seed.jsonl", lines(*THREE).replace("\n", ",\n")),
        ("seed.json.gz", gzip.compress(json.dumps(THREE).encode())),
        ("seed.jsonl.zst", zstandard.compress(lines(*THREE).encode())),
        ("seed.jsonl.xz", lzma.compress(lines(*THREE).encode())),
        ("seed.csv.bz2", bz2.compress(as_table(",").encode())),
        ("seed.csv", as_table("|")),
        ("seed.csv", "\n" + as_table(",").replace("instruction,", "instruction, ")),
        ("seed.csv", "sep=;\r\n" + as_table(";")),
        ("seed.csv", as_table(",").replace("instruction,output", '"instruction","output "')),
        ("seed.csv", as_table(",")),
        ("seed.csv", as_table(";")),
        ("seed.csv", pd.DataFrame(THREE).to_csv(index=False, lineterminator="\r")),
        ("seed.csv", pd.DataFrame(THREE).to_csv(index=False, lineterminator="\r\n")),
        ("seed.csv", as_table(",").replace("instruction", "Instruction").encode("utf-8-sig")),
        ("seed.csv", as_table(";").encode("cp1252")),
        ("seed.tsv", as_table("\t")),
        ("seed.tsv", as_table("\t").encode("utf-16")),
        ("seed.csv.gz", gzip.compress(as_table(",").encode())),
    ],
)
def test_every_kind_of_file_gives_the_same_rows(read, name, content):
    pairs, left_out = read(content, name=name)
    assert pairs == [(row["instruction"], row["output"]) for row in THREE]
    assert left_out.empty


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r", "cp1253", "shift_jis", "gb18030", "euc-kr"])
def test_a_file_in_another_script_is_read_in_its_encoding(read, codec):
    asked, said = {
        "cp1253": ("Πες μου το όνομα μιας λίμνης στην Ελλάδα και πόσο μεγάλη είναι.", "Η λίμνη Τριχωνίδα στην Αιτωλία."),
        "shift_jis": ("日本で一番大きな湖の名前を教えてください。", "それは滋賀県にある琵琶湖です。"),
        "gb18030": ("请告诉我中国最大的淡水湖的名字是什么。", "中国最大的淡水湖是鄱阳湖。"),
        "euc-kr": ("한국에서 가장 큰 호수의 이름을 말해 주세요.", "가장 큰 호수는 소양호입니다."),
    }.get(codec, ("Назовите самое глубокое озеро в России и скажите, сколько в нём воды.", "Самое глубокое озеро это Байкал."))
    text = lines(*[{"instruction": asked, "output": f"{said} {n}"} for n in range(9)])
    assert read(text.encode(codec))[0] == [(asked, f"{said} {n}") for n in range(9)]


def test_a_text_may_hold_a_bare_tab(read):
    assert read('{"instruction": "Name\ta lake.", "output": "Lake Como."}\n')[0] == [("Name\ta lake.", SAID)]


def test_of_columns_with_one_name_the_first_counts(read):
    assert read(f"instruction,output,output\n{ASKED},{SAID},x\n", name="seed.csv")[0] == [(ASKED, SAID)]


def test_a_conversation_that_is_the_whole_file_is_one_row(read):
    for record in ({"conversations": [user(), assistant()]}, {"conversation": [{"human": ASKED, "assistant": SAID}]}):
        for content in (json.dumps(record), json.dumps(record, indent=1)):
            assert read(content, name="seed.json")[0] == [(ASKED, SAID)]


def test_of_a_folder_everything_that_is_no_file_of_rows_is_counted(tmp_path, monkeypatch):
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "one.jsonl").write_text(lines(PAIR))
    (folder / ".ci").mkdir()
    (folder / ".ci" / "two.jsonl").write_text(lines(PAIR | {"output": "hidden"}))
    os.mkfifo(folder / "pipe.jsonl")
    (folder / "gone.jsonl").symlink_to(folder / "nowhere")
    (folder / "round").symlink_to(folder)
    odd = os.fsencode(folder) + b"/lac-l\xe9man.jsonl"
    with open(odd, "w") as file:
        file.write(lines(PAIR | {"output": "Lake Geneva."}))
    monkeypatch.chdir(folder)
    kept, left_out = seed_pairs.read(".")
    assert kept.output.tolist() == ["Lake Geneva.", SAID]
    assert kept.source.tolist() == ["lac-l\ufffdman", "one"]
    assert sorted(left_out.reason) == ["not a file (a pipe, socket or device)", "not readable (FileNotFoundError)"]
    left_out.to_parquet(tmp_path / "left_out.parquet")
    with pytest.raises(FileNotFoundError, match="no seed file"):
        seed_pairs.read("")


def test_lists_and_missing_values_of_parquet_are_no_words(tmp_path):
    rows = [
        {"instruction": "Why?", "input": None, "output": SAID, "messages": None},
        {"instruction": None, "input": "x", "output": None, "messages": None},
        {"instruction": None, "input": None, "output": None, "messages": [user(), assistant()]},
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "seed.parquet")
    kept, left_out = seed_pairs.read(tmp_path / "seed.parquet")
    assert kept[["instruction", "output"]].to_numpy().tolist() == [["Why?", SAID], [ASKED, SAID]]
    assert left_out.reason.tolist() == ["empty"]


@pytest.mark.parametrize("column", ["messages", "conversations"])
@pytest.mark.parametrize("written", [json.dumps, str])
def test_a_conversation_in_a_cell_of_a_csv_is_read_back(read, column, written):
    cells = written([user(), assistant()])
    assert read(pd.DataFrame({column: [cells]}).to_csv(index=False), name="seed.csv")[0] == [(ASKED, SAID)]


def test_a_list_that_a_table_wrote_as_text_never_becomes_a_text(read):
    table = pd.DataFrame(
        {"prompt": [str([user()]), "Why?"], "completion": [f"[{assistant()} {assistant()}]", str([assistant()])]}
    )
    pairs, left_out = read(table.to_csv(index=False), name="seed.csv")
    assert pairs == [("Why?", SAID)]
    assert left_out.reason.tolist() == ["a list of messages written as text that cannot be read back"]


def test_a_long_answer_in_a_csv_is_read(read):
    row = {"instruction": ASKED, "output": "word " * 40_000}
    assert read(pd.DataFrame([row]).to_csv(index=False), name="seed.csv")[0] == [(ASKED, row["output"].strip())]


BROKEN_TABLE = f'instruction,output\n{ASKED},{SAID}\na,b,c\n\nd\n"e" f,g\nh,"i'


@pytest.mark.parametrize(
    ("name", "content", "places"),
    [
        (
            "seed.jsonl",
            f'tput": "x"}}\n{lines(PAIR)}[1, 2]\n{{"instruction": ',
            {1: "the line is not JSON", 3: "not an object with fields (list)", 4: "the line is not JSON"},
        ),
        ("seed.jsonl", f'{{"output": "x"\n{lines(PAIR)}', {1: "the line is not JSON"}),
        ("seed.jsonl", f'[{{"role": "user"}}]}}\n{lines(PAIR)}', {1: "the line is not JSON"}),
        ("seed.jsonl", lines(PAIR) + "[" * 100_000, {2: "the line is not JSON"}),
        ("seed.json", json.dumps([PAIR, PAIR | {"output": "x"}])[:-9], {2: "the list is cut or broken from here"}),
        (
            "seed.csv",
            BROKEN_TABLE,
            {
                3: "more cells than the header has",
                5: "empty",
                6: "not CSV from here to line 6 (',' expected after '\"')",
                7: "not CSV from here to line 7 (unexpected end of data)",
            },
        ),
    ],
)
def test_damage_is_counted_with_its_place_and_the_other_rows_are_read(read, name, content, places):
    pairs, left_out = read(content, name=name)
    assert pairs == [(ASKED, SAID)]
    assert dict(zip(left_out.row, left_out.reason, strict=True)) == places


def test_of_a_file_that_ends_too_early_the_rows_before_are_read(read, tmp_path):
    rows = [PAIR, *[{"instruction": f"Name river {n}.", "output": str(n**9)} for n in range(99)]]
    pairs, left_out = read(gzip.compress(lines(*rows).encode())[:-60], name="seed.jsonl.gz")
    assert 50 < len(pairs) < 100
    assert left_out.reason.tolist() == ["the file is broken from here (EOFError)"]
    assert left_out.row.tolist() == [len(pairs) + 1]
    pd.DataFrame(rows).to_parquet(tmp_path / "seed.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "seed.parquet").read_bytes()[:-9])
    with pytest.raises(ValueError, match="cut.parquet, row 1: the file is broken from here"):
        seed_pairs.read(tmp_path / "cut.parquet")


def test_empty_and_repeated_rows_are_kept_aside_with_their_reason(read):
    rows = [("Why?", "So."), ("Why?", "So."), ("", "So."), ("Why?", "  "), ("Why?", "Otherwise."), (None, "x")]
    pairs, left_out = read(*[{"instruction": x, "output": y} for x, y in rows])
    assert pairs == [("Why?", "So."), ("Why?", "Otherwise.")]
    assert left_out.reason.tolist() == ["repeated", "empty", "empty", "empty"]
    assert left_out.output.tolist() == ["So.", "So.", "", "x"]
    assert len(pairs) + len(left_out) == len(rows)


def test_the_source_is_the_rows_own_or_the_file(read, tmp_path):
    read(PAIR, PAIR | {"output": "x", "source": " chat "}, PAIR | {"output": "y", "source": ["a"]}, name="rivers.v2.jsonl")
    kept, _ = seed_pairs.read(tmp_path / "rivers.v2.jsonl")
    assert kept.source.tolist() == ["rivers.v2", "chat", "rivers.v2"]


def test_several_paths_and_folders_are_one_input(tmp_path):
    for name in ("a/train-0.jsonl", "a/train-1.jsonl", "a/test.jsonl", "a/notes.md", "a/.git/train.jsonl", "b/one.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(lines({"instruction": f"Name {name}.", "output": SAID}, PAIR))
    kept, left_out = seed_pairs.read([f"{tmp_path}/./a/", tmp_path / "b" / "one.jsonl"])
    assert kept.instruction.tolist() == ["Name a/train-0.jsonl.", ASKED, "Name a/train-1.jsonl.", "Name b/one.jsonl."]
    assert sorted(left_out.reason) == ["file of another split", "not a data file", "repeated", "repeated"]


# --- Samples --------------------------------------------------------------------------------------------------------


def test_a_sample_is_drawn_over_the_whole_input_and_depends_on_draw_alone(tmp_path):
    rows = [{"instruction": f"Name river {n}.", "output": SAID} for n in range(400)]
    (tmp_path / "seed.jsonl").write_text(lines(*rows, *rows))
    (tmp_path / "turned.jsonl").write_text(lines(*reversed(rows)))
    kept, left_out = seed_pairs.read(tmp_path / "seed.jsonl", n=100, draw=1)
    numbers = [int(re.search(r"\d+", text)[0]) for text in kept.instruction]
    assert len(kept) == 100
    assert numbers == sorted(numbers)
    assert 30 <= sum(number >= 200 for number in numbers) <= 70
    assert left_out.groupby("reason").rows.sum().to_dict() == {"repeated": 400, "not drawn": 300}
    turned, _ = seed_pairs.read(tmp_path / "turned.jsonl", n=100, draw=1)
    assert set(turned.pair_id) == set(kept.pair_id)
    assert set(seed_pairs.read(tmp_path / "seed.jsonl", n=40, draw=1)[0].pair_id) < set(kept.pair_id)
    assert set(seed_pairs.read(tmp_path / "seed.jsonl", n=100, draw=2)[0].pair_id) != set(kept.pair_id)


def test_rows_that_are_not_drawn_have_one_line_a_file_with_their_number(tmp_path):
    for name, count in (("a", 40), ("b", 1200)):
        rows = [{"instruction": f"Name river {name}{n}.", "output": SAID} for n in range(count)]
        (tmp_path / f"{name}.jsonl").write_text(lines(*rows))
    kept, left_out = seed_pairs.read(tmp_path, n=20)
    drawn = kept.source.value_counts()
    assert left_out[["file", "row", "reason", "rows", "part"]].to_numpy().tolist() == [
        [f"{tmp_path}/{name}.jsonl", 0, "not drawn", count - drawn.get(name, 0), False]
        for name, count in (("a", 40), ("b", 1200))
    ]


def test_every_pair_is_drawn_equally_often(tmp_path):
    (tmp_path / "seed.jsonl").write_text(lines(*[{"instruction": f"Name river {n}.", "output": SAID} for n in range(10)]))
    drawn = pd.concat([seed_pairs.read(tmp_path / "seed.jsonl", n=3, draw=draw)[0] for draw in range(100)])
    assert drawn.instruction.value_counts().between(12, 48).all()  # 30 each, and four standard deviations of it


def test_a_sample_larger_than_the_input_is_the_input(read):
    assert read(PAIR, n=5)[0] == [(ASKED, SAID)]
    with pytest.raises(ValueError, match="n is 0: name at least one"):
        read(PAIR, n=0)


# --- Nothing to read ------------------------------------------------------------------------------------------------


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="no seed file .*seed_models.seed"):
        seed_pairs.read(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "there are no rows in .*seed.jsonl"),
        ("[]", "there are no rows in .*seed.jsonl"),
        ('{"text": "x", "label": 1}', r"seed.jsonl, row 1: no known format \(fields label, text\). Known fields are one of"),
        ('{"instruction": "x"}', r"no known format \(fields instruction\)"),
        ('{"instruction": "", "output": ""}\n' * 3, r"3 rows left out, empty \(3\)"),
        ('\n{"instruction": ', r"row 2: the line is not JSON"),
        ('[{"instruction": ', "row 1: the list is cut"),
        ("[1, 2]", r"not an object with fields \(int\) \(2\)"),
        ("title,body\na,b\n", "the line is not JSON"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "the line is not JSON"),
        ('{"messages": [{"role": "user", "content": null}]}', "no reply to the user's first turn"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_was_looked_for_and_found(read, content, message):
    with pytest.raises(ValueError, match=message):
        read(content)


def test_a_file_of_another_kind_is_refused_by_name(tmp_path):
    (tmp_path / "seed.pdf").write_bytes(b"%PDF-1.4 nothing here")
    with pytest.raises(ValueError, match="seed.pdf, row 0: neither JSON, CSV nor Parquet"):
        seed_pairs.read(tmp_path / "seed.pdf")


# --- Real files, where there are any --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "count", "reasons"),
    [
        ("oasst_en_first_turn_99", 99, {}),
        ("dolly_open", 2083, {"repeated": 1}),
        ("self_instruct_175", 175, {}),
    ],
)
def test_human_seed_pairs_are_read_whole(local_data, name, count, reasons):
    kept, left_out = seed_pairs.read(local_data / "seed" / f"{name}.jsonl")
    assert len(kept) == count
    assert left_out.reason.value_counts().to_dict() == reasons


def test_every_small_file_of_a_format_of_its_own_gives_its_pair(local_data):
    files = sorted((local_data / "cases" / "seeds").iterdir())
    assert len(files) > 10
    for file in files:
        kept, left_out = seed_pairs.read(file)
        assert (len(kept), left_out.part.all()) == (1, True), file
        assert not kept.instruction.str.contains("noinput").any()


# --- Random damage --------------------------------------------------------------------------------------------------

ODD = (None, "", "x", 7, 0.5, True, float("nan"), [], {}, ["x"], [[]], [{}], {"x": []}, [None], "\ud800", [["x", 1]])
"""What stands in a damaged file where something else belongs."""


def damaged(value, rng):
    """A copy of a JSON value in which about one in eight of its parts is another value, or is gone."""
    if rng.random() < 0.12:
        return rng.choice(ODD)
    if isinstance(value, dict):
        return {key: damaged(held, rng) for key, held in value.items() if rng.random() > 0.08}
    if isinstance(value, list):
        return [damaged(held, rng) for held in value for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 2)))]
    return value


def looks_like_python(text: str) -> bool:
    return re.search(r"[\[{]['\"{\[]|\bNone\b|\bTrue\b|\bnan\b", text) is not None


@pytest.mark.parametrize(
    ("name", "rows"), [(name, [row]) for name, found in EXAMPLES for row in found if name != "oasst messages"]
)
def test_no_row_vanishes_under_random_damage(read, name, rows):
    rng = random.Random(0)
    text = [json.dumps(damaged(rows[0], rng)) for _ in range(400)]
    text = [line[: rng.randint(1, len(line))] if rng.random() < 0.1 else line for line in text]
    pairs, left_out = read("\n".join([lines(PAIR | {"output": "whole"}).strip(), *text]))
    whole = left_out[~left_out.part]
    assert len(pairs) + len(whole) == 401
    assert whole.row.is_unique
    assert not any(looks_like_python(text) for pair in pairs for text in pair)


def test_no_message_vanishes_under_random_damage(read):
    rng = random.Random(0)
    names = [f"m{n}" for n in range(400)]
    parents = [rng.choice(ODD) if rng.random() < 0.1 else rng.choice([None, None, *rng.choices(names, k=2)]) for _ in names]
    texts = [f"Text {name}." for name in names]
    rows = zip(names, parents, texts, strict=True)
    text = [json.dumps(message(*row, rank=rng.choice((0, 0, 1, None)))) for row in rows]
    pairs, left_out = read("\n".join(text))

    parent_of = dict(zip(names, parents, strict=True))

    def top(name: str) -> str | None:
        """The first message of the tree above a message; None if no first message can be reached."""
        for _ in names:
            if missing(parent_of[name]):
                return name
            if not isinstance(parent_of[name], str) or parent_of[name] not in parent_of:
                return None
            name = parent_of[name]
        return None

    first = {name for name in names if top(name) == name}
    astray = {name for name in names if top(name) is None}
    whole = {names[row - 1] for row in left_out[~left_out.part].row}
    asked = {text.removeprefix("Text ").removesuffix(".") for text, _ in pairs}
    assert len(pairs) > 20
    assert len(astray) > 20
    assert astray | first == whole | asked
    assert not whole & asked


def test_a_pair_with_other_line_ends_is_the_same_pair(tmp_path):
    ends = [
        {"instruction": f"Name a river.{end}In Italy.", "output": f"The Po.{end}It is long."} for end in ("\r\n", "\n", "\r")
    ]
    (tmp_path / "pairs.jsonl").write_text(lines(*ends))
    found, left_out = seed_pairs.read(tmp_path / "pairs.jsonl")
    assert list(found.instruction) == ["Name a river.\nIn Italy."] and list(found.output) == ["The Po.\nIt is long."]
    assert list(left_out.reason) == ["repeated", "repeated"]


def test_no_instruction_of_a_held_out_pair_is_trained_on():
    asked = [f"Name river {n % 100}{'.' if n < 150 else '?'}" for n in range(300)]
    pairs = pd.DataFrame({"instruction": asked, "output": [f"River {n}." for n in range(300)]})
    seed, held_out = seed_pairs.split(pairs, SeedModels(held_out=59), draw=0)
    numbers = [set(part.instruction.str.extract(r"(\d+)")[0]) for part in (seed, held_out)]
    assert len(held_out) == 57 and len(seed) == 243 and not numbers[0] & numbers[1]
    one = pairs.assign(instruction="Name a river.")
    assert len(seed_pairs.split(one, SeedModels(held_out=59), draw=0)[1]) == 0


@pytest.mark.parametrize("draw", [0, 1, 7])
def test_where_no_instruction_is_repeated_the_held_out_pairs_are_a_plain_sample(draw):
    pairs = pd.DataFrame({"instruction": [f"Name river {n}." for n in range(90)], "output": "Po"}, index=range(5, 95))
    seed, held_out = seed_pairs.split(pairs, SeedModels(held_out=12), draw=draw)
    assert list(held_out.instruction) == list(pairs.sample(12, random_state=draw).sort_index().instruction)
    assert list(seed.instruction) == [x for x in pairs.instruction if x not in set(held_out.instruction)]
