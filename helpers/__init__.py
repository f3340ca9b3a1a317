"""Instruction backtranslation: the package that the notebooks import."""

import logging
import os

# bitsandbytes warns when it is imported that an optional kernel package is absent. Each worker process would repeat that.
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)

# oneDNN compiles a kernel for each shape of matrices and keeps 1,024 of them. Rows of many lengths have many shapes, so memory
# would grow with every step of training on a CPU. With 32 a step is hardly slower, and it reads this once.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")
