#!/usr/bin/env bats
# What a process costs: how it is linked, and its system calls.
load helper

setup_file() { site; }

setup() {
  PERCH=$BIN/perch
  TRACE=$BATS_TEST_TMPDIR/trace
}

# The kinds of build: see the Makefile's STATIC and MUSL_CC.
is_dynamic() { readelf -lW "$PERCH" | grep -q INTERP; }
is_asan() { readelf -sW "$PERCH" | grep -q __asan_init; }
is_glibc() { readelf -SW "$PERCH" | grep -q '\.note\.ABI-tag'; }

@test "perch needs no shared library" {
  is_dynamic && skip 'this perch is built with STATIC=0, for a dynamic loader'
  refute grep NEEDED <(readelf -dW "$PERCH")
}

@test "perch is a position-independent executable" {
  readelf -hW "$PERCH" | grep -E 'Type: +DYN'
  readelf -dW "$PERCH" | grep -E 'FLAGS_1.*PIE'
}

@test "perch has no segment that is both written to and executed, nor its stack" {
  refute grep -E 'LOAD .* RWE|GNU_STACK .* RWE' <(readelf -lW "$PERCH")
  readelf -lW "$PERCH" | grep GNU_STACK
}

can_trace() {
  strace -o "$TRACE" true || skip 'strace may not trace here'
}

# What it costs to start is a promise of musl builds: glibc does more.
can_count_start() {
  if is_asan; then skip 'this perch is built with ASan'; fi
  if is_dynamic; then skip 'this perch is built with STATIC=0'; fi
  if is_glibc; then skip 'this perch is built with glibc'; fi
  can_trace
}

# calls: the system calls of the trace, without pids and signals.
calls() {
  sed -E 's/^[0-9]+ +//; /^(\+\+\+|---)/d' "$TRACE"
}

# starts_in MAX: there is a first read of the request, and so many calls,
# execve included, in front of it.
starts_in() {
  calls | sed -E '/^(read|recvfrom)\(0,/,$d' >"$BATS_TEST_TMPDIR/start"
  calls | grep -E '^(read|recvfrom)\(0, "GET'
  cat -n "$BATS_TEST_TMPDIR/start"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/start")" -le "$1" ]
}

GET='GET / HTTP/1.1\r\nHost: a\r\n\r\n'

@test "perch reads from a socket after 10 system calls" {
  can_count_start
  "$TOP/test/talk" --unix "send:$GET" half read -- \
    strace -f -o "$TRACE" "$PERCH" "$SITE" 2>/dev/null
  starts_in 10
}

@test "perch reads from a TCP socket after 10 system calls, options or none" {
  can_count_start
  "$TOP/test/talk" "send:$GET" half read -- \
    strace -f -o "$TRACE" "$PERCH" --log json --explain --max-head 8K \
    --header '/ X: y' --index a --index index.html --idle-timeout 1 "$SITE" \
    2>/dev/null
  starts_in 10
}

@test "perch reads from a pipe after 10 system calls" {
  can_count_start
  # shellcheck disable=SC2059
  printf "$GET" | strace -f -o "$TRACE" "$PERCH" "$SITE" 2>/dev/null
  starts_in 10
}

@test "a kept-alive request for a small file takes 6 system calls" {
  if is_asan; then skip 'this perch is built with ASan'; fi
  can_trace
  exchange "$GET" --log none --date 0
  one=$(wc -c <"$BATS_TEST_TMPDIR/reply")
  "$TOP/test/talk" "send:$GET" "read:$one" "send:$GET" "read:$one" \
    "send:$GET" "read:$one" half read -- \
    strace -f -o "$TRACE" "$PERCH" --log none --date 0 "$SITE" 2>/dev/null
  # From behind the read of one request to that of the next.
  calls | awk '
    /^recvfrom\(0, "GET/ { if (reads++) print calls; calls = 0 }
    { calls++; print "#", $0 }
  ' >"$BATS_TEST_TMPDIR/counts"
  cat "$BATS_TEST_TMPDIR/counts"
  mapfile -t counts < <(grep -v '^#' "$BATS_TEST_TMPDIR/counts")
  [ "${#counts[@]}" = 2 ]
  # The first one finds out what its output is.
  [ "${counts[1]}" -le 6 ]
}

@test "no memory is allocated for a request" {
  can_count_start
  # shellcheck disable=SC2059
  printf "$GET$GET" | strace -f -o "$TRACE" "$PERCH" "$SITE" 2>/dev/null
  refute grep -E '^(brk|mmap|mremap)\(' <(calls)
}
