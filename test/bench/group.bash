# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2034,SC2154
#
# What a server uses, its children included: a control group for each, or
# /proc where none can be made. Sourced by test/bench/run.

declare -A pid=()
# In each there is a group for each server; version 2 has but one for all.
declare -a groups=()
cpu_group='' memory_group='' quota_group=''
cpu_ns=0 memory_bytes='' kernel_bytes=''

# Makes a group that can hold our servers beneath the first directory where
# that works, and says where in $made.
make_group() { # DIRECTORY...
  local parent

  for parent in "$@"; do
    made=$parent/perch-bench.$$
    mkdir "$made" 2>/dev/null || continue
    # shellcheck disable=SC2016
    bash -c 'echo $$ >"$1/cgroup.procs"' - "$made" 2>/dev/null && return
    rmdir "$made"
  done
  made=
  return 1
}

# The same in the hierarchy of a CONTROLLER of version 1.
make_group_v1() { # CONTROLLER
  local mount own

  mount=$(awk -v c="(^|,)$1(,|$)" '$3 == "cgroup" && $4 ~ c {print $2; exit}' \
    /proc/self/mounts)
  own=$(awk -F: -v c="(^|,)$1(,|$)" '$2 ~ c {print $3; exit}' /proc/self/cgroup)
  made=
  [[ -n $mount ]] && make_group "$mount${own%/}" "$mount"
}

make_group_v2() {
  local mount own

  mount=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/self/mounts)
  own=$(awk -F: '$1 == 0 {print $3; exit}' /proc/self/cgroup)
  made=
  [[ -n $mount ]] && make_group "$mount${own%/}" "$mount"
}

open_groups() {
  ticks_per_s=$(getconf CLK_TCK)
  if make_group_v1 cpuacct; then
    clock=v1 cpu_group=$made groups=("$made")
    make_group_v1 memory && memory_group=$made groups+=("$made")
    # Both may be in one hierarchy.
    if [[ -e $cpu_group/cpu.cfs_quota_us ]]; then
      quota_group=$cpu_group
    else
      make_group_v1 cpu && quota_group=$made groups+=("$made")
    fi
  elif make_group_v2; then
    clock=v2 cpu_group=$made groups=("$made")
    { echo +memory >"$made/cgroup.subtree_control"; } 2>/dev/null &&
      memory_group=$made
    { echo +cpu >"$made/cgroup.subtree_control"; } 2>/dev/null &&
      quota_group=$made
  else
    clock=proc
  fi
}

close_groups() {
  ((${#groups[@]} == 0)) || rmdir "${groups[@]}"
}

describe_clock() {
  case $clock in
  v1) echo "cgroup v1, ${cpu_group%/*}/cpuacct.usage" ;;
  v2) echo "cgroup v2, ${cpu_group%/*}/cpu.stat" ;;
  proc)
    echo '/proc/PID/stat, as no cgroup can be made: coarse, with children' \
      'that nobody waits for left out (all of busybox httpd -f)'
    ;;
  esac
}

# Starts a server in a group of its own, and sets ${pid[NAME]}.
spawn() { # NAME PROGRAM ARGUMENT...
  local name=$1 group

  shift
  for group in "${groups[@]}"; do
    mkdir "$group/$name" || die "cannot make $group/$name"
  done
  (
    close_pipes
    for group in "${groups[@]}"; do
      echo "$BASHPID" >"$group/$name/cgroup.procs"
    done
    exec "$@"
  ) </dev/null >"$tmp/$name.log" 2>&1 &
  pid[$name]=$!
}

# Lets a server have so much of a core. A long period would leave batches
# without it.
limit_cpu() { # NAME PERCENT
  local group=$quota_group/$1

  if [[ -z $quota_group ]]; then
    say "$1 has no limit of CPU time"
  elif [[ $clock == v1 ]]; then
    echo 10000 >"$group/cpu.cfs_period_us"
    echo $(($2 * 100)) >"$group/cpu.cfs_quota_us"
  else
    echo $(($2 * 100)) 10000 >"$group/cpu.max"
  fi
}

# Ends what a server left behind: only processes that it started are in there.
empty_group() { # DIRECTORY
  local tries child

  for ((tries = 0; tries < 100; tries++)); do
    rmdir "$1" 2>/dev/null && return
    while read -r child; do
      kill -KILL "$child" 2>/dev/null
    done <"$1/cgroup.procs"
    nap 0.05
  done
  say "cannot remove $1"
}

end_server() { # NAME
  local tries group

  kill "${pid[$1]}" 2>/dev/null
  for ((tries = 0; tries < 20; tries++)); do
    kill -0 "${pid[$1]}" 2>/dev/null || break
    nap 0.05
  done
  kill -KILL "${pid[$1]}" 2>/dev/null
  wait "${pid[$1]}" 2>/dev/null
  unset "pid[$1]"
  for group in "${groups[@]}"; do
    empty_group "$group/$1"
  done
}

# Sums the ticks of a process, its living descendants, and those it has reaped.
tree_ticks() { # PID
  cat /proc/[0-9]*/stat 2>/dev/null | awk -v root="$1" '
    {
      pid = $1
      sub(/^.*\) /, "")
      parent[pid] = $2
      ticks[pid] = $12 + $13 + $14 + $15
    }
    END {
      for (pid in ticks) {
        for (p = pid; p != root && p > 1; p = parent[p])
          ;
        if (p == root)
          sum += ticks[pid]
      }
      printf "%d\n", sum
    }'
}

# Sets $cpu_ns to what the server has used so far.
read_cpu() { # NAME
  local key value

  case $clock in
  v1) read -r cpu_ns <"$cpu_group/$1/cpuacct.usage" ;;
  v2)
    while read -r key value; do
      [[ $key == usage_usec ]] && cpu_ns=$((value * 1000))
    done <"$cpu_group/$1/cpu.stat"
    ;;
  proc) cpu_ns=$(($(tree_ticks "${pid[$1]}") * (1000000000 / ticks_per_s))) ;;
  esac
}

# Waits until the server is idle, then reads its clock: the exit of the last
# child is part of its cost.
settle() { # NAME
  local last=-1 tries

  read_cpu "$1"
  for ((tries = 0; tries < 200 && cpu_ns != last; tries++)); do
    last=$cpu_ns
    nap 0.005
    read_cpu "$1"
  done
}

# Sets $memory_bytes, all that is charged to the server, and $kernel_bytes, the
# part of it that is the kernel's: empty where that is not known.
read_memory() { # NAME
  local key value group=$memory_group/$1

  memory_bytes='' kernel_bytes=''
  [[ -n $memory_group ]] || return
  if [[ $clock == v1 ]]; then
    read -r memory_bytes <"$group/memory.usage_in_bytes"
    read -r kernel_bytes <"$group/memory.kmem.usage_in_bytes"
    return
  fi
  read -r memory_bytes <"$group/memory.current"
  while read -r key value; do
    [[ $key == kernel ]] && kernel_bytes=$value
  done <"$group/memory.stat"
}

# Prints the KiB of PSS, private memory and page tables of all processes of a
# server, of which it looks at a hundred at most.
sum_processes() { # NAME
  local -a all=("${pid[$1]}") some=()
  local i step

  [[ -z $cpu_group ]] || mapfile -t all <"$cpu_group/$1/cgroup.procs"
  step=$(((${#all[@]} + 99) / 100))
  for ((i = 0; i < ${#all[@]}; i += step)); do
    some+=("/proc/${all[i]}/smaps_rollup" "/proc/${all[i]}/status")
  done
  cat "${some[@]}" 2>/dev/null | awk -v step="$step" '
    /^Pss:/ {pss += $2}
    /^Private_(Clean|Dirty):/ {private += $2}
    /^VmPTE:/ {tables += $2}
    END {printf "%d\t%d\t%d\n", pss * step, private * step, tables * step}'
}
