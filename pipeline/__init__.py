"""The daemon. Its matrices are small: a second BLAS thread only spins, 109 ms a cycle for 81."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before anything imports numpy
