# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2317
#
# Machines behind HAProxy: network namespaces, each with a perch-listen that
# may use a fifth of the servers' core, as more than two cores are not needed
# for several machines then. HAProxy is on the client's core, and it is its
# CPU time that is measured. Needs root. Sourced by test/bench/run.

readonly machine_share=20 # percent
declare -A machines=()

# The addresses are those that RFC 2544 keeps for benchmarks.
machine_address() { echo "198.18.$1.2"; } # NUMBER

start_machine() { # NUMBER
  local name=perch-bench-$$-$1 link=pb$$.$1

  [[ -z ${machines[$1]:-} ]] || return 0
  machines[$1]=$name
  ip netns add "$name" &&
    ip link add "$link" type veth peer name eth0 netns "$name" &&
    ip address add "198.18.$1.1/30" dev "$link" &&
    ip link set "$link" up &&
    ip -n "$name" address add "$(machine_address "$1")/30" dev eth0 &&
    ip -n "$name" link set eth0 up || return
  spawn "machine-$1" taskset -c "$SERVER_CPU" ip netns exec "$name" \
    "$PERCH_LISTEN" "${perch_options[@]}" "$(machine_address "$1"):80" "$site"
  limit_cpu "machine-$1" "$machine_share"
}

remove_machines() {
  local name

  for name in "${machines[@]}"; do
    ip netns delete "$name"
  done
}

start_haproxy-one() { serve_haproxy "$@" 1; }
start_haproxy-two() { serve_haproxy "$@" 1 2; }

# serve_haproxy NAME PORT MACHINE...
serve_haproxy() {
  local name=$1 machine

  cat >"$tmp/$name.conf" <<END
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend http
  bind 127.0.0.1:$2
  default_backend perch
backend perch
END
  for machine in "${@:3}"; do
    start_machine "$machine" || say "cannot make machine $machine"
    echo "  server machine-$machine $(machine_address "$machine"):80" \
      >>"$tmp/$name.conf"
  done
  spawn "$name" taskset -c "$CLIENT_CPU" haproxy -db -f "$tmp/$name.conf"
}
