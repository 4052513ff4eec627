"""The daemon. Its matrices are small: a second BLAS thread only spins, 109 ms a cycle for 81.
Arrow's own pool would keep 9 MB of what it was given, and another 4 MB for being there. Its ways
into clouds, which it loads with Parquet, are 4 MB; ours are not Arrow's."""

import os

from pipeline.memory import leave_out

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before anything imports numpy
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # ... or pyarrow
leave_out("pyarrow._s3fs", "pyarrow._gcsfs", "pyarrow._azurefs", "pyarrow._hdfs")
