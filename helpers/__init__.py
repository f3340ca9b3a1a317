"""Instruction backtranslation: the package that the notebooks import."""

import logging
import os

# bitsandbytes warns when it is imported that an optional kernel package is absent. Each worker process would repeat that.
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)

# oneDNN compiles a kernel for each shape of matrices and keeps 1,024 of them. Rows of many lengths have many shapes: with its
# default, 200 steps of training on a CPU hold a gigabyte of kernels that are hardly used again. It reads this once.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")
