"""Synthetic pairs of the paper's lengths for the tests and benchmarks of the panels."""

import numpy as np
import pandas as pd
import pyarrow as pa

TEXT = (
    "a an the of to in on with from that this each which when how before after water light heat cell river metal storm "
    "harvest planet ledger bridge garden signal market method record measure number steady narrow bright early common "
    "keep turn boil settle compare describe explain write count carry join follow protect gather store press"
)
WORDS = TEXT.split()
TOPICS = ["Rivers", "Bread", "Bridges", "Lenses", "Clocks", "Soil", "Tides", "Glass"]
JUDGES = [("rating", 1), ("rating", 2), ("log p(y|x)", 1), ("log p(x|y)", 1)]


def synthetic_pairs(n: int, *, seed: int = 0, chars: int = 1_700) -> pd.DataFrame:
    """`n` pairs whose outputs have `chars` characters on average (log-normal, as web segments are)."""
    rng = np.random.default_rng(seed)
    long = " ".join(rng.choice(WORDS, 400_000))
    sizes = np.clip(rng.lognormal(np.log(chars) - 0.125, 0.5, n), 80, 8 * chars).astype(int)
    starts = rng.integers(0, len(long) - sizes.max(), n)
    topics = rng.choice(TOPICS, n)
    frame = {
        "pair_id": [f"{i:016x}" for i in range(n)],
        "instruction": [f"Explain item {i} about {topics[i].lower()}: {long[s : s + 60]}" for i, s in enumerate(starts)],
        "output": [f"{topics[i]}. {long[s : s + size]}" for i, (s, size) in enumerate(zip(starts, sizes, strict=True))],
        "header_path": [f"Guide > {topic} > Basics" for topic in topics],
        "url": [f"https://example.org/{topic.lower()}/{i}" for i, topic in enumerate(topics)],
        "segment_id": [f"s{i:015x}" for i in range(n)],
        "source": rng.choice(["web-a", "web-b"], n),
        "finish": rng.choice(["eos", "length"], n, p=[0.9, 0.1]),
        "hygiene": rng.choice(["", "echo", "copy,long"], n, p=[0.8, 0.1, 0.1]),
    }
    columns = {name: pd.array(pa.array(values), dtype="str") for name, values in frame.items()}
    return pd.DataFrame(columns | {"tokens": rng.integers(8, 60, n)})


def synthetic_ratings(pairs: pd.DataFrame, *, seed: int = 0, unrated: float = 0.02) -> pd.DataFrame:
    """Ratings of every pair by every judge of `JUDGES`; some replies could not be read."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=len(pairs))
    frames = []
    for judge, iteration in JUDGES:
        noisy = quality + rng.normal(size=len(pairs))
        score = np.clip(3 + noisy, 1, 5) if judge == "rating" else -2 + 0.4 * noisy
        score = np.where(rng.random(len(pairs)) < unrated, np.nan, score)
        frames.append(pd.DataFrame({"pair_id": pairs["pair_id"], "judge": judge, "iteration": iteration, "score": score}))
    ratings = pd.concat(frames, ignore_index=True)
    return ratings.assign(mass=0.97, raw="The answer is complete. Score: 4")


def synthetic_reference(*, seed: int = 0, n: int = 200) -> pd.DataFrame:
    """Scores of seed pairs (high) and of shuffled pairs (low) by every judge of `JUDGES`."""
    rng = np.random.default_rng(seed)
    rows = []
    for judge, iteration in JUDGES:
        middle, scale = (3, 1) if judge == "rating" else (-2, 0.4)
        for source, shift in (("seed", 1.2), ("shuffled", -1.5)):
            values = middle + scale * (shift + 0.7 * rng.normal(size=n))
            rows += [(f"{source}-{i}", judge, iteration, source, value) for i, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["pair_id", "judge", "iteration", "source", "score"])


HOSTILE = {
    "script": "<script>window.hacked = 1</script>",
    "handler": "<img src=x onerror='window.hacked = 1'>",
    "breakout": "'\"></div></td></table><svg onload=window.hacked=1>",
    "style": "</style><style>body { display: none }</style>",
    "entity": "&lt;b&gt; &amp;amp; &#x3c;script&#x3e;",
    "ansi": "\x1b[31mred\x1b[0m \x00\x07\x9b",
    "bidi": "price \u202e001 $\u202c paid \u2066x\u2069",
    "hidden": "zero\u200bwidth \u2028 line \ufeff",
    "stacked": "z" + "\u0335\u0321" * 400,
    "long": "x" * 1_000_000,
    "lines": "line\n" * 100_000,
}
"""Texts of the web at its worst, by what they try."""


def hostile_pairs() -> pd.DataFrame:
    """One pair for each hostile text, which stands in every column that a page or a model could have written."""
    texts = list(HOSTILE.values())
    names = ["instruction", "output", "header_path", "hygiene", "source", "finish"]
    columns = dict.fromkeys(names, texts) | {"pair_id": list(HOSTILE), "tokens": 1}
    urls = [
        "javascript:window.hacked=1",
        "data:text/html,<script>window.hacked=1</script>",
        "https://e.org/'onclick='x",
    ]
    return pd.DataFrame(columns | {"url": (urls + texts)[: len(texts)]})


def synthetic_truth(pairs: pd.DataFrame, ratings: pd.DataFrame, *, seed: int = 0) -> pd.Series:
    """Which pairs are right: more often the better rated ones."""
    rng = np.random.default_rng(seed)
    score = ratings.query("judge == 'rating' and iteration == 1").set_index("pair_id")["score"].reindex(pairs["pair_id"])
    return (score.fillna(1) + rng.normal(size=len(pairs)) > 3).rename("right")
