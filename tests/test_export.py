"""Exports are read back, row by row, by the tools that they are made for, and hostile text in them stays text."""

import json
import shlex
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pandas as pd
import pytest
import yaml

from helpers import export, paper, presets, runs, tables
from helpers.experiments import exporting
from helpers.export import cards

HOSTILE = [
    'a "quoted"\nline\r\nwith\ttabs \\ and / and </script>',
    "{{ config }} {% for x in y %} ${HOME} `id` | pipe",
    "---\nlicense: mit\n---\n# A heading\n[link](javascript:alert(1)) <img src=x onerror=alert(1)>",
    "line\u2028and paragraph\u2029separators, next\u0085line, \x00 nul, \ufeff mark",
    "😀 한국어 العربية עברית e\u0301",
]


@pytest.fixture
def curated() -> pd.DataFrame:
    """Five kept pairs with hostile texts and everything that is known of them."""
    return pd.DataFrame(
        {
            "pair_id": [f"p{i}" for i in range(5)],
            "segment_id": [f"s{i}" for i in range(5)],
            "instruction": HOSTILE,
            "output": HOSTILE[::-1],
            "url": ["https://a.example/x", "https://a.example/y", "http://[broken", "", None],
            "file": "pages.warc.gz",
            "offset": range(0, 500, 100),
            "header_path": [("A", "B"), (), ("C",), ("D",), ("E",)],
            "score": [0.1, 1 / 3, None, 4.0, 5.0],
            "kept": True,
            "reason": "kept",
        }
    )


@pytest.fixture(scope="session")
def reader(request):
    """Runs Python code that uses other tools' packages, installed once into pytest's cache on top of this environment.

    The code prints JSON on its last line. The test is skipped where the packages cannot be had.
    """
    folder = Path(request.config.cache.mkdir("readers"))
    python = folder / "bin" / "python"
    if not python.exists():
        venv.EnvBuilder(with_pip=False).create(folder)
        site = next((folder / "lib").glob("python*")) / "site-packages"
        (site / "under.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")  # torch is taken from there, not installed

    def read(code: str, *arguments: str | Path, packages: list[str]):
        names = ", ".join(package.split("<")[0] for package in packages)
        if subprocess.run([python, "-c", f"import {names}"], capture_output=True).returncode:
            command = [sys.executable, "-m", "pip", "--python", python, "install", "-q", *packages, "setuptools<81"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=500)
            if done.returncode:
                pytest.skip(f"{names} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
        done = subprocess.run([python, "-c", code, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return read


def texts_of(row: dict) -> tuple[str, str]:
    """Instruction and output of a row in any form."""
    if "messages" in row:
        return tuple(turn["content"] for turn in row["messages"])
    if "prompt" in row:
        return row["prompt"][0]["content"], row["completion"][0]["content"]
    return row["instruction"], row["output"]


# --- Pairs ----------------------------------------------------------------------------------------------------------

LOAD = """
import json, sys, datasets
rows = datasets.load_dataset(sys.argv[1], split="train", cache_dir=sys.argv[2])
print(json.dumps([rows.column_names, list(rows)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", [form.name for form in export.FORMS])
def test_datasets_reads_every_form_with_equal_rows_and_columns(curated, tmp_path, reader, form):
    wanted = ["pair_id", "score", "header_path"]
    folder = export.dataset(curated, tmp_path / "out", form, title=HOSTILE[2], columns=wanted)
    names, rows = reader(LOAD, folder, tmp_path / "cache", packages=["datasets<6"])
    own = {
        "messages": ["messages"],
        "prompt_completion": ["prompt", "completion"],
        "alpaca": ["instruction", "input", "output"],
    }
    assert set(names) == {*own.get(form, ["instruction", "output"]), *wanted}
    assert [texts_of(row) for row in rows] == list(zip(curated.instruction, curated.output, strict=True))
    assert [row["pair_id"] for row in rows] == list(curated.pair_id)
    # datasets reads a JSON list through pandas, which keeps ten digits
    assert [row["score"] for row in rows] == [0.1, pytest.approx(1 / 3, abs=1e-9 if form == "alpaca" else 0), None, 4.0, 5.0]
    assert [row["header_path"] for row in rows] == [list(path) for path in curated.header_path]


TRAIN = """
import json, sys, datasets, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer
rows = datasets.load_dataset("json", data_files=sys.argv[1], split="train", cache_dir=sys.argv[3])
tokenizer = AutoTokenizer.from_pretrained(sys.argv[2])
tokenizer.chat_template = (
    "{% for m in messages %}{{ m.role }}: {% if m.role == 'assistant' %}{% generation %}{{ m.content + eos_token }}"
    "{% endgeneration %}{% else %}{{ m.content + '\\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)
settings = SFTConfig(
    output_dir=sys.argv[3], max_steps=1, per_device_train_batch_size=1, report_to=[], use_cpu=True, max_length=None,
    assistant_only_loss="messages" in rows.column_names, bf16=False, save_strategy="no", disable_tqdm=True,
)
net = AutoModelForCausalLM.from_pretrained(sys.argv[2])
trainer = SFTTrainer(net, settings, train_dataset=rows, processing_class=tokenizer)
learned = []
for row in trainer.train_dataset:
    labels = trainer.data_collator([row])["labels"][0]
    learned.append(tokenizer.decode(labels[labels != -100]))
trainer.train()
print(json.dumps(learned))
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["messages", "prompt_completion"])
def test_trl_trains_on_the_outputs_and_on_nothing_else(tiny_base, tmp_path, reader, form):
    frame = pd.DataFrame({"instruction": ["Name a colour.", "Add 1 and 2."], "output": ["It is blue.", "The sum is 3."]})
    path = export.pairs(frame, tmp_path / "rows.jsonl", form)
    learned = reader(TRAIN, path, tiny_base, tmp_path / "trl", packages=["datasets<6", "trl<2"])
    for text, pair in zip(learned, frame.itertuples(), strict=True):
        assert text.startswith(pair.output) and pair.instruction not in text


def test_jsonl_has_one_row_a_line_and_alpaca_is_one_list(curated, tmp_path):
    lines = export.pairs(curated, tmp_path / "a" / "rows.jsonl").read_text("utf-8").splitlines()
    assert [texts_of(json.loads(line)) for line in lines] == list(zip(curated.instruction, curated.output, strict=True))
    rows = json.loads(export.pairs(curated, tmp_path / "rows.json", "alpaca").read_text("utf-8"))
    assert [row["input"] for row in rows] == [""] * 5 and [texts_of(row)[0] for row in rows] == HOSTILE


def test_parquet_keeps_every_column_from_the_page_to_the_decision(curated, tmp_path):
    ratings = pd.DataFrame(
        [("p0", "rating", 4.2, "Score: 4"), ("p0", "log p(y|x)", -1.5, None), ("p1", "rating", None, "no score")],
        columns=["pair_id", "judge", "score", "raw"],
    )
    path = export.pairs(export.provenance(curated, ratings), tmp_path / "rows.parquet", "parquet")
    read = pd.read_parquet(path)
    assert list(read.columns) == [*curated.columns, "ratings"]
    assert list(read.ratings[0]) == [
        {"judge": "rating", "score": 4.2, "raw": "Score: 4"},
        {"judge": "log p(y|x)", "score": -1.5, "raw": None},
    ]
    assert read.ratings[1][0]["score"] is None and len(read.ratings[2]) == 0
    assert list(read.offset) == list(curated.offset) and list(read.header_path[0]) == ["A", "B"]


@pytest.mark.parametrize("form", export.FORMS, ids=lambda form: form.name)
def test_half_a_character_is_replaced_and_a_split_one_is_joined(tmp_path, form):
    frame = pd.DataFrame({"instruction": ["lone \ud800 half"], "output": ["\ud83d\ude00"], "more": [["\udfff"]]}, dtype=object)
    path = export.pairs(frame, tmp_path / f"rows{form.suffix}", form.name, columns=["more"])
    row = pd.read_parquet(path).iloc[0] if form.suffix == ".parquet" else json.loads(path.read_text("utf-8").strip())
    row = row[0] if isinstance(row, list) else row
    assert texts_of(row) == ("lone \ufffd half", "😀") and list(row["more"]) == ["\ufffd"]


@pytest.mark.parametrize(
    ("change", "columns", "said"),
    [
        (lambda frame: frame.head(0), [], "no rows"),
        (lambda frame: frame.assign(output=None), [], "5 of 5 rows"),
        (lambda frame: frame.drop(columns="output"), [], "no column output"),
        (lambda frame: frame, ["nothing"], "no column nothing"),
        (lambda frame: frame.assign(messages=1), ["messages"], "writes messages itself"),
        (lambda frame: frame.assign(score=float("-inf")), ["score"], "not JSON compliant"),
    ],
)
def test_what_cannot_be_exported_is_said_and_nothing_is_written(curated, tmp_path, change, columns, said):
    with pytest.raises(ValueError, match=said):
        export.pairs(change(curated), tmp_path / "rows.jsonl", columns=columns)
    assert not (tmp_path / "rows.jsonl").exists()


def test_an_unknown_form_names_those_there_are(curated, tmp_path):
    with pytest.raises(ValueError, match=r"unknown form 'xml'; there are messages, .*parquet"):
        export.pairs(curated, tmp_path / "rows.xml", "xml")


def test_a_failed_write_leaves_the_file_before_in_place(curated, tmp_path, monkeypatch):
    path = export.pairs(curated, tmp_path / "rows.jsonl")
    before = path.read_bytes()
    monkeypatch.setitem(export._WRITERS, ".jsonl", lambda rows, part: part.write_text("half") and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export.pairs(curated.head(2), path)
    assert path.read_bytes() == before


# --- Cards ----------------------------------------------------------------------------------------------------------


def head_and_body(card: str) -> tuple[dict, str]:
    _, head, body = card.split("---\n", 2)
    return yaml.safe_load(head), body


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_one_escaped_line_of_a_card(curated, text):
    facts = {"decision": {"judge": [text], "rule": text, "value": text}, "counts": {text: 3}, "sources": [text]}
    head, body = head_and_body(cards.dataset(curated, title=text, file="data/train.jsonl", form="messages", **facts))
    assert head["license"] == "other" and head["configs"][0]["data_files"][0]["path"] == "data/train.jsonl"
    plain, _ = cards.dataset(curated, title="t", file="f", form="messages", decision=facts["decision"]), None
    assert body.count("\n#") == plain.count("\n#"), "no heading of its own"
    assert "<img" not in body and "{{" not in body and "{%" not in body and "](" not in body


def test_a_data_card_says_source_threshold_judge_counts_licence_and_limits(curated):
    decision = {"judge": ["rating"], "rule": "at_least", "value": 4.5, "made_by": "reader"}
    judged = {"auc": 0.71, "low": 0.65, "high": 0.77, "n": 120}
    card = cards.dataset(
        curated, title="Pairs", file="f", form="messages", decision=decision, judged=judged, counts={"kept": 5, "below": 7}
    )
    body = head_and_body(card)[1].replace("\\", "")
    for said in (
        "rating, rule at_least, value 4.5, set by reader",
        "0.710 [0.650, 0.770], n = 120",
        "below: 7",
        "a.example (2)",
    ):
        assert said in body
    assert "To be filled in" in body and "## Known limits" in body
    bare = head_and_body(cards.dataset(curated[["instruction", "output"]], title="Pairs", file="f", form="messages"))[1]
    assert "was not measured" in bare and "is not stated" in bare and "Fill in where the texts come from" in bare


@pytest.mark.parametrize(("rows", "size"), [(5, "n<1K"), (1_000, "1K<n<10K"), (195_043, "100K<n<1M"), (10**6, "1M<n<10M")])
def test_size_categories_are_the_hubs(rows, size):
    assert cards._size(rows) == size


# --- Adapters -------------------------------------------------------------------------------------------------------


def test_plain_peft_loads_an_exported_adapter_and_answers_alike(four_bit, dense, tiny_base, tmp_path):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    dense.add("m0", rank=4, alpha=8, seed=3)
    with torch.no_grad():
        for name, weight in dense.net.named_parameters():
            if "lora_B" in name:
                weight.normal_(generator=torch.Generator().manual_seed(len(name)))
    dense.save("m0", tmp_path / "stage")
    template = "```\n{{ instruction }}"
    out = export.adapter(tmp_path / "stage", tmp_path / "out", title="M_0", base=str(tiny_base), template=template)
    assert {path.suffix for path in out.iterdir()} == {".safetensors", ".json", ".md"}
    plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32), out)
    ids = torch.arange(20)[None]
    with torch.no_grad(), dense.using("m0") as net:
        wanted, base = net(ids).logits, four_bit.net(ids).logits
        assert torch.allclose(plain(ids).logits, wanted, atol=1e-5)
        assert not torch.allclose(base, wanted, atol=1e-2)
    assert f"````text\n{template}\n````" in (out / "README.md").read_text("utf-8")


def test_an_adapter_card_names_a_base_of_the_hub_and_no_folder(tmp_path):
    told = {"base_model_name_or_path": "HuggingFaceTB/SmolLM2-135M", "r": 8, "lora_alpha": 16, "lora_dropout": 0.1}
    assert head_and_body(cards.adapter(told, title="M"))[0]["base_model"] == "HuggingFaceTB/SmolLM2-135M"
    assert "base_model" not in head_and_body(cards.adapter(told | {"base_model_name_or_path": "/a/b c"}, title="M"))[0]


def test_a_folder_without_an_adapter_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="holds no adapter"):
        export.adapter(tmp_path, tmp_path / "out", title="M", base="b")


@pytest.fixture
def finished(kit_artifacts, tiny_base, dense):
    """A finished run `r` on the tiny base, whose M_1 was trained on each seed pair three times."""
    import synthetic_run

    place = synthetic_run.make(kit_artifacts, "r")
    dense.add("m1", rank=2, alpha=4)
    dense.save("m1", place / "05_forward_model-1" / "m1")
    rows = pd.read_parquet(place / "05_forward_model-1" / "training_rows.parquet")
    rows = pd.concat([rows, *[rows[rows.source == "seed"]] * 2])
    rows.to_parquet(place / "05_forward_model-1" / "training_rows.parquet")
    records = {
        "02_seed_models": {"files": {"path": str(tiny_base)}, "config": {"four_bit": True}},
        "06_evaluation": {"inputs": {"05_forward_model-1/m1": tables.digest(place / "05_forward_model-1" / "m1")}},
    }
    for stage, told in records.items():
        path = place / stage / "manifest.json"
        tables.write_json(path, tables.read_json(path) | told)
    tables.write_json(place / "summary.json", {"findings": ["facts: M_1 is better than M_0"]})
    return place


def exported(tmp_path, base: str = "/another/base") -> tuple[dict, str]:
    """The settings and the card of M_1 of the run `r`, whose preset names another base by now."""
    preset = presets.changed(presets.find("tiny"), {"base.path": base, "banner": "A trial."})
    out = exporting.adapter("r", preset, 1, tmp_path / "out")
    return tables.read_json(out / "adapter_config.json"), (out / "README.md").read_text("utf-8")


def test_an_exported_adapter_names_the_base_it_was_trained_on_and_counts_each_pair_once(finished, tiny_base, tmp_path):
    import synthetic_run

    told, card = exported(tmp_path)
    assert told["base_model_name_or_path"] == str(tiny_base)
    assert f"{synthetic_run.SEEDS} seed pairs" in card and f"{synthetic_run.KEPT} web pairs" in card
    assert r"M\_1 is better than M\_0" in card and card.index("A trial.") < card.index(r"M\_1 is better")
    shown = card.partition("## Prompt")[2]
    assert "{instruction}" in shown and paper.SEED_TAG in shown, "the prompt of the evaluation, tags included"


def test_an_adapter_trained_anew_has_no_results_of_the_one_before(finished, tmp_path):
    (finished / "05_forward_model-1" / "m1" / "training.json").write_text("{}")
    assert "None measured." in exported(tmp_path)[1]


def test_an_adapter_whose_base_has_changed_is_not_exported(finished, tmp_path):
    tables.write_json(finished / "05_forward_model-1" / "m1" / "base.json", {"base_hash": "0123"})
    with pytest.raises(runs.ArtifactError, match="was trained on base 0123, and .* is .* now: put that base back"):
        exported(tmp_path)


def test_what_leaves_is_as_the_run_was_told_whatever_the_preset_says_by_now(finished, tmp_path):
    import synthetic_run

    records = {
        "01_corpus": {"files": {"pages": ["/pages/of/the/run"]}},
        "05_forward_model-1": {"config": {"seed_copies": 3, "training": {"max_tokens": 400}}},
    }
    for stage, told in records.items():
        path = finished / stage / "manifest.json"
        tables.write_json(path, tables.read_json(path) | told)
    assert "/pages/of/the/run" in (exporting.dataset("r", 1, "alpaca", tmp_path) / "README.md").read_text("utf-8")
    edited = presets.changed(presets.find("tiny"), {"forward.seed_copies": 2, "forward.training.max_tokens": 1})
    left = pd.read_json(exporting.training_rows("r", edited, 1, tmp_path), lines=True)
    assert len(left) == 3 * synthetic_run.SEEDS + synthetic_run.KEPT


def test_rows_leave_as_the_preset_says_before_a_model_is_trained_on_them(finished, tmp_path):
    import synthetic_run

    (finished / "05_forward_model-1" / "manifest.json").unlink()
    preset = presets.changed(presets.find("tiny"), {"forward.seed_copies": 2})
    left = pd.read_json(exporting.training_rows("r", preset, 1, tmp_path), lines=True)
    assert len(left) == 2 * synthetic_run.SEEDS + synthetic_run.KEPT


def test_a_base_that_was_renamed_is_the_one_that_the_run_names_now_if_it_is_the_same(finished, tiny_base):
    told, path = runs.settings("r"), finished / "02_seed_models" / "manifest.json"
    old = {"files": {"path": str(finished / "gone")}, "inputs": {"path": tables.content_of(tiny_base)}}
    tables.write_json(path, tables.read_json(path) | old)
    tables.write_json(finished / "run.json", told | {"changes": {"base.path": str(tiny_base)}})
    assert exporting.base_of("r").loaded == str(tiny_base)
    tables.write_json(path, tables.read_json(path) | old | {"inputs": {"path": "another"}})
    with pytest.raises(FileNotFoundError):
        exporting.base_of("r")


def test_the_base_of_a_gguf_file_is_named_as_the_folder_that_peft_loads(finished, tiny_base, monkeypatch):
    from helpers.models import gguf

    file = finished / "base.gguf"
    file.touch()
    monkeypatch.setattr(gguf, "converted", lambda path: tiny_base)
    path = finished / "02_seed_models" / "manifest.json"
    tables.write_json(path, tables.read_json(path) | {"files": {"path": str(file)}})
    assert exporting.base_of("r").loaded == str(tiny_base)


# --- Evaluations ----------------------------------------------------------------------------------------------------


def test_answers_stand_in_the_order_of_the_reference(tmp_path):
    prompts = pd.DataFrame({"prompt_id": ["b", "a"], "instruction": ["second?", "first?"], "dataset": ["x", "y"]})
    answers = pd.DataFrame({"prompt_id": ["a", "b", "other"], "text": ["one", HOSTILE[3], "not asked"]})
    path = export.alpaca_eval(answers, prompts, tmp_path / "model_outputs.json", "mine")
    assert json.loads(path.read_text("utf-8")) == [
        {"dataset": "x", "instruction": "second?", "output": HOSTILE[3], "generator": "mine"},
        {"dataset": "y", "instruction": "first?", "output": "one", "generator": "mine"},
    ]


@pytest.mark.parametrize("ids", [["a"], ["a", "b", "b"]])
def test_a_prompt_without_exactly_one_answer_is_named(tmp_path, ids):
    prompts = pd.DataFrame({"prompt_id": ["a", "b"], "instruction": ["?", "?"]})
    with pytest.raises(ValueError, match="1 of 2 prompts .* 'b'"):
        export.alpaca_eval(pd.DataFrame({"prompt_id": ids, "text": "t"}), prompts, tmp_path / "o.json", "mine")


def test_win_rates_of_the_leaderboard_follow_from_its_counts():
    for row in paper.ALPACA_EVAL_RECORDS.rows:
        annotations = [{"preference": 2}] * row.wins + [{"preference": 1.0}] * row.losses + [{"preference": 0}] * row.draws
        found = export.win_rate([*annotations, {"preference": None}])
        assert found["win_rate"] == pytest.approx(row.win, abs=1e-3)
        assert found["standard_error"] == pytest.approx(row.standard_error, abs=0.01)
        assert (found["wins"], found["losses"], found["draws"], found["n"]) == (row.wins, row.losses, row.draws, 804)


JUDGE = """
import json, sys
from alpaca_eval import metrics, utils
answers = utils.load_or_convert_to_dataframe(sys.argv[1])
rates = metrics.pairwise_to_winrate([row["preference"] for row in json.load(open(sys.argv[2]))])
print(json.dumps([answers.to_dict("records"), rates], default=float))
"""


@pytest.mark.slow
def test_alpaca_eval_reads_the_answers_and_counts_the_same_wins(tmp_path, reader):
    prompts = pd.DataFrame({"prompt_id": list("edcba"), "instruction": HOSTILE, "dataset": "synthetic"})
    answers = pd.DataFrame({"prompt_id": list("abcde"), "text": HOSTILE})
    path = export.alpaca_eval(answers, prompts, tmp_path / "model_outputs.json", "mine")
    annotations = [{"preference": value} for value in (1, 2, 2, 1.5, 1.25, 0, None)]
    (tmp_path / "annotations.json").write_text(json.dumps(annotations))
    read, theirs = reader(JUDGE, path, tmp_path / "annotations.json", packages=["alpaca_eval<0.7"])
    assert [(row["instruction"], row["output"]) for row in read] == list(zip(HOSTILE, HOSTILE[::-1], strict=True))
    ours = export.win_rate(annotations)
    assert [ours[name] for name in ("win_rate", "standard_error")] == [theirs["win_rate"], theirs["standard_error"]]
    assert [ours[name] for name in ("losses", "draws", "n")] == [theirs[f"n_{n}"] for n in ("wins_base", "draws", "total")]


def test_a_model_against_itself_wins_half():
    both_orders = [{"preference": 1 + share} for share in (0.2, 0.8, 0.5, 1.0, 0.0)]
    assert export.win_rate(both_orders)["win_rate"] == pytest.approx(50.0, abs=1e-12)


@pytest.mark.parametrize("preferences", [[], [None], [2, 3]])
def test_preferences_off_the_scale_are_refused(preferences):
    with pytest.raises(ValueError, match="preferences"):
        export.win_rate([{"preference": value} for value in preferences])


def test_a_published_win_rate_is_recomputed_from_its_annotations(local_data):
    annotations = json.loads((local_data / "eval/alpaca_eval/guanaco-65b/annotations.json").read_text("utf-8"))
    assert export.win_rate(annotations)["win_rate"] == 71.80124223602485


def test_published_outputs_are_written_as_they_were_published(local_data, tmp_path):
    path = local_data / "eval/alpaca_eval/guanaco-65b/model_outputs.json"
    published = pd.DataFrame(json.loads(path.read_text("utf-8")))
    prompts = published[["instruction", "dataset"]].assign(prompt_id=[f"e{i}" for i in range(len(published))])
    answers = pd.DataFrame({"prompt_id": prompts.prompt_id, "text": published.output}).sample(frac=1, random_state=0)
    written = export.alpaca_eval(answers, prompts, tmp_path / "model_outputs.json", "guanaco-65b")
    assert json.loads(written.read_text("utf-8")) == published[["dataset", "instruction", "output", "generator"]].to_dict(
        "records"
    )


def test_the_command_of_lm_eval_is_safe_to_paste():
    command = export.lm_eval("out/m 2; rm -rf x", base="meta/base", tasks=["piqa"], four_bit=True)
    words = shlex.split(command)
    assert "pretrained=meta/base,peft=out/m 2; rm -rf x,load_in_4bit=True" in words and words[0] == "lm_eval"
    with pytest.raises(ValueError, match="commas"):
        export.lm_eval("a,b", base="base")


COMMAND = """
import json, sys
from lm_eval._cli import HarnessCLI
from lm_eval.tasks import TaskManager
from lm_eval.utils import simple_parse_args_string
sys.argv = ["lm_eval", *sys.argv[1:]]
told = vars(HarnessCLI().parse_args())
model = told["model_args"]
model = simple_parse_args_string(model) if isinstance(model, str) else model
tasks = told["tasks"].split(",") if isinstance(told["tasks"], str) else told["tasks"]
known = set(TaskManager().all_tasks)
print(json.dumps([told["model"], model, told["num_fewshot"], tasks, [task in known for task in tasks]]))
"""


@pytest.mark.slow
def test_lm_eval_reads_the_command_and_knows_every_benchmark(reader):
    words = shlex.split(export.lm_eval("out/m 2", base="meta/base", four_bit=True))
    model, told, shots, tasks, known = reader(COMMAND, *words[1:], packages=["lm_eval<0.5"])
    assert (model, shots, tasks) == ("hf", 0, list(export.LM_EVAL_TASKS)) and all(known)
    assert told == {"pretrained": "meta/base", "peft": "out/m 2", "load_in_4bit": True}
