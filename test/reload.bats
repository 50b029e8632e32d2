#!/usr/bin/env bats
# perch-listen: SIGTERM and SIGHUP.
load helper
load launcher

# --- the end

@test "SIGTERM lets a download finish, and takes no other" {
  local a
  listens 127.0.0.1:PORT "$SITE"
  hold_big a
  kill -TERM $PID
  eventually refuses
  kill -0 $PID
  has_rest $a
  exits 0 $PID
}

@test "SIGTERM ends idle connections at once" {
  local a
  listens 127.0.0.1:PORT "$SITE"
  hold a
  ask $a /
  read -r -t 5 -u $a
  kill -TERM $PID
  exits 0 $PID
}

@test "SIGTERM does not lose a request that a new connection is about to send" {
  local a answer
  for exec in '' --exec; do
    listens $exec 127.0.0.1:PORT "$SITE"
    hold a
    kill -TERM $PID
    eventually refuses
    ask $a /
    IFS= read -r -d '' -t 5 -u $a answer || true
    [[ $answer == 'HTTP/1.1 200 '*small* ]]
    exits 0 $PID
  done
}

@test "--grace is how long a stalled client may last" {
  local a
  listens --grace 0.2 127.0.0.1:PORT "$SITE"
  hold_big a
  kill -TERM $PID
  pause 0.1
  kill -0 $PID
  exits 0 $PID
  gone "$HELD"
}

@test "--grace 0 waits for nobody" {
  local a
  listens --grace 0 127.0.0.1:PORT "$SITE"
  hold_big a
  kill -INT $PID
  exits 0 $PID
  gone "$HELD"
}

@test "a second SIGTERM ends the grace" {
  local a
  listens --grace 60 127.0.0.1:PORT "$SITE"
  hold_big a
  kill -TERM $PID
  eventually refuses
  kill -0 $PID
  kill -TERM $PID
  exits 0 $PID
  gone "$HELD"
}

@test "SIGINT of a terminal does not tear responses off" {
  local a
  listens 127.0.0.1:PORT "$SITE"
  hold a
  kill -INT "$HELD"
  kill -HUP "$HELD"
  ask $a /
  read -r -t 5 -u $a
  [ "$REPLY" = "HTTP/1.1 200 OK$CR" ]
  serves
  kill -INT $PID
  exits 0 $PID
}

# --- reload

@test "SIGHUP under load loses no connection" {
  listens --log none --max-per-address 0 127.0.0.1:PORT "$SITE"
  # Prints how many of 150 connections, or as many as 8 seconds let through,
  # did not bring the whole answer.
  perl -MIO::Socket::INET -e '
    alarm 40;
    local $SIG{PIPE} = "IGNORE";
    my ($failed, $end) = (0, time + 8);
    for (1..150) {
      last if time > $end;
      my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]");
      if (!$s) { $failed++; next }
      print $s "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      my $answer = join "", <$s>;
      $answer =~ /^HTTP\/1.1 200 .*\nsmall\n$/s or $failed++;
    }
    print $failed;' $PORT >failed 3>&- &
  local load=$!
  while kill -0 $load 2>/dev/null; do
    kill -HUP $PID
    pause 0.02
  done
  wait $load
  [ "$(<failed)" = 0 ]
  [ "$(grep -c reloaded "$LOG")" -gt 2 ]
  kill -TERM $PID
  exits 0 $PID
}

@test "SIGTERM is not lost in a reload" {
  strace -o /dev/null true 2>/dev/null || skip "needs strace"
  # LeakSanitizer cannot look while another traces.
  export ASAN_OPTIONS=detect_leaks=0
  # Of the old image, just before it executes the new one.
  CLOSES=0.1
  UNDER=(strace -D -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=memfd_create
    -e inject=memfd_create:delay_enter=300000)
  listens 127.0.0.1:PORT "$SITE"
  kill -HUP $PID
  pause 0.2
  kill -TERM $PID
  exits 0 $PID
}

@test "SIGHUP makes new options take effect" {
  echo 'header / X-Version: 1' >config
  listens --config config 127.0.0.1:PORT "$SITE"
  has_version 1
  echo 'header / X-Version: 2' >config
  kill -HUP $PID
  eventually logs reloaded
  has_version 2
  # And once more, from the second image.
  echo 'header / X-Version: 3' >config
  kill -HUP $PID
  eventually has_version 3
}

has_version() {
  get
  [[ $answer == *"X-Version: $1"* ]]
}

@test "SIGHUP with wrong options changes nothing" {
  echo 'header / X-Version: 1' >config
  listens --config config 127.0.0.1:PORT "$SITE"
  echo 'no-such-option' >config
  kill -HUP $PID
  eventually logs 'not reloaded: the new options are refused'
  eventually logs 'config: line 1: no-such-option'
  has_version 1
  echo 'header / X-Version: 2' >config
  kill -HUP $PID
  eventually has_version 2
}

@test "SIGHUP keeps children: limits, waiting, the end" {
  local a b
  listens --grace 60 --max-connections 2 127.0.0.1:PORT "$SITE"
  hold a
  hold_big b
  kill -HUP $PID
  eventually logs reloaded
  has_children 2
  get
  [ "$code" = 503 ]
  exec {a}>&-
  eventually has_children 1
  serves
  kill -TERM $PID
  eventually refuses
  kill -0 "$HELD"
  kill -TERM $PID
  exits 0 $PID
  gone "$HELD"
}

@test "SIGHUP executes a new binary, unless that is broken" {
  needs_root
  cp "$LISTEN" program
  LISTEN=./program listens 127.0.0.1:PORT "$SITE"
  cp "$LISTEN" new
  mv new program
  [[ $(readlink /proc/$PID/exe) == *'(deleted)' ]]
  kill -HUP $PID
  eventually logs reloaded
  [[ $(readlink /proc/$PID/exe) == */program ]]
  echo 'exit 1' >new
  chmod +x new
  mv new program
  kill -HUP $PID
  eventually logs 'not reloaded'
  serves
}

@test "SIGHUP keeps descriptors, unix sockets and systemd's" {
  local other launcher before
  new_port
  other=$PORT
  new_port
  begin "$SUPERVISOR" tcp:$other -- \
    "$LISTEN" --ready-fd 9 "systemd,127.0.0.1:$PORT,unix:$PWD/s" "$SITE"
  has_children 1
  fds "${CHILDREN[0]}"
  before=${#FDS[@]}
  kill -HUP $PID
  eventually logs reloaded
  fds "${CHILDREN[0]}"
  [ "${#FDS[@]}" = "$before" ]
  serves
  PORT=$other serves
  serves_unix
  kill -TERM $PID
  exits 0 $PID
  [ ! -e s ]
}

@test "of sockets handed over, those that stay do, others come and go" {
  local kept
  new_port
  kept=$PORT
  new_port
  PERCH_SOCKETS="3=127.0.0.1:$kept,4=unix:$PWD/gone" "$SUPERVISOR" \
    tcp:$kept "unix:$PWD/gone" -- \
    "$LISTEN" "127.0.0.1:$kept,127.0.0.1:$PORT" "$SITE" 3>&- 2>"$LOG" &
  STARTED+=($!)
  eventually logs reloaded
  serves
  PORT=$kept serves
  [ ! -e gone ]
}

@test "SIGHUP goes on where an address cannot be had" {
  local kept
  listens 127.0.0.1:PORT "$SITE"
  local taken=$PORT
  new_port
  PERCH_SOCKETS="3=127.0.0.1:$PORT" "$SUPERVISOR" tcp:$PORT -- \
    "$LISTEN" "127.0.0.1:$PORT,127.0.0.1:$taken" "$SITE" 3>&- 2>"$LOG" &
  STARTED+=($!)
  eventually logs reloaded
  logs "127.0.0.1:$taken: Address"
  serves
}

@test "what is handed over must make sense" {
  local sockets
  for sockets in x 2=80 3 =80 3=80,y=80; do
    PERCH_SOCKETS=$sockets \
      fails 2 'PERCH_SOCKETS is malformed' 127.0.0.1:80 "$SITE"
  done
  PERCH_SOCKETS=3=80 PERCH_CHILDREN=x \
    fails 2 'PERCH_CHILDREN is malformed' 127.0.0.1:80 "$SITE"
}
