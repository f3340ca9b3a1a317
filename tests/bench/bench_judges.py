"""Two promises about judges, on a finished run of the mini web, where the truth about every candidate is known.

    python tests/bench/bench_judges.py --run tiny

1. A threshold for 90 % precision that is chosen on one half of the candidates has 85 to 95 % on the other, or is refused: by
   each judge that rated, on 20 random halves.
2. The judge that the check names before anything is rated is the one with the best AUC against the truth: of the judges that
   rated, on 5 random halves of the candidates and of the seed pairs that the check rests on.
"""

import argparse

import numpy as np
import pandas as pd

from helpers import curation, presets, runs, stats
from helpers.experiments import judged, judges
from helpers.judging import check
from helpers.stats.calibration import calibrate

SPLITS, HALVES, WISHED = 20, 5, 0.9


def thresholds(scored: pd.DataFrame, good: pd.Series) -> pd.DataFrame:
    """By judge: splits refused, splits with a threshold whose precision on the other half is 85 to 95 %, and others."""
    rows = []
    for judge in scored:
        pairs = pd.DataFrame({"score": scored[judge], "good": good.reindex(scored.index)}).dropna()
        pairs = pairs.astype({"score": float, "good": bool})
        found = [calibrate(pairs, WISHED, resamples=1, seed=seed)[1] for seed in range(SPLITS)]
        reached = [each.value["precision"] for each in found if each is not None]
        kept = sum(abs(value - WISHED) <= 0.05 for value in reached)
        refused = SPLITS - len(reached)
        rows.append((judge, refused, kept, len(reached) - kept, refused + kept))
    return pd.DataFrame(rows, columns=["judge", "refused", "within 85-95 %", "outside", f"kept promises of {SPLITS}"])


def named(ratings: pd.DataFrame, scored: pd.DataFrame, good: pd.Series) -> pd.DataFrame:
    """By half: the judge that the check names, the best one against the truth, and their AUC against it."""
    rows = []
    for seed in range(HALVES):
        rng = np.random.default_rng(seed)
        of = ratings.of.unique()
        half = ratings[ratings.of.isin(rng.choice(of, len(of) // 2, replace=False))]
        trusted = curation.trusted(check.table(half, names=list(scored))).index
        own = good.sample(frac=0.5, random_state=seed)
        auc = {judge: stats.auc(*(scored[judge].reindex(own.index[own == kind]) for kind in (True, False))) for judge in scored}
        best = max(auc, key=auc.get)
        first = trusted[0] if len(trusted) else "none"
        rows.append((first, best, auc.get(first, np.nan), auc[best], first == best))
    return pd.DataFrame(rows, columns=["the check names", "best against the truth", "its AUC", "best AUC", "same"])


def main() -> None:
    """Measure both promises and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default="tiny")
    parser.add_argument("--pairs", type=int, default=60, help="seed pairs that the check rests on")
    args = parser.parse_args()
    told = runs.settings(args.run)
    preset = presets.of_run(args.run, told["preset"], told["draw"])
    known = judged.known(args.run, preset)
    scored = judged.scores(args.run, 1)
    print(f"{args.run}: {len(known.good):,} candidates, {known.good.mean():.0%} right, by {known.source}\n")
    print(thresholds(scored, known.good).to_string(index=False), "\n")
    for model in ("base", "M_0"):
        found = judges.check(preset, tuple(scored), run=args.run, model=model, most=args.pairs)
        halves = named(found.ratings, scored, known.good)
        print(f"checked with {model}: {found.findings}\n{halves.round(3).to_string(index=False)}")
        print(f"named the best in {halves.same.sum()} of {HALVES}\n")


if __name__ == "__main__":
    main()
