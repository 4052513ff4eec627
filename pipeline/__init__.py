"""The daemon. Its matrices are small: a second BLAS thread only spins, 109 ms a cycle for 81.
Arrow's own pool would keep 9 MB of what it was given, and another 4 MB for being there."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before anything imports numpy
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # ... or pyarrow
