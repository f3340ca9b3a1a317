"""Comparisons, on one run or on several.

``arms`` and ``rules`` say which pairs an arm picks, ``plan`` puts the arms of a run together, ``jobs`` trains them side by
side, and ``report`` says what the grades show. ``ablation`` does the same on several draws, ``defects`` with known mistakes,
and ``results`` and ``readme`` put what they found into figures and words. ``judges`` checks judges before they rate, and
``judged`` reads what a run left about them. ``overview`` lists and compares runs, and ``exporting`` hands a run's pairs and
models on.
"""
