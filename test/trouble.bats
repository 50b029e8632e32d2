#!/usr/bin/env bats
# What happens to clients, files, disks and the log while connections last.
load helper
load launcher

# needs_namespaces: skips where a network or mounts of its own cannot be had.
needs_namespaces() {
  [ "$(id -u)" = 0 ] && command -v unshare ip >/dev/null &&
    unshare --net --mount true 2>/dev/null || skip "needs root, unshare and ip"
}

@test "a client that vanishes without a word is given up, in a response and between requests" {
  needs_namespaces
  # All of the network goes away: nothing comes any more, not even a reset.
  run -0 unshare --net bash -c '
    ip link set lo up
    "$1" --ready-fd 9 --write-timeout 0.5 --idle-timeout 0.5 127.0.0.1:8080 "$2" 9>ready 2>log &
    pid=$!
    until [ -s ready ]; do sleep 0.02; done
    exec 5<>/dev/tcp/127.0.0.1/8080 6<>/dev/tcp/127.0.0.1/8080
    printf "GET /big HTTP/1.1\r\nHost: a\r\n\r\n" >&5
    printf "GET / HTTP/1.1\r\nHost: a\r\n\r\n" >&6
    read -r -u 5 && read -r -u 6
    read -r held </proc/$pid/task/$pid/children
    ip link set lo down
    for ((i = 0; i < 500; i++)); do
      read -r left </proc/$pid/task/$pid/children || left=
      [ -n "$left" ] || break
      sleep 0.02
    done
    kill $pid
    wait $pid
    cat log
    echo "held: $held, left: $left"' bash "$LISTEN" "$SITE"
  [[ $output =~ held:\ [0-9]+\ [0-9]+ ]]
  [[ $output == *'left: ' ]]
  [[ $output == *'cut short: the client '* ]]
}

@test "a client that stops is cut at its deadline, and goes on to see that" {
  local pid
  listens --write-timeout 0.5 127.0.0.1:PORT "$SITE"
  curl -sS "http://127.0.0.1:$PORT/big" --limit-rate 1M -o got 2>said 3>&- &
  pid=$!
  STARTED+=($pid)
  eventually test -s got
  kill -STOP $pid
  eventually has_children 0
  logs 'cut short: the client was too slow'
  kill -CONT $pid
  refute wait $pid
  [ "$(stat -c %s got)" -lt 20000000 ]
}

@test "a chunked request that is half-closed at any byte is refused, or is whole" {
  local whole=$'POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n12\r\n0123456789abcdefgh\r\n0\r\nX: y\r\n\r\n'
  local n answer
  for ((n = 0; n <= ${#whole}; n++)); do
    answer=$(printf %s "${whole:0:n}" |
      perch --log none --date 1 --echo /e "$SITE" 2>>log)
    case $answer in
    '') [ "$n" = 0 ] ;;
    'HTTP/1.1 400 '*) [ "$n" -lt ${#whole} ] ;;
    # What has come is given back, and its end is missing if there was none.
    'HTTP/1.1 200 '*$'0\r\n\r') [ "$n" = ${#whole} ] ;;
    'HTTP/1.1 200 '*) [ "$n" -lt ${#whole} ] ;;
    *) false ;;
    esac || {
      echo "after $n bytes: $answer"
      return 1
    }
  done
}

@test "files that say that they have no bytes, and have some, are served as they say" {
  local answer
  [ -r /proc/version ] || skip "needs /proc"
  answer=$(printf 'GET /version HTTP/1.1\r\nHost: a\r\n\r\nGET /uptime HTTP/1.1\r\nHost: a\r\n\r\n' |
    perch --log none /proc)
  echo "$answer"
  [ "$(grep -c $'^HTTP/1.1 200 OK\r$' <<<"$answer")" = 2 ]
  [ "$(grep -c $'^Content-Length: 0\r$' <<<"$answer")" = 2 ]
}

@test "a disk that is full refuses what is spooled, and nothing else" {
  needs_namespaces
  printf '#!/bin/sh\necho Content-Type: a/b\necho\ncat\n' >cat
  chmod +x cat
  head -c 200000 /dev/zero >large
  run -0 unshare --mount bash -c '
    mkdir -p spool && mount -t tmpfs -o size=64k none spool
    post="POST /cat HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    { printf "$post"; printf "30d40\r\n"; cat large; printf "\r\n0\r\n\r\n"
      printf "${post}3\r\nabc\r\n0\r\n\r\n"; } |
      "$1" --log common --cgi / --cgi-spool spool . 2>log
    cat log
    ls -A spool | wc -l' bash "$BIN/perch"
  [[ $output == 'HTTP/1.1 503 '*'HTTP/1.1 200 '*abc* ]]
  [[ $output == *'503: no room in the spool directory'* ]]
  [ "${lines[-1]}" = 0 ]
}

@test "a log that is full, or that nobody reads, holds nobody up" {
  local i
  mkfifo log.pipe
  exec {reader}<>log.pipe
  LOG=log.pipe listens 127.0.0.1:PORT "$SITE"
  # 64 KiB fit in.
  for ((i = 0; i < 4; i++)); do
    answer=$({
      for n in {1..250}; do printf 'GET /?%0100d HTTP/1.1\r\nHost: a\r\n\r\n' "$n"; done
      printf 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    } | perl -MIO::Socket::INET -e '
      alarm 10;
      $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
      if (!fork) { print $s $_ while <STDIN>; exit }
      print grep m{^HTTP/1.1 200}, <$s>' $PORT | wc -l)
    [ "$answer" = 251 ]
  done
  serves
  [ "$(printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' | perch "$SITE" 2>/dev/full | tail -1)" = small ]
}

@test "the clock that may be set is for dates alone: no deadline goes by it" {
  # Every other look at a clock is at one that never steps.
  run -0 grep -rnE '\bCLOCK_[A-Z_]+|\b(time|gettimeofday|ftime)\(' "$TOP/src" --include='*.c'
  echo "$output"
  [ "$(grep -c CLOCK_REALTIME <<<"$output")" = 1 ]
  [[ $(grep CLOCK_REALTIME <<<"$output") == */base/clock.c:* ]]
  refute grep -E '\b(time|gettimeofday|ftime)\(' <<<"$output"
}

# limit_memory PID BYTES: by a control group of its own, $GROUP.
limit_memory() {
  local top
  for top in /sys/fs/cgroup/memory /sys/fs/cgroup; do
    GROUP=$top/perch-test-$$-$RANDOM
    mkdir "$GROUP" 2>/dev/null || continue
    if [ -w "$GROUP/memory.max" ]; then
      echo "$2" >"$GROUP/memory.max"
      echo 0 >"$GROUP/memory.swap.max" || true
    elif [ -w "$GROUP/memory.limit_in_bytes" ]; then
      echo "$2" >"$GROUP/memory.limit_in_bytes"
    else
      rmdir "$GROUP"
      continue
    fi
    echo "$1" >"$GROUP/cgroup.procs" && return
    rmdir "$GROUP"
  done
  skip "needs control groups that limit memory"
}

@test "a connection that the kernel kills for its memory takes no other along, and is logged" {
  local a b i
  needs_root
  mkdir -p names
  (cd names && seq -f 'a-name-that-is-somewhat-long-%g' 5000 | xargs touch)
  listens --listing 127.0.0.1:PORT names
  hold b
  hold a
  limit_memory "$HELD" 65536
  ask $a /
  eventually gone "$HELD"
  eventually rmdir "$GROUP"
  eventually logs "process $HELD was killed by signal 9"
  # The other one is, and new ones are.
  ask $b /a-name-that-is-somewhat-long-1
  read -r -t 5 -u $b
  [[ $REPLY == 'HTTP/1.1 200 '* ]]
  get /a-name-that-is-somewhat-long-2
  [ "$code" = 200 ]
}

has_two() { [ "$(grep -c small got)" = 2 ]; }

# step SECONDS: so much the clock of what runs under step.so is off.
step() { printf '%020d' "$1" 1<>step; }

@test "a clock that is set an hour ahead or back changes dates, and no deadline" {
  [ -x "$BIN/perch-tls" ] || skip 'no perch-tls'
  reason=$(missing cc openssl)
  [ -z "$reason" ] || skip "$reason"
  local LISTEN=$BIN/perch-tls seconds begun
  # perch-tls, which has the same deadlines, is dynamic.
  cat >step.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int
clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	static int fd = -1;
	char text[21] = "";
	int result;

	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *))dlsym(
		    RTLD_NEXT, "clock_gettime");
	if (fd < 0)
		fd = open(getenv("STEP"), O_RDONLY | O_CLOEXEC);
	result = real(id, t);
	if ((id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) &&
	    pread(fd, text, 20, 0) == 20)
		t->tv_sec += atol(text);
	return result;
}
END
  cc -shared -fPIC -o step.so step.c -ldl
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=localhost -keyout key -out certificate 2>/dev/null
  step 0
  UNDER=(env "LD_PRELOAD=$PWD/step.so" "STEP=$PWD/step")
  listens --sandbox off --idle-timeout 1 --tls-cert certificate --tls-key key 127.0.0.1:PORT "$SITE"
  for seconds in 3600 -3600; do
    step 0
    rm -f ask
    mkfifo ask
    openssl s_client -quiet -connect "127.0.0.1:$PORT" <ask >got 2>/dev/null 3>&- &
    STARTED+=($!)
    exec {asking}>ask
    printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&$asking
    eventually grep -q small got
    step $seconds
    # It has not been idle for an hour.
    pause 0.3
    printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&$asking
    eventually has_two
    begun=$(date -d "$(sed -n 's/^Date: //p' got | head -1)" +%s)
    [ $(($(date -d "$(sed -n 's/^Date: //p' got | tail -1)" +%s) - begun)) -le $((seconds + 30)) ]
    [ $(($(date -d "$(sed -n 's/^Date: //p' got | tail -1)" +%s) - begun)) -ge "$seconds" ]
    # Nor is it waited for as long as that.
    eventually has_children 0
    exec {asking}>&-
  done
}

@test "rules of a site that are there and cannot be read stop it, until they can" {
  local name
  cp -r "$SITE" ruled
  printf '/* \n  X-A: b\n' >ruled/_headers
  rules='GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  for name in _headers _redirects; do
    mv ruled/$name kept 2>/dev/null || true
    # A link out of the root, no file at all, and one that is too long.
    ln -s /etc/passwd ruled/$name
    run -0 --separate-stderr perch --pages-rules --log none ruled < <(printf "$rules")
    [[ $output == 'HTTP/1.1 500 '* ]]
    [[ $stderr == *"$name: "*"500: the site's rules cannot be read"* ]]
    rm ruled/$name
    mkdir ruled/$name
    run -0 --separate-stderr perch --pages-rules --log none ruled < <(printf "$rules")
    [[ $output == 'HTTP/1.1 500 '* ]]
    rmdir ruled/$name
    truncate -s 1048577 ruled/$name
    run -0 --separate-stderr perch --pages-rules --log none ruled < <(printf "$rules")
    [[ $output == 'HTTP/1.1 500 '* ]]
    rm ruled/$name
    mv kept ruled/$name 2>/dev/null || true
  done
  run -0 --separate-stderr perch --pages-rules --log none ruled < <(printf "$rules")
  [[ $output == 'HTTP/1.1 200 '*'X-A: b'* ]]
}

@test "the launcher goes on where accept, fork, poll, wait or close fails" {
  slow
  reason=$(missing strace)
  [ -z "$reason" ] || skip "$reason"
  # strace holds --ready-fd open.
  local fault call error tracer CLOSES=0.01
  for fault in accept4:EINTR accept4:EAGAIN accept4:ECONNABORTED accept4:EPROTO \
    accept4:EPERM accept4:EMFILE accept4:ENFILE accept4:ENOBUFS accept4:ENOMEM \
    accept4:ECONNRESET poll:EINTR poll:ENOMEM fork,clone:EAGAIN fork,clone:ENOMEM \
    wait4,waitid:EINTR wait4,waitid:ECHILD close:EINTR close:EIO; do
    call=${fault%:*} error=${fault#*:}
    UNDER=(strace -qq -o trace -e "trace=$call" -e "inject=$call:error=$error:when=2..3")
    listens --log none --grace 0.3 127.0.0.1:PORT "$SITE"
    tracer=$PID
    for _ in 1 2 3; do
      eventually serves || {
        echo "$fault"
        cat trace
        return 1
      }
    done
    children "$tracer"
    # It has not ended, nor does it spin.
    [ "${#CHILDREN[@]}" = 1 ]
    [ "$(wc -l <trace)" -lt 3000 ]
    kill -TERM "${CHILDREN[0]}"
    eventually gone "$tracer" || {
      echo "$fault: it does not stop"
      return 1
    }
  done
}
