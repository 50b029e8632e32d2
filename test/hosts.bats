#!/usr/bin/env bats
# Each of examples/hosts/ with the real program that it is for, and what every
# host has to let through.
load helper

setup_file() {
  site
  export DIR=$BATS_FILE_TMPDIR OPTIONS=$BATS_FILE_TMPDIR/options
  mkdir -p "$SITE/cgi"
  printf '#!/bin/sh\necho "Content-Type: text/plain"; echo; env\n' >"$SITE/cgi/env"
  printf '#!/bin/sh\nsum=$(cksum); echo "Content-Type: text/plain"; echo; echo "$sum"\n' \
    >"$SITE/cgi/sum"
  # What is open in itself, and in the perch that has started it.
  cat >"$SITE/cgi/open" <<'END'
#!/bin/sh
echo 'Content-Type: text/plain'
echo
for process in self $PPID; do
  ls -l /proc/$process/fd |
    sed -nE "s/.* ([0-9]+) -> ([^[]*).*/$process \1 \2/p"
done | sed -E "s/^$PPID/perch/; s,/proc/[0-9]*,/proc,"
END
  chmod +x "$SITE"/cgi/*
  head -c 1048576 /dev/urandom >"$SITE/big"
  # Known by its path, when we look whether one is left.
  cp "$TOP/examples/ws-echo" "$DIR"
  cat >"$OPTIONS" <<END
echo /echo
cgi /cgi/
websocket /ws packets $DIR/ws-echo
END
  # test/deps hosts puts it there.
  export INETD=${INETD:-$(command -v inetd || echo "$TOP/build/hosts/usr/sbin/inetd")}
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  HOST= FIRST= ADDRESS=127.0.0.9 CURL=(--interface 127.0.0.9)
  at $((20000 + RANDOM % 12000))
}

teardown() {
  end_host
  [ -z "$FIRST" ] || kill "$FIRST" || true
  [ -z "${LOAD:-}" ] || kill "$LOAD" || true
  [ -z "${REDIS:-}" ] || { kill "$REDIS" && wait "$REDIS"; } || true
  unlisten
}

# at PORT: where the host is, or will be, for socat and for curl.
at() {
  PORT=$1
  WIRE=TCP:127.0.0.1:$PORT
  URL=http://127.0.0.1:$PORT
}

# needs COMMAND PACKAGE
needs() {
  local why
  why=$(missing "$1" curl socat)
  [ -z "$why" ] || skip "$why (Debian's $2)"
}

# example NAME: the example with ports, paths and options of the test, as
# NAME here. Nobody has to be another user, for which one must be root.
example() {
  mkdir -p "./$(dirname "$1")"
  sed -E "s,/usr/local/bin/,$BIN/,g; s,/srv/www,--config $OPTIONS $SITE,g
    s,0\.0\.0\.0,127.0.0.1,g; s,([: ])(80|443)\b,\1$PORT,g; s,^http stream,127.0.0.1:$PORT stream,
    s,www-data,$(id -un),g; s,-u 33 -g 33 0 ,127.0.0.1 ,; s,s6-setuidgid [a-z]+ ,,
    s,--user [^ ]+ ,,; s,(--ready-fd 3) ,\1 127.0.0.1:,
    s,(port +=) $PORT,\1 $PORT,; s,/etc/perch/,$PWD/,; s,/run/perch,$PWD/perch,
    s,/var/log/perch,$PWD/log," \
    "$TOP/examples/hosts/$1" >"$1"
  chmod +x "$1"
}

# begin COMMAND...: runs the host in the background until $WIRE is open.
begin() {
  "$@" </dev/null >>host.log 2>&1 3>&- &
  HOST=$!
  eventually is_open || {
    cat host.log
    return 1
  }
}

is_open() {
  case $WIRE in
  UNIX:*) [ -S "${WIRE#UNIX:}" ] ;;
  # shellcheck disable=SC2188
  *) { : <>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null ;;
  esac
}

end_host() {
  [ -z "$HOST" ] || { kill "${KILL:--TERM}" "$HOST" && wait "$HOST"; } || true
  HOST=
}

# eventually COMMAND...: until it succeeds.
eventually() {
  for _ in {1..200}; do
    "$@" && return
    sleep 0.05
  done
  echo "never: $*"
  return 1
}

is_served() {
  [ "$(curl -sS -m 20 "${CURL[@]}" "$URL/" 2>&1)" = small ]
}

# serves: what every host must let through, from a client at 127.0.0.9. Where
# not all hosts are alike:
#   CURL         options of curl
#   WIRE         what socat connects to
#   ADDRESS      what perch is told about the client
#   LAUNCHED     what it has open beside what is its own
#   NO_WEBSOCKET the transport does not allow them
serves() {
  local curl=(curl -sS -m 20 "${CURL[@]}")

  echo "two requests on a connection"
  run "${curl[@]}" "$URL/" "$URL/" -w '%{http_code} %{num_connects}\n'
  echo "$output"
  [ "$output" = $'small\n200 1\nsmall\n200 0' ]

  echo "a large file"
  "${curl[@]}" "$URL/big" | cmp - "$SITE/big"

  echo "content in chunks, to and fro"
  "${curl[@]}" -H 'Expect:' -T - "$URL/echo" -X POST <"$SITE/big" | cmp - "$SITE/big"

  echo "the client's address"
  run "${curl[@]}" "$URL/cgi/env"
  echo "$output"
  [[ $'\n'$output$'\n' == *$'\nREMOTE_ADDR='"$ADDRESS"$'\n'* ]]

  echo "no descriptor but its own"
  run "${curl[@]}" "$URL/cgi/open"
  echo "$output"
  own <<<"$output" >own
  {
    printf 'GET /cgi/open HTTP/1.0\r\n\r\n' |
      perch --config "$OPTIONS" --log none "$SITE" | own
    [ -z "${LAUNCHED:-}" ] || echo "$LAUNCHED"
  } | sort >want
  # A launcher's broker, which starts programs, has sockets of them all.
  if [ -n "${LAUNCHED:-}" ]; then
    cmp <(sort -u own) <(sort -u want)
  else
    cmp own want
  fi
  refute grep -vE '^(perch|self [012] pipe:|self 3 /proc/fd)' <<<"$output"

  echo "an answer and a refusal, and no byte of the log"
  printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /%%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' >two
  # Not all hosts let a client end its side.
  socat -,ignoreeof "$WIRE" <two | undated >reply
  perch --config "$OPTIONS" "$SITE" <two 2>want.log | undated >want
  grep '^perch: .* 400: ' want.log
  [ "$(grep -c '^http' want)" = 2 ]
  cmp reply want

  if [ -z "${NO_WEBSOCKET:-}" ]; then
    echo "a WebSocket"
    echoes
  fi

  echo "no process left"
  eventually none_left
}

# undated: a response without its date, in lower case, as some proxies have it.
# A tag is weak for two seconds, which may end between two requests.
undated() { tr A-Z a-z | sed '/^date: /d; s,^etag: w/,etag: ,'; }

# own: of what /cgi/open says, what perch has beside the first three.
own() { sed -nE 's/^perch ([3-9]|[1-9][0-9]+) //p' | sort; }

none_left() { ! pgrep -fa "^[^ ]*perch .*$SITE|^$DIR/ws-echo"; }

# half_closes: a client that has ended its side gets its answer.
half_closes() {
  echo "a half-close"
  printf 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n' |
    socat -t 20 - "$WIRE" >reply
  tail -c 1048576 reply | cmp - "$SITE/big"
}

# websocket PATH: opens one, whose descriptors are $from and $to then.
websocket() {
  local line=''
  coproc SOCKET { exec socat - "$WIRE" 3>&-; }
  # Ours, since bash closes its own when the process ends.
  exec {from}<&"${SOCKET[0]}" {to}>&"${SOCKET[1]}"
  eval "exec ${SOCKET[1]}>&-"
  printf '%s\r\n' "GET $1 HTTP/1.1" 'Host: a' 'Connection: Upgrade' \
    'Upgrade: websocket' 'Sec-WebSocket-Version: 13' \
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' '' >&"$to"
  until [ "$line" = "$CR" ]; do
    IFS= read -r -t 20 line <&"$from"
    echo "$line"
  done >handshake
  cat handshake
  grep -q '^HTTP/1.1 101 ' handshake
  grep -qi "^Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=$CR" handshake
}

# say TO TEXT, hear FROM TEXT: a message of less than 126 bytes.
say() {
  local length
  printf -v length '\\x%02x' $((128 + ${#2}))
  printf "\\x81$length"'\0\0\0\0%s' "$2" >&"$1"
}

hear() {
  local got want
  printf -v want '\\x%02x' ${#2}
  printf -v want "\\x81$want%s" "$2"
  IFS= read -r -t 20 -N ${#want} got <&"$1"
  echo "heard: $got"
  [ "$got" = "$want" ]
}

# close_websocket FROM TO: says 1000, and hears it and then the end.
close_websocket() {
  local got
  printf '\x88\x82\0\0\0\0\x03\xe8' >&"$2"
  IFS= read -r -t 20 -d '' got <&"$1" || [ $? = 1 ]
  [ "$got" = $'\x88\x02\x03\xe8' ]
  eval "exec $1<&- $2>&-"
}

# echoes: a WebSocket's handshake, a message that comes back, and its end.
echoes() {
  local from to
  websocket /ws
  say "$to" hello
  hear "$from" hello
  close_websocket "$from" "$to"
}

@test "xinetd" {
  needs xinetd xinetd
  example xinetd.conf
  : >xinetd.log
  begin xinetd -dontfork -f "$PWD/xinetd.conf" -pidfile "$PWD/pid" -filelog "$PWD/xinetd.log"
  serves
  half_closes
}

# The packages of inetds conflict with each other, and with xinetd's: they
# may lie in a directory of their own.
@test "openbsd-inetd: a process a connection, and one launcher" {
  needs "$INETD" openbsd-inetd
  example inetd.conf
  begin "$INETD" -i "$PWD/inetd.conf"
  serves
  half_closes
  end_host
  at $((PORT + 1))
  example inetd.conf
  sed -i '/nowait/d; s/^#http /127.0.0.1:'"$PORT"' /; s/--user [^ ]* //' inetd.conf
  cat inetd.conf
  begin "$INETD" -i "$PWD/inetd.conf"
  LAUNCHED=socket: serves
  half_closes
  # It outlives inetd.
  pkill -f "^[^ ]*perch-listen .*$SITE"
}

@test "tcpserver" {
  needs tcpserver ucspi-tcp
  example tcpserver.run
  begin ./tcpserver.run
  serves
  half_closes
}

# is_down: nobody listens, and nobody is left.
is_down() {
  # shellcheck disable=SC2188
  ! { : <>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null && none_left
}

# restarts COMMAND...: what the host supervises, tcpserver or perch-listen,
# is killed and comes back.
restarts() {
  local old new
  old=$("$@")
  kill -KILL "$old"
  has_restarted() { new=$("$@") && [ "$new" != "$old" ]; }
  eventually has_restarted "$@"
  eventually is_served
}

@test "tcpserver as a service of daemontools" {
  needs tcpserver ucspi-tcp
  needs supervise daemontools
  example tcpserver.run
  mkdir service
  mv tcpserver.run service/run
  begin supervise service
  serves
  half_closes
  pid() { svstat service | sed -nE 's/.*\(pid ([0-9]+)\).*/\1/p' | grep .; }
  restarts pid
  svc -dx service
  wait "$HOST"
  HOST=
  eventually is_down
}

@test "tcpserver as a service of runit" {
  needs tcpserver ucspi-tcp
  needs runsv runit
  example tcpserver.run
  mkdir service
  mv tcpserver.run service/run
  begin runsv service
  serves
  pid() { cat service/supervise/pid; }
  restarts pid
  sv force-stop "$PWD/service"
  # Its way to say "stop, and end".
  sv exit "$PWD/service"
  wait "$HOST"
  HOST=
  eventually is_down
}

@test "s6: a service that says when it is ready, and its log" {
  needs_root
  needs s6-svscan s6
  example s6/run
  example s6/log/run
  cp "$TOP/examples/hosts/s6/notification-fd" s6
  mkdir scan
  ln -s "$PWD/s6" scan/perch
  begin s6-svscan scan
  s6-svwait -U -t 10000 scan/perch
  LAUNCHED=socket: serves
  half_closes
  pid() { s6-svstat -o pid scan/perch; }
  restarts pid
  s6-svc -wD -T 15000 -d scan/perch
  is_down
  grep -E '^[-0-9]+ [0-9:.]+ +127\.0\.0\.9 - - .*"GET /big HTTP/1.1" 200 ' log/current
  s6-svscanctl -t scan
  wait "$HOST"
  HOST=
}

@test "s6-ipcserver" {
  needs s6-ipcserver s6
  example s6-ipcserver.run
  WIRE=UNIX:$PWD/perch.sock URL=http://a ADDRESS=
  CURL=(--unix-socket "$PWD/perch.sock")
  begin ./s6-ipcserver.run
  serves
  half_closes
}

@test "socat" {
  needs socat socat
  example socat.sh
  begin ./socat.sh
  serves
  half_closes
}

@test "ncat" {
  needs ncat ncat
  example ncat.sh
  begin ./ncat.sh
  serves
}

@test "systemd-socket-activate" {
  needs systemd-socket-activate systemd
  begin systemd-socket-activate -a --inetd -l "127.0.0.1:$PORT" \
    "$BIN/perch" --config "$OPTIONS" "$SITE"
  serves
  half_closes
}

# certificate: makes cert.pem, with its key.
certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -keyout key.pem -out cert.pem 2>/dev/null
  cat key.pem >>cert.pem
}

@test "stunnel, by exec and by the PROXY protocol" {
  needs_root
  needs "${STUNNEL:-stunnel4}" stunnel4
  certificate
  example stunnel.conf
  begin "${STUNNEL:-stunnel4}" "$PWD/stunnel.conf"
  URL=https://127.0.0.1:$PORT CURL+=(-k)
  # What begin has to look at is TCP.
  WIRE=OPENSSL:127.0.0.1:$PORT,verify=0
  serves
  end_host
  local front=$((PORT + 1))
  listen --proxy-protocol --config "$OPTIONS" "$SITE"
  sed -i "/^\[https\]/,/TIMEOUT/d; /^;\[https-proxy\]/,\$ s/^;//; s/8080/$PORT/; s/^accept.*/accept = 127.0.0.1:$front/" \
    stunnel.conf
  at "$front"
  begin "${STUNNEL:-stunnel4}" "$PWD/stunnel.conf"
  URL=https://127.0.0.1:$front WIRE=OPENSSL:127.0.0.1:$front,verify=0
  LAUNCHED=socket: serves
  run curl -ksS -m 20 --interface 127.0.0.9 "$URL/cgi/env"
  echo "$output"
  [[ $'\n'$output == *$'\nREMOTE_ADDR=127.0.0.9\n'* ]]
  [[ $output == *$'\nSERVER_PORT='"$front"* ]]
}

# machine PORT LOG [OPTION]...: one of those behind HAProxy, whose pid is
# $MACHINE then. Whoever started it before may still be about to go.
machine() {
  local try
  for try in {1..20}; do
    rm -f "ready-$1"
    mkfifo "ready-$1"
    "$BIN/perch-listen" --ready-fd 9 --proxy-protocol --log common \
      --max-per-address 0 --config "$OPTIONS" "${@:3}" "127.0.0.1:$1" "$SITE" \
      9>"ready-$1" 3>&- 2>>"$2" &
    MACHINE=$!
    ! read -r <"ready-$1" || return 0
    wait "$MACHINE" || true
  done
  cat "$2"
  return 1
}

# balance [OPTION]...: HAProxy at $PORT, in front of two of those.
balance() {
  local attempt second
  # What another test has in use is left alone.
  for attempt in {1..5}; do
    ONE=$((PORT + 1)) TWO=$((PORT + 2)) second=
    if machine "$ONE" one.log "$@"; then
      FIRST=$MACHINE
      machine "$TWO" two.log "$@" && second=$MACHINE && break
      kill "$FIRST"
      FIRST=
    fi
    at $((20000 + RANDOM % 12000))
  done
  LISTENER=$second
  [ -n "$LISTENER" ]
  example haproxy.cfg
  sed -i "s/192.0.2.11:[0-9]*/127.0.0.1:$ONE/; s/192.0.2.12:[0-9]*/127.0.0.1:$TWO/; s/inter 2s/inter 50ms/; s/gt 200/gt ${RATE:-200}/" \
    haproxy.cfg
  begin haproxy -f haproxy.cfg
  eventually is_served
}

# answers LOG: there is one for curl's address.
answers() { grep -q '^127.0.0.9 - - .* 200 ' "$1"; }

both_answer() {
  is_served && answers one.log && answers two.log
}

# kill_hard: the first of them, and what it has started.
kill_hard() {
  local children
  kill -STOP "$FIRST"
  read -r -a children <"/proc/$FIRST/task/$FIRST/children" || true
  kill -KILL "$FIRST" "${children[@]}"
  wait "$FIRST" || true
  FIRST=
}

@test "HAProxy in front of two: what every host must let through" {
  needs haproxy haproxy
  balance
  # Of its own it says LOCAL, and asks for / too.
  grep '^127.0.0.1 - - .* 200 ' one.log
  eventually both_answer
  # It has the connections to perch, and closes those that are idle late.
  kill_hard
  LAUNCHED=socket: serves
  unlisten
  LISTENER=
  refute grep '^perch: .*: [^4]' two.log
}

@test "HAProxy in front of two: one is killed and comes back under load, and no request is lost" {
  needs haproxy haproxy
  needs wrk wrk
  balance
  eventually both_answer
  # Told to, it ends earlier.
  wrk -t 1 -c 8 -d 60 "$URL/" >wrk.log 2>&1 3>&- &
  LOAD=$!
  sleep 0.7
  kill_hard
  sleep 0.5
  : >one.log
  machine "$ONE" one.log
  FIRST=$MACHINE
  # It gets its share again, while the load lasts.
  eventually both_answer
  # And now in order: what is under way is answered.
  kill "$FIRST"
  wait "$FIRST"
  machine "$ONE" one.log
  FIRST=$MACHINE
  sleep 0.5
  kill -INT "$LOAD"
  wait "$LOAD"
  LOAD=
  cat wrk.log
  grep -E '^ +[0-9]{3,} requests in' wrk.log
  refute grep -E 'Socket errors|Non-2xx' wrk.log
}

@test "HAProxy in front of two: a client that connects too often is refused, others are not" {
  needs haproxy haproxy
  # So that a busy machine makes them within ten seconds.
  RATE=20 balance
  local i code
  for i in {1..40}; do
    exec {socket}<>"/dev/tcp/127.0.0.1/$PORT"
    printf 'GET / HTTP/1.0\r\n\r\n' >&"$socket"
    read -r -t 20 -u "$socket" _ code _
    exec {socket}>&-
    echo "$code"
  done >codes
  uniq -c codes
  [ "$(sed '$!d' codes)" = 429 ]
  [ "$(grep -c 200 codes)" -ge 10 ]
  is_served
  # Requests are no connections.
  run curl -sS -m 20 "${CURL[@]}" -o /dev/null "$URL/?[1-40]" -w '%{http_code}\n'
  [ "$(sort <<<"$output" | uniq -c)" = '     40 200' ]
}

@test "HAProxy in front, Redis behind: a chat over two machines" {
  needs haproxy haproxy
  needs redis-server redis-server
  local redis=$((PORT + 3)) first second
  redis-server --port $redis --bind 127.0.0.1 --save '' --dir "$PWD" \
    >redis.log 3>&- &
  REDIS=$!
  balance --websocket "/talk $TOP/examples/chat/talk-redis 127.0.0.1 $redis"
  websocket /talk
  first=("$from" "$to")
  websocket /talk
  second=("$from" "$to")
  two_listen() {
    [ "$(redis-cli -p $redis pubsub numsub chat | tail -1)" = 2 ]
  }
  eventually two_listen
  say "${first[1]}" 'one: <hello>'
  hear "${first[0]}" 'one: <hello>'
  hear "${second[0]}" 'one: <hello>'
  say "${second[1]}" 'two: bye'
  hear "${first[0]}" 'two: bye'
  hear "${second[0]}" 'two: bye'
  close_websocket "${first[@]}"
  close_websocket "${second[@]}"
  # The one with fewer connections gets the next: each had one.
  one_each() { grep -q '"GET /talk .* 101 ' one.log && grep -q '"GET /talk .* 101 ' two.log; }
  eventually one_each
}

@test "nginx in front, over a unix socket and with the clients' addresses" {
  needs nginx nginx
  example nginx.conf
  sed -i "1i daemon off; pid $PWD/nginx.pid; error_log $PWD/error.log; user $(id -un);
    s,^http {,http { access_log off; client_body_temp_path $PWD/b; proxy_temp_path $PWD/p; fastcgi_temp_path $PWD/f; uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s;," \
    nginx.conf
  "$BIN/perch-listen" --trust-forwarded unix --max-per-address 0 \
    --config "$OPTIONS" "unix:$PWD/perch.sock" "$SITE" 3>&- 2>perch.log &
  LISTENER=$!
  begin nginx -p "$PWD" -e "$PWD/error.log" -c "$PWD/nginx.conf"
  run curl -sS -m 20 --interface 127.0.0.9 "$URL/" "$URL/" -w '%{http_code} %{num_connects}\n'
  [ "$output" = $'small\n200 1\nsmall\n200 0' ]
  curl -sS -m 20 "$URL/big" | cmp - "$SITE/big"
  # Not to /echo: nginx stops reading content once its response comes.
  run curl -sS -m 20 -T - -X POST "$URL/cgi/sum" <"$SITE/big"
  [ "$output" = "$(cksum <"$SITE/big")" ]
  echoes
  # What a client says of itself is not believed.
  for field in 'X-Forwarded-For: 192.0.2.1' 'Forwarded: for=192.0.2.1'; do
    run curl -sS -m 20 --interface 127.0.0.9 -H "$field" "$URL/cgi/env"
    echo "$output"
    [[ $'\n'$output == *$'\nREMOTE_ADDR=127.0.0.9\n'* ]]
  done
}

@test "ssh: a directory of another machine, by a key that may do nothing else" {
  needs socat socat
  needs /usr/sbin/sshd openssh-server
  local daemon=$((PORT + 1)) user
  user=$(id -un)
  ssh-keygen -q -t ed25519 -N '' -f host
  ssh-keygen -q -t ed25519 -N '' -f key
  echo "restrict,command=\"$BIN/perch --config $OPTIONS $SITE\" $(<key.pub)" >keys
  # Where it is root that starts it, it wants this directory. A shell reads
  # what is at home, which may take it seconds.
  [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
  /usr/sbin/sshd -D -e -f /dev/null -p "$daemon" -h "$PWD/host" \
    -o ListenAddress=127.0.0.1 -o AuthorizedKeysFile="$PWD/keys" \
    -o StrictModes=no -o UsePAM=no -o PidFile=none -o MaxStartups=100 \
    -o SetEnv=HOME="$PWD" -o PermitRootLogin=forced-commands-only 3>&- 2>sshd.log &
  FIRST=$!
  # What a user would have in ~/.ssh.
  cat >ssh_config <<END
Host machine
  HostName 127.0.0.1
  Port $daemon
  User $user
  IdentityFile $PWD/key
  IdentitiesOnly yes
  StrictHostKeyChecking accept-new
  UserKnownHostsFile $PWD/known
  LogLevel ERROR
  ControlMaster auto
  ControlPath $PWD/login
  ControlPersist 60
END
  sed "s/8080/$PORT/; s,EXEC:ssh,& -F $PWD/ssh_config," \
    "$TOP/examples/hosts/ssh.sh" >ssh.sh
  begin sh ssh.sh machine /nowhere
  # Not whom sshd has seen: it does not say so in a way that is common.
  ADDRESS='' CURL=()
  # The first connection logs in, and those after it need not.
  eventually is_served
  [ -S login ]
  serves
  half_closes
  ssh -F ssh_config -O exit machine
}

# In namespaces of its own, as a kernel would start it.
@test "initramfs: busybox, perch-listen and a site are a machine" {
  needs unshare util-linux
  needs nsenter util-linux
  needs cpio cpio
  needs busybox busybox-static
  [ "$(id -u)" = 0 ] || skip 'only root makes namespaces'
  PERCH_LISTEN=$BIN/perch-listen "$TOP/examples/hosts/initramfs" "$SITE" >image
  mkdir root
  (cd root && zcat ../image | cpio -i --quiet)
  find root -type f | sort
  at 80
  CURL=()
  unshare --mount --pid --fork --kill-child --net --uts --ipc \
    chroot root /init </dev/null >host.log 2>&1 3>&- &
  HOST=$! KILL=-KILL
  inside() {
    local init
    init=$(<"/proc/$HOST/task/$HOST/children")
    nsenter --net="/proc/${init% }/ns/net" "$@"
  }
  serves_inside() { [ "$(inside curl -sS "$URL/" 2>&1)" = small ]; }
  eventually serves_inside || head -50 host.log
  run inside curl -sS "$URL/" "$URL/" -w '%{http_code} %{num_connects}\n'
  [ "$output" = $'small\n200 1\nsmall\n200 0' ]
  inside curl -sS "$URL/big" | cmp - "$SITE/big"
  # What is killed is started again.
  inside pkill -KILL -f "^perch-listen --user perch 80 /srv/www"
  eventually serves_inside
  head -50 host.log
  grep '^127.0.0.1 - - .*"GET /big HTTP/1.1" 200 1048576 ' host.log
}
