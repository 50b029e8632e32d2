#!/usr/bin/env bats
# The units in systemd/ under systemd itself.
load helper

# It is booted once, and what it did is looked at by the tests.
setup_file() {
  export WHY TREE=$BATS_FILE_TMPDIR/tree
  # It takes a minute, and the machine must let it have cgroups.
  WHY='only with BOOT=1'
  [ -z "${BOOT:-}" ] || WHY=$(missing systemctl unshare ip curl)
  [ -n "$WHY" ] || [ -x /lib/systemd/systemd ] || WHY='no systemd'
  [ -n "$WHY" ] || [ "$(id -u)" = 0 ] || WHY='only root may boot systemd'
  [ -n "$WHY" ] || [ -z "${QUICK:-}" ] || WHY='not with QUICK'
  [ -z "$WHY" ] || return 0

  make -s -C "$TOP" install PREFIX=/usr DESTDIR="$TREE"
  mkdir -p "$TREE/srv/www" "$TREE/etc/systemd/system"
  echo small >"$TREE/srv/www/index.html"
  head -c 1048576 /dev/zero >"$TREE/srv/www/big"
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
# load: the statuses of 100 requests, one after the other.
load() {
  for _ in {1..100}; do
    get -o /dev/null -w '%{http_code}\n' http://127.0.0.1/
  done | sort | uniq -c
}

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
systemctl --failed --no-legend >failed
systemctl stop perch.socket system-perch.slice

systemctl start perch-listen.socket
get http://127.0.0.1/ 'http://[::1]/' >one
get http://127.0.0.1/big | wc -c >>one
pid=$(systemctl show -P MainPID perch-listen.service)
grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/$pid/status >status
for _ in 1 2 3; do load & done >loaded
for _ in 1 2 3; do sleep 0.3; systemctl restart perch-listen.service; done
for _ in 1 2 3; do sleep 0.1; systemctl reload perch-listen.service; done
wait
journal -u perch-listen.service >one.journal
pid=$(systemctl show -P MainPID perch-listen.service)
curl -sS --limit-rate 500k http://127.0.0.1/big 2>&1 | wc -c >drained &
sleep 0.5
systemctl stop perch-listen.socket perch-listen.service
wait
pgrep perch >>drained
systemctl --failed --no-legend >>failed
END
  status=0
  timeout 120 "$TOP/test/boot" "$TREE" >"$BATS_FILE_TMPDIR/boot.log" 2>&1 ||
    status=$?
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
  is each $'small\nsmall\n1048576\n400'
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
  is one $'small\nsmall\n1048576'
  is status $'CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2'
}

@test "no connection is lost when perch-listen.service is restarted or reloaded under load" {
  is loaded $'    100 200\n    100 200\n    100 200'
  cat one.journal
  refute grep 'killed by signal' one.journal
  [ "$(grep -c '^perch-listen: reloaded$' one.journal)" = 3 ]
}

@test "it stops when what is under way has been served, and nothing is left or has failed" {
  is drained 1048576
  is failed ''
}
