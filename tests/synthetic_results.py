"""SYNTHETIC results, in the shapes that the figures read: numbers drawn at random around chosen means, measured by nobody."""

import numpy as np
import pandas as pd

KINDS = [f"{thing}_{form}" for thing in ("river", "planet", "poem", "recipe", "metal", "island") for form in ("card", "list")]


def grades(
    means: dict[tuple, float], columns: tuple[str, ...], *, prompts: int = 8, draws: int = 3, seed: int = 0
) -> pd.DataFrame:
    """Grades of models, named by ``columns``, around their means; families and prompts are easier or harder for all alike."""
    rng = np.random.default_rng(seed)
    ease = {(kind, p): rng.normal(0, 0.08) + shift for kind, shift in _shifts(rng) for p in range(prompts)}
    rows = [
        (*name, draw, f"{kind}-{p}", kind, float(np.clip(mean + easy + rng.normal(0, 0.12), 0, 1)))
        for name, mean in means.items()
        for draw in range(draws)
        for (kind, p), easy in ease.items()
    ]
    return pd.DataFrame(rows, columns=[*columns, "draw", "prompt_id", "family", "score"])


def _shifts(rng: np.random.Generator) -> list[tuple[str, float]]:
    return [(kind, rng.normal(0, 0.1)) for kind in KINDS]


def by_size(slopes: dict[str, tuple[float, float]], sizes: tuple[int, ...] = (75, 150, 300, 600), **options) -> pd.DataFrame:
    """Grades with dataset and pairs: mean at the first size and gain for each e-fold, by data set."""
    means = {
        (name, size): start + gain * float(np.log(size / sizes[0])) for name, (start, gain) in slopes.items() for size in sizes
    }
    return grades(means, ("dataset", "pairs"), **options)


def selections(rates: dict[str, tuple[float, float]], *, n: int = 300, good: float = 0.4, seed: int = 0) -> pd.DataFrame:
    """Pairs and who selected them: the chance to select a good and a bad one, by selector."""
    rng = np.random.default_rng(seed)
    right, family = rng.random(n) < good, rng.choice(KINDS, n)
    rows = [
        (name, f"pair-{i}", bool(rng.random() < (hit if right[i] else miss)), bool(right[i]), family[i])
        for name, (hit, miss) in rates.items()
        for i in range(n)
    ]
    return pd.DataFrame(rows, columns=["selector", "pair_id", "selected", "good", "family"])


def pairs(*, seed: int = 0) -> pd.DataFrame:
    """Texts of three data sets: dataset, instruction, output."""
    rng = np.random.default_rng(seed)
    asks = [
        "Write a story about {}.", "Write an essay on {}.", "Write a short poem about {}.", "Give me a list of {}.",
        "Describe the history of {}.", "Can you suggest a recipe with {}?", "Explain the meaning of {}.", "What is {}?",
        "Summarize the article on {}.", "Compare the prices of {}.", "Create a table of {}.", "Who found {}?",
        "Please give some tips for {}.", "How do I make a chart of {}?", "Name two rivers near {}.",
    ]  # fmt: skip
    rows = []
    for dataset, n, chars in (("seed", 200, 300), ("A_5^(2)", 400, 420), ("all augmented", 900, 500)):
        weight = rng.dirichlet(np.ones(len(asks)))
        for ask in rng.choice(asks, n, p=weight):
            about = "tea " * int(rng.integers(1, 20))
            rows.append((dataset, ask.format(about.strip()), "x" * int(rng.normal(chars, chars / 4))))
    return pd.DataFrame(rows, columns=["dataset", "instruction", "output"])


def every_input() -> dict[str, dict]:
    """Arguments of each figure of the paper, by its name."""
    lines = {"without curation": (0.14, 0.0), "A_4": (0.16, 0.03), "A_5": (0.2, 0.045)}
    together = {
        "seed only": (0.2, 0.03),
        "augmented, no curation": (0.1, 0.0),
        "augmented, curated": (0.15, 0.03),
        "joint": (0.22, 0.05),
    }
    modes = {("tags", "both"): 0.3, ("tags", "seed"): 0.22, ("tags", "none"): 0.2, ("none", "none"): 0.24}
    chosen = {"M_0": (0.3, 0.15), "M_1": (0.6, 0.2), "oracle": (0.95, 0.02)}
    arms = {("M_0",): 0.2, ("M_1",): 0.31, ("M_2",): 0.3}
    return {
        "data_statistics": {"ours": pairs()},
        "diversity": {"ours": pairs()},
        "quality": {"ours": by_size(lines)},
        "efficiency": {"ours": by_size({"A_5 and seed": (0.22, 0.045), "seed only": (0.2, 0.03), "uncurated": (0.16, 0.0)})},
        "scaling": {"ours": by_size(lines)},
        "joint": {"ours": by_size(together)},
        "selection": {"ours": selections(chosen), "grades": grades({(name,): 0.2 for name in chosen}, ("selector",))},
        "tags": {"ours": grades(modes, ("training", "mode"))},
        "improved_prompts": {"ours": grades(arms, ("arm",))},
        "iterations": {"ours": grades(arms, ("arm",))},
    }
