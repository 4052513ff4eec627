#!/bin/sh
# Finds a Python that can run DLD and hands over to tools/install.py, with the sets to install.
# PYTHON=/path/to/python overrides the search. Run from the top folder.

# A name on the PATH proves nothing: version managers leave shims that fail.
in_range='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
complete="import ensurepip, venv; $in_range"
works() {
    "$1" -c "$2" >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    works "$PYTHON" "$in_range" && exec "$PYTHON" tools/install.py "$@"
    echo "dld: PYTHON=$PYTHON is not a working Python 3.11, 3.12 or 3.13" >&2
    exit 1
fi

works .venv/bin/python "$in_range" && exec .venv/bin/python tools/install.py "$@"

# The first that can also make virtual environments, else any: install.py says what it lacks.
for probe in "$complete" "$in_range"; do
    for python in python3.13 python3.12 python3.11 python3; do
        works "$python" "$probe" && exec "$python" tools/install.py "$@"
    done
done
echo "dld: no working Python 3.11, 3.12 or 3.13 found; install one, or name it: make run PYTHON=/path/to/python" >&2
exit 1
