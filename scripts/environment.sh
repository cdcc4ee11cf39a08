# Sourced by demo, test and bench: finds a Python, makes the virtual environment, installs from a hashed lock.
# Sets ROOT, VENV (with everything in it) and ELSEWHERE (where data goes that the checkout cannot hold; else empty).

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
child=""
trap 'stop_child; exit 130' INT
trap 'stop_child; exit 143' TERM

stop_child() {
  if [ -n "$child" ]; then kill "$child" 2>/dev/null; wait "$child" 2>/dev/null; fi
  return 0
}

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

step() { # TEXT COMMAND...: one line per step with its seconds; the command's output only when it fails
  local text=$1 start=$SECONDS log status=0
  shift
  log=$(mktemp)
  printf '  %-46s' "$text" >&2
  "$@" >"$log" 2>&1 </dev/null & # in the background, so that a signal is answered at once
  child=$!
  wait "$child" || status=$?
  child=""
  if [ "$status" -ne 0 ]; then
    printf 'failed\n' >&2
    cat "$log" >&2
    rm -f "$log"
    exit "$status"
  fi
  rm -f "$log"
  printf '%4s s\n' "$((SECONDS - start))" >&2
}

find_python() { # prints a Python that can make our environment
  local candidate saw="" why="import sys, venv; sys.exit(sys.version_info < (3, 11))"
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    "$candidate" -c "$why" >/dev/null 2>&1 || continue
    saw=$candidate
    "$candidate" -c "import ensurepip" >/dev/null 2>&1 || continue
    command -v "$candidate"
    return
  done
  [ -z "$saw" ] || die "$saw cannot make virtual environments: install its venv module (Debian: apt install python3-venv)"
  die "Python 3.11 or newer is needed, and there is none on PATH ($(python3 --version 2>&1 || true))"
}

open_to_others() { # DIR: whether any user may enter it and every folder above it
  local folder=$1
  while :; do
    [ -n "$(find "$folder" -maxdepth 0 -perm -005)" ] || return 1
    [ "$folder" != / ] || return 0
    folder=$(dirname "$folder")
  done
}

# Postgres refuses to run as root, so its wheel runs it as a system user `pgserver`, and to let that user in opens
# every folder above the data and above its own binaries to everybody. /root must stay shut: go elsewhere.
ELSEWHERE=""
if [ "$(id -u)" = 0 ] && ! open_to_others "$ROOT"; then
  ELSEWHERE=/var/lib/mltui/$(basename "$ROOT")-$(printf %s "$ROOT" | cksum | cut -d' ' -f1)
fi
VENV=${ELSEWHERE:-$ROOT}/.venv
[ -z "$ELSEWHERE" ] || VENV=$ELSEWHERE/venv

fingerprint() { # LOCK: what the environment depends on
  printf '%s %s\n' "$1" "$(cat "$ROOT/scripts/requirements/$1.txt" "$ROOT/pyproject.toml" <(echo "$ROOT $VENV") | cksum)"
}

is_fresh() { # LOCK: whether the environment already is what the lock says; dev pins everything that demo does
  local have lock
  "$VENV/bin/python" -c "" 2>/dev/null || return 1
  have=$(cat "$VENV/.installed" 2>/dev/null) || return 1
  for lock in "$1" dev; do
    [ "$have" != "$(fingerprint "$lock")" ] || return 0
  done
  return 1
}

is_ours() { # whether we made what is there: somebody's own environment is not to be replaced
  [ ! -e "$VENV" ] || [ -e "$VENV/.made-by-scripts" ] || [ -e "$VENV/.installed" ]
}

make_environment() { # LOCK (demo or dev)
  ! is_fresh "$1" || return 0
  is_ours || die "$VENV is an environment of your own, and these scripts make theirs there: move yours elsewhere first"
  local python packages mask
  mask=$(umask)
  # `pgserver` must be able to read what root installs, its libraries foremost.
  [ "$(id -u)" != 0 ] || umask 022
  if ! "$VENV/bin/python" -c "" 2>/dev/null; then
    python=$(find_python)
    # Ours from the first moment: broken off in the middle, it is begun anew and taken for nobody else's.
    rm -rf "$VENV"
    mkdir -p "$VENV"
    : >"$VENV/.made-by-scripts"
    step "environment from $("$python" --version)" "$python" -m venv "$VENV"
  fi
  rm -f "$VENV/.installed"
  local pip=("$VENV/bin/python" -m pip --quiet --disable-pip-version-check --no-input install)
  "$VENV/bin/python" -m pip --version >/dev/null 2>&1 || step "pip" "$VENV/bin/python" -m ensurepip
  packages=$(grep -c '^[a-z]' "$ROOT/scripts/requirements/$1.txt")
  step "$packages packages, each checked by hash" "${pip[@]}" --require-hashes -r "$ROOT/scripts/requirements/$1.txt"
  step "mltui itself" "${pip[@]}" --no-deps --no-build-isolation -e "$ROOT"
  fingerprint "$1" >"$VENV/.installed"
  umask "$mask"
}
