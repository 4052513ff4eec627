"""Keeps out of this process what its libraries would load only because it is installed: 13 MB.

PyJWT loads cryptography, which HS256 has no use for (so no other algorithm can be meant either),
httpx the parts of its command, uvicorn its reloader. Imported first by `ebs.__main__` alone.
"""

import sys

NOT_HERE = ("cryptography", "rich", "pygments", "watchfiles")

for name in NOT_HERE:
    sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # an import of it fails
