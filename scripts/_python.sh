# Sourced by the other scripts, in the top folder: finds a Python and makes .venv of it.

find_python() {
  local candidate
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  echo "Python 3.11 or newer is needed" >&2
  return 1
}

# One that was left half made, or whose Python is gone, is made again.
make_venv() {
  local python
  .venv/bin/python -m pip --version >/dev/null 2>&1 && return 0
  python=$(find_python) || return 1
  "$python" -m venv --clear .venv
}
