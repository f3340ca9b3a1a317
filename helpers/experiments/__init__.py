"""Comparison arms: which pairs they pick (``arms``), how they are trained side by side (``jobs``), how one run's arms are put
together (``plan``), and what is said of the grades (``report``)."""
