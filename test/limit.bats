#!/usr/bin/env bats
# perch-listen: programs, limits, and what a system runs out of.
load helper
load launcher

# --- programs

@test "a PROGRAM finds the connection, UCSPI, and nothing of ours" {
  local -x PROTO=old TCPREMOTEHOST=old REMOTE_ADDR=old PERCH_X=old
  new_port
  NOTIFY_SOCKET=$PWD/n \
    begin "$SUPERVISOR" tcp:$PORT -- "$LISTEN" --ready-fd 9 systemd \
    -- sh -c 'env
        grep ^Sig /proc/self/status
        echo "args: $*"
        exec ls -x /proc/self/fd' sh one 'two  three' 4>&- >/dev/null
  says
  echo "$answer" >answer
  cat answer
  grep '^PROTO=TCP$' answer
  grep '^TCPREMOTEIP=127.0.0.1$' answer
  grep '^TCPREMOTEPORT=[1-9][0-9]*$' answer
  grep '^TCPLOCALIP=127.0.0.1$' answer
  grep "^TCPLOCALPORT=$PORT\$" answer
  grep '^PATH=' answer
  ! grep -e =old -e LISTEN_ -e NOTIFY -e PERCH answer
  # The last is the directory.
  grep '^0 *1 *2 *3$' answer
  grep '^SigBlk:.0*$' answer
  # HUP, INT, PIPE and TERM; what else our parent ignores is its affair.
  (((0x$(sed -n 's/^SigIgn:.//p' answer) & 0x5003) == 0))
  grep '^args: one two  three$' answer
}

@test "a PROGRAM behind both families sees IPv4 as such" {
  listens PORT -- env
  says
  [[ $answer == *'TCPREMOTEIP=127.0.0.1'$'\n'* ]]
  [[ $answer == *'TCPLOCALIP=127.0.0.1'$'\n'* ]]
  says ::1
  [[ $answer == *'TCPREMOTEIP=::1'$'\n'* ]]
}

@test "a PROGRAM behind a unix socket has no TCP variables" {
  local -x TCPREMOTEIP=old
  listens "127.0.0.1:PORT,unix:$PWD/s" -- env
  says
  at_unix
  [[ $answer == *PROTO=UNIX* ]]
  [[ $answer != *$'\nTCP'* ]]
}

@test "a PROGRAM has no time-outs of ours" {
  local a
  listens --header-timeout 0.05 --idle-timeout 0.05 --write-timeout 1 \
    127.0.0.1:PORT -- cat
  hold a
  pause 0.2
  echo late >&$a
  read -r -t 5 -u $a
  [ "$REPLY" = late ]
}

@test "a PROGRAM that vanishes costs connections, not the launcher" {
  cp /bin/cat program
  listens 127.0.0.1:PORT -- ./program there
  rm program
  says
  [ -z "$answer" ]
  eventually logs 'refused 1 connection, of 127.0.0.1: no process for it: No such file'
  cp /bin/echo program
  says
  [ "$answer" = $'there\n' ]
}

@test "a PROGRAM gets SIGTERM, and SIGKILL after --grace" {
  local a
  listens --grace 0.2 127.0.0.1:PORT -- "$BATS_FILE_TMPDIR/stubborn"
  connect a
  read -r -t 5 -u $a
  [ "$REPLY" = begun ]
  kill -TERM $PID
  read -r -t 5 -u $a
  [ "$REPLY" = told ]
  exits 0 $PID
}

# --- limits

@test "--max-connections: 503 above it, and recovery" {
  local a b
  listens --max-connections 2 --retry-after 7 127.0.0.1:PORT "$SITE"
  hold a
  hold b
  get
  [[ $answer == 'HTTP/1.1 503 '* ]]
  [[ $answer == *$'\r\nRetry-After: 7\r\n'* ]]
  [[ $answer == *$'\r\nConnection: close\r\n'* ]]
  has_children 2
  exec {a}>&-
  eventually has_children 1
  serves
}

@test "--max-connections: a child that was killed counts no more" {
  local a
  listens --max-connections 1 127.0.0.1:PORT "$SITE"
  for _ in 1 2 3; do
    hold a
    get
    [ "$code" = 503 ]
    kill -KILL "$HELD"
    eventually serves
    eventually has_children 0
  done
}

# ended_at_once ARG...: of many connections whose processes end at once none
# is left over, nor counted.
ended_at_once() {
  local c i
  listens --max-connections 40 --max-per-address 40 127.0.0.1:PORT "$@"
  for ((i = 0; i < 40; i++)); do connect c; done
  eventually has_children 40
  kill -KILL "${CHILDREN[@]:2}"
  eventually has_children 2
  for ((i = 0; i < 38; i++)); do connect c; done
  eventually has_children 40
  not logs refused
}

@test "children that are killed at once are waited for, and count no more" {
  ended_at_once "$SITE"
}

@test "PROGRAMs that are killed at once are waited for, and count no more" {
  ended_at_once -- sleep 100
}

@test "--max-per-address: others are served on" {
  local a b
  listens --max-per-address 2 PORT "$SITE"
  hold a
  hold b
  get
  [ "$code" = 503 ]
  eventually logs 'of 127.0.0.1: too many connections of one address'
  [ "$(curl -sS -m 5 --interface 127.0.0.2 "http://127.0.0.1:$PORT")" = small ]
  serves ::1
  exec {b}>&-
  eventually has_children 1
  serves
}

@test "--max-per-address does not concern unix sockets" {
  listens --max-per-address 1 "127.0.0.1:PORT,unix:$PWD/s" "$SITE"
  perl -MSocket -e '
    socket S, AF_UNIX, SOCK_STREAM, 0;
    connect S, sockaddr_un("s") or die;
    sleep 5;' 3>&- &
  STARTED+=($!)
  eventually has_children 1
  serves_unix
}

@test "a refused client reads its 503 though it has sent much" {
  local a
  listens --max-connections 1 127.0.0.1:PORT "$SITE"
  hold a
  run perl -MIO::Socket::INET -e '
    alarm 5;
    my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
    syswrite $s, "POST / HTTP/1.1\r\nHost: a\r\n\r\n" . "x" x 200000;
    select undef, undef, undef, 0.1;
    print <$s>;' $PORT
  [[ $output == 'HTTP/1.1 503 '* ]]
}

@test "refused connections do not stay" {
  needs_root
  local a c i before
  listens --max-connections 1 127.0.0.1:PORT "$SITE"
  fds $PID
  before=${#FDS[@]}
  hold a
  # More than may linger, and silent: they neither send nor close.
  for ((i = 0; i < 80; i++)); do connect c; done
  eventually has_fds $((before + 20)) $((before + 64))
  get
  [ "$code" = 503 ]
  has_fds 0 $((before + 64))
  eventually has_fds $before
}

@test "refusals are logged once a second at most, and counted" {
  local a i
  listens --max-connections 1 127.0.0.1:PORT "$SITE"
  hold a
  for ((i = 0; i < 6; i++)); do get; done
  [ "$(grep -c refused "$LOG")" = 1 ]
  eventually logs 'refused 1 connection, of 127.0.0.1: too many connections'
  eventually logs 'refused 5 connections, the last of 127.0.0.1: too many'
}

@test "a PROGRAM's connections above the limit are closed" {
  local a
  listens --max-connections 1 127.0.0.1:PORT -- cat
  hold a
  says
  [ -z "$answer" ]
  has_children 1
}

# --- crashes

# crashes [SIGNAL] ...: a process of ours for each, which that ends.
crashes() {
  local a signal
  for signal; do
    hold a
    kill "-$signal" "$HELD"
    eventually gone "$HELD"
    exec {a}>&-
  done
}

@test "an address whose processes crash is refused, and others are served" {
  listens --crash-pause 3600 --retry-after 7 PORT "$SITE"
  crashes ABRT ILL SYS
  serves
  not logs refusing
  crashes TRAP
  get
  [ "$code" = 503 ]
  [[ $answer == *$'\r\nRetry-After: 7\r\n'* ]]
  logs 'was killed by signal 6'
  logs 'refusing 127.0.0.1 for 3600 s: its processes have crashed'
  eventually logs 'refused 1 connection, of 127.0.0.1: its processes have crashed'
  serves ::1
  # A reload is a new beginning.
  kill -HUP $PID
  eventually logs reloaded
  eventually serves
}

@test "it is served again after --crash-pause" {
  listens --crash-pause 0.2 127.0.0.1:PORT "$SITE"
  crashes ABRT ABRT ABRT ABRT
  eventually serves
}

@test "who is told to end has not crashed, nor has a PROGRAM, or what a proxy sends" {
  listens --crash-pause 3600 127.0.0.1:PORT "$SITE"
  crashes KILL KILL USR1 KILL KILL
  serves
  listens --crash-pause 3600 127.0.0.1:PORT -- sleep 100
  crashes ABRT ABRT ABRT ABRT ABRT
  hold a
  listens --crash-pause 3600 --trust-forwarded 127.0.0.1 127.0.0.1:PORT "$SITE"
  crashes ABRT ABRT ABRT ABRT ABRT
  serves
  listens --crash-pause 0 127.0.0.1:PORT "$SITE"
  crashes ABRT ABRT ABRT ABRT ABRT
  serves
}

# --- trouble

@test "without descriptors it waits, and neither spins nor ends" {
  command -v prlimit || skip "needs prlimit"
  local a before after
  listens 127.0.0.1:PORT "$SITE"
  fds $PID
  prlimit --pid $PID --nofile=${#FDS[@]}:1024
  connect a
  ask $a /
  eventually logs 'accept: '
  read -r -a before <"/proc/$PID/stat"
  pause 0.2
  read -r -a after <"/proc/$PID/stat"
  # Ticks of 10 ms, of itself and the kernel for it.
  [ $((after[13] + after[14] - before[13] - before[14])) -le 2 ]
  [ "$(grep -c 'accept: ' "$LOG")" = 1 ]
  prlimit --pid $PID --nofile=1024:1024
  read -r -t 5 -u $a
  [[ $REPLY == 'HTTP/1.1 200 '* ]]
}

@test "without processes it says 503, and goes on" {
  command -v prlimit && command -v setpriv || skip "needs prlimit, setpriv"
  needs_root
  # A user that has no other process.
  local as=(setpriv --reuid 64321 --regid 64321 --clear-groups)
  # Its monitor is one too.
  UNDER=("${as[@]}" prlimit --nproc=2:8)
  listens 127.0.0.1:PORT /
  get
  [ "$code" = 503 ]
  eventually logs 'refused 1 connection, of 127.0.0.1: no process for it: Resource'
  "${as[@]}" prlimit --pid $PID --nproc=8:8
  serves_root
}
