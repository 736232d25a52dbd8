#!/usr/bin/env bash
# Plants mistakes, one at a time, and checks that the tests notice: see run.py.
exec python3 "$(dirname "$0")/run.py" "$@"
