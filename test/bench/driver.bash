# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034,SC2154
#
# Servers and clients come and go. Sourced by test/bench/run.

declare -A state=() port=() client=() to=() from=() held=()
next_port=$((20000 + $$ % 500 * 20))
status=0

say() {
  printf 'bench: %s\n' "$*" >&2
}

die() {
  say "$@"
  exit 1
}

# Says what is wrong with a server, and that the figures are not all there.
fail() { # SERVER REASON
  say "$1: $2"
  [[ ! -e $tmp/$1.log ]] || tail -n 5 "$tmp/$1.log" >&2
  status=1
}

# Sleeps without starting a process.
nap() { # SECONDS
  read -r -t "$1" -u "$nap_fd"
}

# Makes $tmp, and sees to it that all of this is undone at the end.
prepare() {
  [[ -x $BENCH/load ]] || die "$BENCH/load is missing: run make bench"
  tmp=$(mktemp -d) || exit 1
  trap stop_all EXIT
  trap 'exit 130' INT TERM HUP
  mkfifo "$tmp/nap" || die 'cannot make a pipe'
  exec {nap_fd}<>"$tmp/nap"
  # What holds connections open, and what serves them, need many.
  ulimit -n "$(ulimit -Hn)"
  no_cache=()
  ! has_file_cache || no_cache=(--file-cache 0)
  open_groups
  choose_cpus
}

# Gives the servers and this script a CPU each, of those that we may use.
choose_cpus() {
  local cpus

  all_cpus=$(awk '/^Cpus_allowed_list/ {print $2}' /proc/self/status)
  read -r -a cpus < <(awk -v list="$all_cpus" 'BEGIN {
    count = split(list, ranges, ",")
    for (i = 1; i <= count; i++) {
      split(ranges[i], range, "-")
      for (cpu = range[1]; cpu <= (range[2] == "" ? range[1] : range[2]); cpu++)
        printf "%d ", cpu
    }
    printf "\n"
  }')
  CLIENT_CPU=${CLIENT_CPU:-${cpus[0]}}
  SERVER_CPU=${SERVER_CPU:-${cpus[1]:-${cpus[0]}}}
  [[ $CLIENT_CPU != "$SERVER_CPU" ]] ||
    say 'only one CPU: the client disturbs the servers'
  taskset -pc "$CLIENT_CPU" $$ >/dev/null || die "cannot run on CPU $CLIENT_CPU"
}

stop_all() {
  local name

  for name in "${!client[@]}"; do
    kill "${client[$name]}" 2>/dev/null
  done
  for name in "${!pid[@]}"; do
    end_server "$name"
  done
  remove_machines
  close_groups
  rm -rf "$tmp"
}

# ---- Servers ----

is_port_free() { # PORT
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Whether the server is there: starts it when it is asked for the first time.
is_ready() { # SERVER
  [[ -n ${state[$1]:-} ]] || start "$1"
  [[ ${state[$1]} == ready ]]
}

start() { # SERVER
  local program

  state[$1]=failed
  [[ $1 != perch-cache || ${#no_cache[@]} != 0 ]] || {
    say 'perch-cache is left out: there is no --file-cache'
    return 1
  }
  [[ $1 != haproxy-* || $EUID == 0 ]] || {
    say "$1 is left out: it needs root"
    return 1
  }
  for program in $(needs "$1"); do
    command -v "$program" >/dev/null || {
      say "$1 is left out: $program is not there"
      return 1
    }
  done
  until is_port_free "$next_port"; do
    next_port=$((next_port + 1))
  done
  port[$1]=$next_port
  next_port=$((next_port + 1))
  start_server "$1" "${port[$1]}"
  await_server "$1" && state[$1]=ready
}

# Waits until the server has sent the file of 1 KiB.
await_server() { # SERVER
  local tries tls=()

  [[ $1 != *-tls-* ]] || tls=(--tls)
  for ((tries = 0; tries < 100; tries++)); do
    nap 0.03
    echo | "$BENCH/load" 127.0.0.1 "${port[$1]}" --path /1k "${tls[@]}" \
      >/dev/null 2>"$tmp/await" && kill -0 "${pid[$1]}" && return
  done
  fail "$1" "does not serve: $(<"$tmp/await")"
  return 1
}

# ---- Clients, each with a name, which is the server's or begins with it ----

# For a process that we start: a client ends when nobody holds its pipe.
close_pipes() {
  local fd

  for fd in "${to[@]}" "${from[@]}"; do
    exec {fd}>&-
  done
}

start_client() { # NAME PORT LOAD-ARGUMENT...
  local name=$1 in=$tmp/$1.in out=$tmp/$1.out fd

  rm -f "$in" "$out"
  mkfifo "$in" "$out" || die 'cannot make a pipe'
  (
    close_pipes
    exec "$BENCH/load" 127.0.0.1 "${@:2}"
  ) <"$in" >"$out" &
  client[$name]=$!
  exec {fd}>"$in"
  to[$name]=$fd
  exec {fd}<"$out"
  from[$name]=$fd
}

# Has a client send a batch, and sets $answers, $connects, $seconds and
# $latency.
ask_client() { # NAME
  local line=''

  answers=0 connects=0 seconds=0 latency=''
  { echo >&"${to[$1]}"; } 2>/dev/null &&
    read -r -t 120 line <&"${from[$1]}" &&
    [[ $line =~ answers=(.*)\ connects=(.*)\ seconds=(.*)\ latency_us=(.*) ]] ||
    return 1
  answers=${BASH_REMATCH[1]} connects=${BASH_REMATCH[2]}
  seconds=${BASH_REMATCH[3]} latency=${BASH_REMATCH[4]}
}

stop_client() { # NAME
  local fd

  fd=${to[$1]}
  exec {fd}>&-
  fd=${from[$1]}
  exec {fd}<&-
  wait "${client[$1]}"
  unset "client[$1]" "to[$1]" "from[$1]"
}
