#!/usr/bin/env bats
# The units in systemd/ under systemd itself.
load helper

# It is booted once, and what it did is looked at by the tests.
setup_file() {
  export WHY TREE=$BATS_FILE_TMPDIR/tree
  # It takes a while, and the machine must let it have namespaces: .ci/run says
  # in its last line if it did not.
  WHY='only with BOOT=1'
  [ -z "${BOOT:-}" ] || WHY=$(missing systemctl unshare ip curl wrk)
  [ -n "$WHY" ] || [ -x /lib/systemd/systemd ] || WHY='no systemd'
  [ -n "$WHY" ] || [ "$(id -u)" = 0 ] || WHY='only root may boot systemd'
  [ -n "$WHY" ] || [ -z "${QUICK:-}" ] || WHY='not with QUICK'
  [ -z "$WHY" ] || return 0

  make -s -C "$TOP" install PREFIX=/usr DESTDIR="$TREE"
  mkdir -p "$TREE/srv/www" "$TREE/etc/systemd/system"
  echo small >"$TREE/srv/www/index.html"
  # More than the buffers of a connection hold.
  truncate -s 16M "$TREE/srv/www/big"
  cat >"$TREE/etc/systemd/system/test.service" <<'END'
[Unit]
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
TimeoutStartSec=100
ExecStart=/bin/bash /test.sh
StandardOutput=file:/out/log
StandardError=file:/out/log
END
  cat >"$TREE/test.sh" <<'END'
cd /out
get() { curl -sS -m 20 "$@" 2>&1; }
journal() { journalctl --no-pager -o cat "$@"; }
# ask: the status line of a connection of its own.
ask() {
  exec 3<>/dev/tcp/127.0.0.1/80 && printf 'GET / HTTP/1.0\r\n\r\n' >&3 &&
    read -r -t 60 -u 3 line 2>/dev/null
  echo "${line%$'\r'}"
}
# eventually COMMAND...
eventually() {
  for _ in {1..200}; do "$@" && return; sleep 0.1; done
  echo "never: $*"
}
code() { get -o /dev/null -w '%{http_code}\n' "$@" http://127.0.0.1/; }
serves() { [ "$(code)" = 200 ]; }
# hold COUNT: connections that say nothing, in $held.
hold() {
  held=()
  while [ ${#held[@]} -lt $1 ]; do
    exec {fd}<>/dev/tcp/127.0.0.1/80 && held+=($fd)
  done
}
release() { for fd in "${held[@]}"; do eval "exec $fd>&-"; done; }
# answers: how many of those answer.
answers() {
  for fd in "${held[@]}"; do
    printf 'GET / HTTP/1.0\r\n\r\n' >&$fd
    read -r -t 20 line <&$fd && echo "$line"
  done 2>/dev/null | grep -c '^HTTP/1.1 200 '
}
are() { [ "$(pgrep -cx "$1" ${3:+-P $3})" = "$2" ]; }
trap '' PIPE

systemd-sysusers
systemctl start perch.socket
get http://127.0.0.1/ 'http://[::1]/' >each
get http://127.0.0.1/big | wc -c >>each
get -o /dev/null -w '%{http_code}\n' http://127.0.0.1/%00 >>each
sleep 0.5
journal -u 'perch@*' >each.journal
for _ in {1..400}; do ask & done 2>/dev/null >burst
wait
sleep 1
systemctl is-active perch.socket >after
ask >>after

# From here on nobody is sent away for being slow on a slow machine.
for unit in 'perch@.service:perch' 'perch-listen.service:perch-listen'; do
  mkdir /run/systemd/system/${unit%:*}.d
  command=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/${unit%:*})
  printf '[Service]\nExecStart=\nExecStart=%s\n' \
    "${command/ / --header-timeout 100 }" \
    >/run/systemd/system/${unit%:*}.d/slow.conf
done
systemctl daemon-reload
none_left() { are perch 0; }
eventually none_left
hold 70
full() { are perch 64; }
eventually full
{
  get http://127.0.0.1/ | sed 's/ .*//'
  code --interface 127.0.0.2
  release
  eventually none_left
  eventually serves
  code
} >limit
journal -u perch.socket >limit.journal

eventually none_left
hold 2
two() { are perch 2; }
eventually two
kill -SEGV $(pgrep -xo perch)
{ answers; code; } >crash
release
systemctl --failed --no-legend >failed
curl -sS --limit-rate 6M http://127.0.0.1/big 2>&1 | wc -c >let &
one() { are perch 1; }
eventually one
systemctl stop perch.socket
wait
systemctl stop system-perch.slice

systemctl start perch-listen.socket
get http://127.0.0.1/ 'http://[::1]/' >one
get http://127.0.0.1/big | wc -c >>one
pid=$(systemctl show -P MainPID perch-listen.service)
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/$pid/status >status
wrk -t 1 -c 8 -d 100 -H 'Connection: close' http://127.0.0.1/ >loaded 2>&1 &
load=$!
for _ in 1 2 3; do sleep 0.5; systemctl restart perch-listen.service; done
for _ in 1 2 3; do sleep 0.3; systemctl reload perch-listen.service; done
sleep 0.5
kill -INT $load
wait
journal -u perch-listen.service >one.journal

pid=$(systemctl show -P MainPID perch-listen.service)
none_left() { are perch-listen 0 $pid; }
full() { are perch-listen 64 $pid; }
two() { are perch-listen 2 $pid; }
eventually none_left
hold 70
eventually full
{
  code
  code --interface 127.0.0.2
  release
  eventually none_left
  code
} >one.limit
eventually none_left
hold 2
eventually two
kill -SEGV $(pgrep -xo perch-listen -P $pid)
{ answers; code; systemctl show -P MainPID perch-listen.service; } >one.crash
echo $pid >>one.crash
release
logs() {
  journal -u perch-listen.service -p err >errors
  journal -u perch-listen.service >all.journal
  [ -s errors ] && grep -q refused all.journal
}
eventually logs

curl -sS --limit-rate 6M http://127.0.0.1/big 2>&1 | wc -c >drained &
one() { are perch-listen 1 $pid; }
eventually one
systemctl stop perch-listen.socket perch-listen.service
wait
pgrep perch >>drained
systemctl --failed --no-legend >>failed
END
  local status=0
  timeout 120 "$TOP/test/boot" "$TREE" >"$BATS_FILE_TMPDIR/boot.log" 2>&1 ||
    status=$?
  [ "$status" != 77 ] || WHY=$(tail -1 "$BATS_FILE_TMPDIR/boot.log")
  echo "$status" >"$TREE/out/rc"
}

setup() {
  [ -z "$WHY" ] || skip "$WHY"
  cat "$BATS_FILE_TMPDIR/boot.log"
  cd "$TREE/out"
  cat log
}

# is FILE TEXT
is() {
  local text
  text=$(<"$1")
  echo "$1: $text"
  [ "$text" = "$2" ]
}

@test "systemd boots, and ends what it was started for" {
  is rc 0
}

@test "perch.socket serves each connection by a perch of its own, whose log is the journal" {
  is each $'small\nsmall\n16777216\n400'
  cat each.journal
  [ "$(wc -l <each.journal)" = 5 ]
  [ "$(grep -c '^127.0.0.1 - - .* 200 ' each.journal)" = 2 ]
  grep '^::1 - - .* 200 ' each.journal
  grep '^perch: 127.0.0.1: 400: %00 in the path$' each.journal
}

@test "400 connections of one client at a time are served as far as they may be, and the socket stays" {
  sort burst | uniq -c
  # 64 at a time, of which some may still be those before; how many there are
  # in all goes by how fast they are.
  [ "$(grep -cx 'HTTP/1.1 200 OK' burst)" -ge 60 ]
  [ "$(grep -cx 'HTTP/1.1 200 OK\|' burst)" = 400 ]
  is after $'active\nHTTP/1.1 200 OK'
}

@test "perch-listen.service serves, without a privilege" {
  is one $'small\nsmall\n16777216'
  is status $'CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2'
}

@test "perch.socket: more than 64 of one address are refused, others served, and that one again when they have gone" {
  tail -3 limit.journal
  [[ $(<limit) == 'curl:'*$'\n200\n200' ]]
  grep 'Too many incoming connections ([0-9]*) from source 127.0.0.1, dropping' limit.journal
}

@test "perch.socket: a connection that crashes takes no other along, and leaves nothing" {
  is crash $'1\n200'
}

@test "perch.socket: a response under way is finished when the socket stops" {
  is let 16777216
}

@test "no connection is lost when perch-listen.service is restarted or reloaded under load" {
  cat loaded
  grep -v '" 200 ' one.journal
  grep -E '^ +[0-9]{3,} requests in' loaded
  refute grep -E 'Socket errors|Non-2xx' loaded
  refute grep 'killed by signal' one.journal
  [ "$(grep -c '^perch-listen: reloaded$' one.journal)" = 3 ]
}

@test "perch-listen.service: more than 64 of one address are told 503, others served, and that one again" {
  grep -v '" 200 ' all.journal
  is one.limit $'503\n200\n200'
  grep '^perch-listen: refused [0-9]* connections\?, .*of 127.0.0.1: too many connections of one address$' all.journal
}

@test "perch-listen.service: a connection that crashes takes no other along, and is an error in the journal" {
  { read -r answers && read -r code && read -r now && read -r before; } <one.crash
  [ "$answers $code" = '1 200' ]
  [ "$now" = "$before" ]
  cat errors
  [ "$(wc -l <errors)" = 1 ]
  grep '^perch-listen: process [0-9]* was killed by signal 11$' errors
}

@test "it stops when what is under way has been served, and nothing is left or has failed" {
  is drained 16777216
  is failed ''
}
