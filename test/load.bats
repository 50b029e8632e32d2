#!/usr/bin/env bats
# Clients by the thousand, and what is left behind them. With $LOAD (make
# load) at full size, which takes minutes.
load helper
load launcher

# sized SMALL FULL: sets $SIZE.
sized() { SIZE=$1 && [ -z "${LOAD:-}" ] || SIZE=$2; }

# memory: sets $MEMORY to the launcher's own, KiB. The table of children, as
# long as --max-connections has it, is shared.
memory() {
  MEMORY=$(awk '/^RssAnon/ { print $2 }' "/proc/$PID/status")
}

# Of itself and the kernel for it, in ticks of 10 ms.
cpu() {
  local stat
  read -r -a stat <"/proc/$PID/stat"
  CPU=$((stat[13] + stat[14]))
}

# After a first connection: then it has all that it needs.
take_stock() {
  serves
  eventually has_children 0
  fds $PID
  BEFORE=${#FDS[@]}
  memory
  MEMORY_BEFORE=$MEMORY
}

# nothing_is_left: no process, no descriptor, no memory.
nothing_is_left() {
  eventually has_children 0
  eventually has_fds $BEFORE
  memory
  echo "memory: $MEMORY_BEFORE KiB, then $MEMORY KiB"
  # A page or two are touched by what came for the first time.
  [ "$MEMORY" -le $((MEMORY_BEFORE + 16)) ]
  serves
}

@test "many connections a second, of which some break off, are served, and leave nothing" {
  slow
  sized '300 3' '1000 60'
  listens --log none --max-connections 4000 127.0.0.1:PORT "$SITE"
  take_stock
  # shellcheck disable=SC2086  # two words
  "$BUILD/tool/storm" $PORT rate $SIZE 3>&- >counts
  cpu
  cat counts
  echo "the launcher's CPU: $((CPU * 10)) ms"
  [[ $(<counts) == *' failed 0 '* ]]
  nothing_is_left
  [ -z "${LOAD:-}" ] || echo "# $(<counts), launcher $((CPU * 10)) ms, $MEMORY_BEFORE then $MEMORY KiB" >&3
}

@test "many idle connections are held, others served meanwhile, and they leave nothing" {
  slow
  sized 200 10000
  listens --log none --idle-timeout 600 --max-connections 12000 127.0.0.1:PORT "$SITE"
  take_stock
  mkfifo end
  "$BUILD/tool/storm" $PORT idle $SIZE <end 3>&- >idle &
  STARTED+=($!)
  exec {held}>end
  # At full size it takes a while to get there.
  for ((i = 0; i < 60; i++)); do
    grep -q ready idle && break
    pause 1
  done
  eventually has_children "$SIZE"
  serves
  [ -z "${LOAD:-}" ] || echo "# $(free -m | sed -n 's/  */ /g; s/Mem:/memory with 10,000, MiB: /p')" >&3
  exec {held}>&-
  nothing_is_left
}

@test "an address that opens too many is refused cheaply, and others are served" {
  slow
  sized 200 20000
  listens --log none --max-per-address 2 --retry-after 1 127.0.0.1:PORT "$SITE"
  local a b before
  hold a
  hold b
  cpu
  before=$CPU
  perl -MIO::Socket::INET -e '
    for (1 .. $ARGV[1]) {
      $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
      sysread $s, $answer, 100;
      $refused += $answer =~ m{^HTTP/1.1 503 };
    }
    print "refused $refused\n"' $PORT "$SIZE" >counts
  cat counts
  [ "$(<counts)" = "refused $SIZE" ]
  cpu
  # It was 14 us; ticks are coarse where there are few.
  echo "$(((CPU - before) * 10000 / SIZE)) us each"
  [ -z "${LOAD:-}" ] || echo "# $(((CPU - before) * 10000 / SIZE)) us for each that is refused" >&3
  [ $((CPU - before)) -le $((2 + SIZE / 100)) ]
  [ "$(curl -sS -m 5 --interface 127.0.0.2 "http://127.0.0.1:$PORT")" = small ]
}

# slow_clients ARG...: so many by slowhttptest, and then the time after which
# none is held any more, beginning with their first.
slow_clients() {
  slowhttptest -c "$SIZE" -r "$SIZE" -i 1 -l 60 -p 3 -u "http://127.0.0.1:$PORT/big" \
    "$@" >slow.log 2>&1 3>&- &
  STARTED+=($!)
  eventually has_some_children
  local begun=$SECONDS
  eventually has_children 0 || eventually has_children 0
  took=$((SECONDS - begun))
  kill "${STARTED[-1]}" 2>/dev/null || true
}
has_some_children() {
  children "$PID"
  [ "${#CHILDREN[@]}" -ge $((SIZE / 2)) ]
}

@test "slow heads, slow bodies and slow reads end at their deadlines, all of them" {
  slow
  command -v slowhttptest || skip "no slowhttptest"
  sized 20 1000
  listens --log none --header-timeout 1 --body-timeout 1 --write-timeout 1 \
    --drain-timeout 0.5 --max-per-address 2000 --max-connections 2000 --echo /big \
    127.0.0.1:PORT "$SITE"
  take_stock
  for way in -H -B; do
    slow_clients "$way"
    echo "$way: $took s"
    [ "$took" -le 8 ]
  done
  unlisten_launcher
  listens --log none --header-timeout 1 --write-timeout 1 --max-per-address 2000 \
    --max-connections 2000 127.0.0.1:PORT "$SITE"
  take_stock
  slow_clients -X -w 512 -y 1024 -n 5 -z 32 -k 3
  echo "-X: $took s"
  [ "$took" -le 8 ]
  nothing_is_left
}

unlisten_launcher() {
  kill -TERM "$PID"
  exits 0 "$PID"
}
