#!/usr/bin/env bats
# perch-tls: handshakes, certificates, sessions, and HTTP over them.
load helper
load launcher

LISTEN=$BIN/perch-tls

# certificate NAME KEY SAN...: NAME.pem and NAME.key, signed by themselves.
certificate() {
  local name=$1 key=("$2") names
  [ "$2" != ec ] || key=(ec -pkeyopt ec_paramgen_curve:P-256)
  shift 2
  printf -v names ',DNS:%s' "$@"
  openssl req -x509 -newkey "${key[@]}" -nodes -days 2 -subj "/CN=$name" \
    -keyout "$name.key" -out "$name.pem" \
    -addext "subjectAltName=${names#,}" 2>/dev/null
}


eval "launcher_$(declare -f setup_file)"
setup_file() {
  [ -x "$BIN/perch-tls" ] || return 0
  launcher_setup_file
  export C=$BATS_FILE_TMPDIR/c
  mkdir -p "$C" "$SITE/cgi" "$SITE/.well-known/acme-challenge"
  echo token >"$SITE/.well-known/acme-challenge/t"
  cd "$C"
  certificate ec ec localhost a.test '*.wild.test'
  certificate rsa rsa:2048 localhost a.test
  certificate other ec other.test
  certificate client ec some.body
  certificate stranger ec some.body
  cat >"$SITE/cgi/env" <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
env | grep -E '^(HTTPS|SSL_|REMOTE_ADDR)'
END
  cat >"$SITE/cgi/pem" <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n%s' "$SSL_CLIENT_CERT"
END
  cat >"$SITE/cgi/cat" <<'END'
#!/bin/sh
printf 'Content-Type: application/octet-stream\r\n\r\n'
exec cat
END
  chmod +x "$SITE"/cgi/*
}

eval "launcher_$(declare -f setup)"
setup() {
  [ -x "$BIN/perch-tls" ] || skip 'no perch-tls'
  launcher_setup
}

# tls ARG...: perch-tls with the certificate ec, serving $SITE.
tls() {
  listens --tls-cert "$C/ec.pem" --tls-key "$C/ec.key" "$@" 127.0.0.1:PORT "$SITE"
}

# fetch [CURL-ARGUMENT]... TARGET
fetch() {
  curl -sS --max-time 20 --cacert "$C/ec.pem" "${@:1:$#-1}" \
    --resolve "*:$PORT:127.0.0.1" "https://localhost:$PORT${!#}"
}

# s_client ARG...: $output is what it says, of a connection without a request.
s_client() {
  run timeout 20 openssl s_client -connect "127.0.0.1:$PORT" "$@" </dev/null
}

@test "a file comes by TLS 1.2 and 1.3, small and large, in ranges, kept alive" {
  tls
  for version in 1.2 1.3; do
    options=(--tlsv$version --tls-max $version)
    [ "$(fetch "${options[@]}" -w '%{num_connects}' /)" = $'small\n1' ]
    fetch "${options[@]}" -o big /big
    cmp big "$SITE/big"
    [ "$(fetch "${options[@]}" -r 3-1000002 /big | wc -c)" = 1000000 ]
    fetch "${options[@]}" -o /dev/null -w '%{num_connects}' "/[1-5]" >connects
    [ "$(cat connects)" = 10000 ]
  done
  s_client -tls1_1 -cipher DEFAULT@SECLEVEL=0
  [[ $output == *'New, (NONE), Cipher is (NONE)'* ]]
}

@test "--tls-min 1.3 and --tls-ciphers leave out what they leave out" {
  tls --tls-min 1.3
  s_client -tls1_2
  [[ $output == *'Cipher is (NONE)'* ]]
  fetch /
  tls --tls-ciphers ECDHE-ECDSA-CHACHA20-POLY1305
  s_client -tls1_2
  [[ $output == *'Cipher is ECDHE-ECDSA-CHACHA20-POLY1305'* ]]
  s_client -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256
  [[ $output == *'Cipher is (NONE)'* ]]
}

@test "names choose certificates, and what a client can verify chooses between keys" {
  tls --tls-cert "$C/rsa.pem" --tls-key "$C/rsa.key" \
    --tls-cert "$C/other.pem" --tls-key "$C/other.key"
  while read -r name subject; do
    s_client -servername "$name"
    echo "$name $subject"
    [[ $output == *"subject=CN = $subject"* ]]
  done <<'END'
localhost ec
A.Test ec
other.test other
x.wild.test ec
wild.test ec
nobody.test ec
END
  s_client -noservername
  [[ $output == *'subject=CN = ec'* ]]
  s_client -servername a.test -sigalgs RSA-PSS+SHA256
  [[ $output == *'subject=CN = rsa'* ]]
  # It has no RSA key.
  s_client -servername other.test -sigalgs RSA-PSS+SHA256
  [[ $output != *'subject=CN'* ]]
}

@test "a session goes on in another process, also after a reload with --tls-tickets, and not with other keys" {
  head -c 80 /dev/urandom >keys
  tls --tls-tickets keys
  for version in tls1_2 tls1_3; do
    session $version -$version
    s_client -$version -sess_in $version
    [[ $output == *Reused,* ]]
  done
  kill -HUP "$PID"
  eventually logs 'reloaded'
  s_client -tls1_3 -sess_in tls1_3
  [[ $output == *Reused,* ]]
  # An old key is good for reading, and one that is gone for nothing.
  { head -c 80 /dev/urandom; cat keys; } >more
  mv more keys
  kill -HUP "$PID"
  eventually has_lines 2 'reloaded'
  s_client -tls1_2 -sess_in tls1_2
  [[ $output == *Reused,* ]]
  head -c 80 /dev/urandom >keys
  kill -HUP "$PID"
  eventually has_lines 3 'reloaded'
  s_client -tls1_2 -sess_in tls1_2
  [[ $output == *New,* ]]
}

# session NAME ARG...: leaves a session of TLS 1.2 or 1.3 in the file NAME.
session() {
  # The ticket of 1.3 comes with the first answer.
  printf 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' |
    timeout 20 openssl s_client -connect "127.0.0.1:$PORT" -sess_out "$1" \
      "${@:2}" -quiet -ign_eof >/dev/null 2>&1
}

@test "without --tls-tickets a session goes on after reloads, but not under another policy, and not after a start" {
  cp "$C/client.pem" authority
  printf 'tls-cert %s\ntls-key %s\ntls-client-ca authority optional\n' \
    "$C/ec.pem" "$C/ec.key" >conf
  listens --config conf 127.0.0.1:PORT "$SITE"
  session 2 -tls1_2
  session 3 -tls1_3
  for count in 1 2; do
    kill -HUP "$PID"
    eventually has_lines $count reloaded
    for version in 2 3; do
      s_client -tls1_$version -sess_in $version
      [[ $output == *Reused,* ]]
    done
  done
  # Other ciphers, and other authorities behind the same name.
  echo 'tls-ciphers ECDHE+AESGCM' >>conf
  kill -HUP "$PID"
  eventually has_lines 3 reloaded
  s_client -tls1_2 -sess_in 2
  [[ $output == *New,* ]]
  session 2 -tls1_2
  cp "$C/stranger.pem" authority
  kill -HUP "$PID"
  eventually has_lines 4 reloaded
  s_client -tls1_2 -sess_in 2
  [[ $output == *New,* ]]
  session 2 -tls1_2
  kill "$PID"
  exits 0 "$PID"
  listens --config conf 127.0.0.1:PORT "$SITE"
  s_client -tls1_2 -sess_in 2
  [[ $output == *New,* ]]
}

# has_lines COUNT TEXT: the log has it so often.
has_lines() { [ "$(grep -c "$2" "$LOG")" = "$1" ]; }

@test "the protocol is http/1.1, or 1.0 at need, and who speaks only others is refused" {
  tls
  s_client -alpn h2,http/1.1
  [[ $output == *'ALPN protocol: http/1.1'* ]]
  s_client -alpn http/1.0,http/1.1
  [[ $output == *'ALPN protocol: http/1.1'* ]]
  s_client -alpn h2,http/1.0
  [[ $output == *'ALPN protocol: http/1.0'* ]]
  s_client -alpn h2
  [[ $output == *'no application protocol'* ]]
  s_client -alpn http/1.1x,ttp/1.1
  [[ $output == *'no application protocol'* ]]
  fetch --http2 -o /dev/null -w '%{http_version}' / >version
  [ "$(cat version)" = 1.1 ]
}

@test "no renegotiation, no compression, no early data" {
  tls
  { printf 'R\n'; pause 0.3; } | timeout 20 openssl s_client -tls1_2 \
    -connect "127.0.0.1:$PORT" >out 2>&1 || true
  grep -q 'no renegotiation\|handshake failure' out
  grep -q '^Compression: NONE' out
  s_client -tls1_3
  [[ $output == *'Early data was not sent'* ]]
}

@test "clients show certificates, if they are asked to, and programs are told" {
  tls --tls-client-ca "$C/client.pem" --cgi /cgi/
  run fetch /cgi/env
  [ "$status" != 0 ]
  run fetch --cert "$C/stranger.pem" --key "$C/stranger.key" /cgi/env
  [ "$status" != 0 ]
  run fetch --cert "$C/client.pem" --key "$C/client.key" --tlsv1.3 /cgi/env
  echo "$output"
  serial=$(openssl x509 -in "$C/client.pem" -noout -serial)
  for line in HTTPS=on SSL_PROTOCOL=TLSv1.3 SSL_TLS_SNI=localhost \
    SSL_CLIENT_VERIFY=SUCCESS SSL_CLIENT_S_DN=CN=client SSL_CLIENT_S_DN_CN=client \
    SSL_CLIENT_I_DN=CN=client "SSL_CLIENT_M_SERIAL=${serial#*=}"; do
    grep -qxF "$line" <<<"$output"
  done
  grep -qx 'SSL_CLIENT_V_END=.* GMT' <<<"$output"
  kill "$PID"
  tls --tls-client-ca "$C/client.pem optional" --cgi /cgi/
  run fetch /cgi/env
  grep -qx SSL_CLIENT_VERIFY=NONE <<<"$output"
  refute grep -q SSL_CLIENT_S_DN <<<"$output"
  run fetch --cert "$C/stranger.pem" --key "$C/stranger.key" /cgi/env
  [ "$status" != 0 ]
}

@test "programs get all of a client's certificate, in a session that goes on too" {
  openssl req -x509 -newkey rsa:2048 -nodes -days 9 -utf8 -keyout rich.key -out rich.pem \
    -subj '/C=DE/ST=Hessen/L=Hanau/O=Fische, Müller/OU=Teich/OU=See/CN=Änne/UID=anne/emailAddress=anne@fish.test' \
    -addext "subjectAltName=email:a@fish.test,DNS:fish.test,URI:http://x/,DNS:pond.test$(printf ',DNS:%s.test' {2..12})" 2>/dev/null
  # From the next second on, of nine days eight are left and some.
  sleep 1
  tls --tls-client-ca rich.pem --cgi /cgi/
  [ "$(fetch --cert rich.pem --key rich.key /cgi/pem)" = "$(cat rich.pem)" ]
  print=$(openssl x509 -in rich.pem -noout -fingerprint -sha256)
  print=${print#*=} print=${print//:/}
  cat >want <<END
SSL_CLIENT_FINGERPRINT=${print,,}
SSL_CLIENT_I_DN=emailAddress=anne@fish.test,UID=anne,CN=Änne,OU=See,OU=Teich,O=Fische\\, Müller,L=Hanau,ST=Hessen,C=DE
SSL_CLIENT_I_DN_CN=Änne
SSL_CLIENT_I_DN_O=Fische, Müller
SSL_CLIENT_M_SERIAL=$(openssl x509 -in rich.pem -noout -serial | sed 's/.*=//')
SSL_CLIENT_SAN_DNS_0=fish.test
SSL_CLIENT_SAN_DNS_1=pond.test
SSL_CLIENT_SAN_DNS_9=9.test
SSL_CLIENT_SAN_Email_0=a@fish.test
SSL_CLIENT_S_DN=emailAddress=anne@fish.test,UID=anne,CN=Änne,OU=See,OU=Teich,O=Fische\\, Müller,L=Hanau,ST=Hessen,C=DE
SSL_CLIENT_S_DN_C=DE
SSL_CLIENT_S_DN_CN=Änne
SSL_CLIENT_S_DN_Email=anne@fish.test
SSL_CLIENT_S_DN_L=Hanau
SSL_CLIENT_S_DN_O=Fische, Müller
SSL_CLIENT_S_DN_OU=Teich
SSL_CLIENT_S_DN_ST=Hessen
SSL_CLIENT_S_DN_UID=anne
SSL_CLIENT_VERIFY=SUCCESS
SSL_CLIENT_V_END=$(openssl x509 -in rich.pem -noout -enddate | sed 's/.*=//')
SSL_CLIENT_V_START=$(openssl x509 -in rich.pem -noout -startdate | sed 's/.*=//')
END
  for word in Initial Resumed; do
    for version in 1.2 1.3; do
      [ $word = Initial ] || resume=(-sess_in $version)
      # No chunk's end is to stand in a line.
      printf 'GET /cgi/env HTTP/1.0\r\nHost: a\r\n\r\n' |
        timeout 20 openssl s_client -connect "127.0.0.1:$PORT" -tls${version/./_} -quiet -ign_eof \
          -cert rich.pem -key rich.key -sess_out $version "${resume[@]}" >got 2>/dev/null
      cat got
      grep -qx "SSL_PROTOCOL=TLSv$version" got
      grep -qx "SSL_SESSION_RESUMED=$word" got
      while IFS= read -r line; do
        grep -qxF "$line" got || { echo "not there: $line"; false; }
      done <want
      # It is nine in the second that it was made in.
      grep -qxE 'SSL_CLIENT_V_REMAIN=[89]' got
      refute grep -q SSL_CLIENT_SAN_DNS_10 got
    done
  done
}

@test "content goes both ways at once through a program" {
  tls --cgi /cgi/
  for version in 1.2 1.3; do
    fetch --tls-max $version --data-binary "@$SITE/big" -o back /cgi/cat
    cmp back "$SITE/big"
    fetch --tls-max $version -H 'Transfer-Encoding: chunked' \
      --data-binary "@$SITE/big" -o back /cgi/cat
    cmp back "$SITE/big"
  done
}

@test "a request without TLS is told so in the clear, and noise gets nothing but an alert" {
  tls
  get /
  [[ $answer == 'HTTP/1.1 400 '*'no TLS on a port for TLS'* ]]
  logs '400: no TLS on a port for TLS'
  connect noise
  head -c 2000 /dev/zero >&"$noise"
  [ "$(timeout 10 cat <&"$noise" | wc -c)" -lt 20 ]
  # Nobody is logged who says nothing.
  connect silent
  exec {silent}>&-
  pause 0.1
  [ "$(grep -vc reloaded "$LOG")" = 3 ]
}

# talk_tls FORMAT [ARG]...: $answer is what comes back over TLS for that.
talk_tls() {
  # shellcheck disable=SC2059
  answer=$({ printf "$1"; pause "${WAIT:-0.3}"; } |
    timeout 20 openssl s_client -connect "127.0.0.1:$PORT" -quiet -ign_eof "${@:2}" 2>&1)
}

@test "close_notify is sent before the end, at a client's wish and at ours" {
  tls --idle-timeout 0.2 --header-timeout 0.3
  s_client_state() {
    { printf "$1"; pause "$2"; } | timeout 20 openssl s_client -state -ign_eof \
      -connect "127.0.0.1:$PORT" 2>&1
  }
  for request in 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' \
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n' ''; do
    s_client_state "$request" 0.5 >out
    grep -q '^SSL3 alert read:warning:close notify' out
  done
  logs '"GET / HTTP/1.1" 200 '
}

@test "a request that is cut off is not taken for a whole one" {
  tls
  # At the end of its input it says close_notify, and killed it says nothing.
  printf 'GET / HT' | timeout 20 openssl s_client -connect "127.0.0.1:$PORT" >/dev/null 2>&1
  eventually logs '400: the connection ended inside a head'
  mkfifo to
  openssl s_client -connect "127.0.0.1:$PORT" -state <to >said 2>&1 &
  exec {to}>to
  eventually grep -q 'SSL negotiation finished' said
  printf 'GET / HT' >&"$to"
  # It has arrived: what comes back shows the request behind it.
  printf 'TP/1.1\r\nHost: a\r\n\r\nGET /x HT' >&"$to"
  eventually grep -q '^small' said
  kill -KILL $!
  eventually logs 'the client is gone inside a head'
  exec {to}>&-
}

@test "a response that is cut off is not taken for a whole one" {
  # In HTTP/1.0 nothing tells its end but that of the connection.
  printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\nwhole"\n' >"$SITE/cgi/ends"
  printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\npart"\nkill -KILL $$\n' >"$SITE/cgi/crashes"
  chmod +x "$SITE"/cgi/{ends,crashes}
  tls --cgi /cgi/
  for version in tls1_2 tls1_3; do
    for name in ends crashes; do
      printf 'GET /cgi/%s HTTP/1.0\r\n\r\n' $name |
        timeout 20 openssl s_client -connect "127.0.0.1:$PORT" -$version -state -ign_eof >$name 2>&1 || true
      cat $name
    done
    grep -q '^wholeSSL3 alert read:warning:close notify' ends
    grep -q '^part' crashes
    refute grep -q 'alert read:' crashes
    grep -q 'unexpected eof' crashes
  done
  [ "$(fetch -0 /cgi/ends)" = whole ]
}

@test "who breaks a connection off leaves no process: in a handshake, in a response, without a word" {
  tls --tls-handshake-timeout 20 --max-connections 1
  connect part
  printf '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03' >&"$part"
  eventually has_children 1
  exec {part}>&-
  eventually logs 'the client has left its handshake'
  eventually has_children 0
  { printf 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n'; pause 20; } |
    openssl s_client -connect "127.0.0.1:$PORT" -quiet 2>/dev/null >got &
  client=$!
  eventually test -s got
  kill -KILL $client
  eventually logs '"GET /big HTTP/1.1"'
  eventually has_children 0
  fetch /
}

@test "a handshake that drips is ended in time" {
  tls --tls-handshake-timeout 0.5
  connect slow
  before=$EPOCHREALTIME
  {
    printf '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'
    for _ in {1..100}; do printf a 2>/dev/null || break; pause 0.05; done
  } >&"$slow" &
  timeout 10 cat <&"$slow" >/dev/null || true
  kill $! 2>/dev/null || true
  awk -v a="$before" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a >= 0.4 && b - a < 4) }'
  eventually logs 'the handshake did not end in time'
}

@test "a PROXY header comes before the handshake" {
  tls --proxy-protocol --cgi /cgi/
  run fetch --haproxy-protocol /cgi/env
  grep -qx HTTPS=on <<<"$output"
  # Both in one write, and a header of somebody else.
  perl -MSocket -e '
    my ($port, $target) = @ARGV;
    socket my $l, AF_INET, SOCK_STREAM, 0; bind $l, sockaddr_in(0, INADDR_LOOPBACK);
    listen $l, 1;
    my ($own) = sockaddr_in getsockname $l;
    open my $out, ">", "own"; print $out $own; close $out;
    alarm 15;
    accept my $c, $l; socket my $s, AF_INET, SOCK_STREAM, 0;
    connect $s, sockaddr_in($port, INADDR_LOOPBACK);
    sysread $c, my $hello, 65536;
    syswrite $s, "PROXY TCP4 192.0.2.7 192.0.2.8 1000 443\r\n$hello";
    if (fork) { while (sysread $c, my $b, 65536) { syswrite $s, $b } shutdown $s, 1 }
    else { while (sysread $s, my $b, 65536) { syswrite $c, $b } shutdown $c, 1 }
  ' "$PORT" &
  eventually test -s own
  run curl -sS --max-time 10 -k "https://127.0.0.1:$(cat own)/cgi/env"
  echo "$output"
  grep -qx REMOTE_ADDR=192.0.2.7 <<<"$output"
  get /
  [ -z "$answer" ]
}

@test "certificates that change are used after SIGHUP and by themselves; broken ones are not" {
  cp "$C"/ec.pem pem
  cp "$C"/ec.key key
  listens --tls-cert pem --tls-key key --tls-watch 0.1 127.0.0.1:PORT "$SITE"
  cp "$C/rsa.pem" new.pem
  cp "$C/rsa.key" new.key
  mv new.pem pem
  mv new.key key
  eventually logs reloaded
  s_client
  [[ $output == *'subject=CN = rsa'* ]]
  echo broken >new.pem
  mv new.pem pem
  eventually logs 'perch-tls: pem: there is no certificate in PEM'
  eventually logs 'perch-tls: not reloaded: the new options are refused'
  s_client
  [[ $output == *'subject=CN = rsa'* ]]
  kill "$PID"
  cp "$C/ec.pem" pem
  cp "$C/ec.key" key
  listens --tls-cert pem --tls-key key --tls-watch 0 127.0.0.1:PORT "$SITE"
  cp "$C"/other.pem pem
  cp "$C"/other.key key
  kill -HUP "$PID"
  eventually logs reloaded
  s_client
  [[ $output == *'subject=CN = other'* ]]
}

@test "files that are wrong are named, and so is what is wrong with them" {
  cp "$C"/{ec,rsa}.{pem,key} .
  openssl pkey -in ec.key -aes256 -passout pass:x -out locked.key
  head -c 100 ec.pem >cut.pem
  echo x >x
  : >empty
  { cat ec.pem; cat cut.pem; echo '-----END CERTIFICATE-----'; } >chain.pem
  head -c 1048577 /dev/zero >large
  fails 2 '--exec: no such option' --exec --tls-cert ec.pem 127.0.0.1:1
  fails 2 'no --tls-cert' 127.0.0.1:1 "$SITE"
  fails 2 'not a --tls-key for each --tls-cert' --tls-cert ec.pem --tls-cert rsa.pem --tls-key ec.key 127.0.0.1:1
  fails 2 'none.pem: No such file or directory' --tls-cert none.pem 127.0.0.1:1
  fails 2 'none.key: No such file or directory' --tls-cert ec.pem --tls-key none.key 127.0.0.1:1
  fails 2 'rsa.key: the key is not that of the certificate' --tls-cert ec.pem --tls-key rsa.key 127.0.0.1:1
  fails 2 'locked.key: there is no key in PEM without a password' --tls-cert ec.pem --tls-key locked.key 127.0.0.1:1
  fails 2 'cut.pem: there is no certificate in PEM' --tls-cert cut.pem 127.0.0.1:1
  fails 2 'chain.pem: a certificate behind the first is malformed' --tls-cert chain.pem --tls-key ec.key 127.0.0.1:1
  fails 2 'large: it is larger than 1 MiB' --tls-cert large 127.0.0.1:1
  fails 2 'empty: it is empty' --tls-cert ec.pem --tls-key ec.key --tls-tickets empty 127.0.0.1:1
  fails 2 'x: there is no certificate in PEM' --tls-cert ec.pem --tls-key ec.key --tls-client-ca x 127.0.0.1:1
  fails 2 'x: not one to three keys of 80 bytes' --tls-cert ec.pem --tls-key ec.key --tls-tickets x 127.0.0.1:1
  fails 2 'x: it is no OCSP response in DER' --tls-cert ec.pem --tls-key ec.key --tls-ocsp x 127.0.0.1:1
  fails 2 '--tls-client-ca: not required or optional' --tls-cert ec.pem --tls-key ec.key --tls-client-ca 'ec.pem maybe' 127.0.0.1:1
  fails 2 '--tls-client-ca: no file' --tls-cert ec.pem --tls-key ec.key --tls-client-ca '' 127.0.0.1:1
  fails 2 '--tls-min: not 1.2 or 1.3' --tls-cert ec.pem --tls-key ec.key --tls-min 1.1 127.0.0.1:1
  fails 2 'TLS: --tls-ciphers: OpenSSL knows none of them' --tls-cert ec.pem --tls-key ec.key --tls-ciphers none 127.0.0.1:1
  fails 2 '--tls-ocsp: there is no --tls-cert before it' --tls-ocsp x 127.0.0.1:1
  fails 2 '--: only perch-listen runs a PROGRAM' --tls-cert ec.pem 127.0.0.1:1 -- cat
  # Both in one file.
  cat ec.pem ec.key >both
  listens --tls-cert both 127.0.0.1:PORT "$SITE"
  fetch /
}

# ocsp NAME STATUS: what OCSP says of the certificate NAME, in DER.
ocsp() {
  local serial
  serial=$(openssl x509 -in "$C/$1.pem" -noout -serial)
  printf '%s\t%s\t%s\t%s\tunknown\t/CN=%s\n' "${2:0:1}" 991231235959Z \
    "${2:2}" "${serial#*=}" "$1" >index
  openssl ocsp -index index -CA "$C/$1.pem" -rsigner "$C/$1.pem" \
    -rkey "$C/$1.key" -issuer "$C/$1.pem" -cert "$C/$1.pem" -respout "$1.der" \
    -ndays 1 >/dev/null 2>&1
}

# dated NAME FROM TO: a certificate for that time.
dated() {
  printf '[ca]\ndefault_ca=c\n[c]\ndatabase=dates\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' >conf
  : >dates
  echo 01 >serial
  openssl req -new -key "$C/ec.key" -subj /CN=ec -out request
  openssl ca -batch -notext -selfsign -config conf -keyfile "$C/ec.key" \
    -in request -startdate "$2" -enddate "$3" -out "$1.pem" 2>/dev/null
}

@test "a certificate whose time is over, or has not come, is served, and the log says so" {
  dated old 200101000000Z 210101000000Z
  dated young 20600101000000Z 20610101000000Z
  for name in old young; do
    listens --tls-cert $name.pem --tls-key "$C/ec.key" 127.0.0.1:PORT "$SITE"
    s_client
    [[ $output == *'CN = ec'* ]]
    case $name in
    old) logs 'old.pem: the certificate has expired' ;;
    *) logs 'young.pem: the certificate is not valid yet' ;;
    esac
    kill "$PID"
  done
}

@test "what OCSP says goes along, while its time lasts" {
  ocsp ec V
  tls --tls-ocsp ec.der
  s_client -status
  [[ $output == *'OCSP Response Status: successful'* ]]
  kill "$PID"
  tls --tls-ocsp ec.der --date 4000000000
  s_client -status
  [[ $output == *'OCSP response: no response sent'* ]]
  logs 'what OCSP says of the certificate has expired'
  # Of another certificate, of one that is revoked, and a refusal to say.
  ocsp other V
  fails 2 'other.der: it is about another certificate' \
    --tls-cert "$C/ec.pem" --tls-key "$C/ec.key" --tls-ocsp other.der 127.0.0.1:1
  ocsp ec 'R 250101000000Z'
  fails 2 'ec.der: it does not say that the certificate is good' \
    --tls-cert "$C/ec.pem" --tls-key "$C/ec.key" --tls-ocsp ec.der 127.0.0.1:1
  printf '\x30\x03\x0a\x01\x06' >refusal
  fails 2 'refusal: it is no answer about a certificate' \
    --tls-cert "$C/ec.pem" --tls-key "$C/ec.key" --tls-ocsp refusal 127.0.0.1:1
}

@test "SIGTERM ends idle connections at once, and lets responses end" {
  tls
  mkfifo to
  openssl s_client -connect "127.0.0.1:$PORT" -state -ign_eof <to >idle 2>&1 &
  client=$!
  exec {to}>to
  eventually grep -q 'SSL negotiation finished' idle
  fetch --limit-rate 40M -o big /big &
  eventually test -s big
  kill "$PID"
  exits 0 "$PID"
  wait $!
  cmp big "$SITE/big"
  exec {to}>&-
  wait $client || true
  grep -q '^SSL3 alert read:warning:close notify' idle
}

@test "no two processes have the same random numbers" {
  tls
  for i in 1 2 3; do
    timeout 20 openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 -trace </dev/null 2>/dev/null |
      sed -n '/ServerHello/,/session_id/s/ *random_bytes.*: //p'
  done | sort >randoms
  cat randoms
  [ "$(wc -l <randoms)" = 3 ]
  [ "$(uniq <randoms | wc -l)" = 3 ]
}

# shows NAME: its certificate is that one.
shows() {
  s_client
  [[ $output == *"subject=CN = $1"* ]]
}

has_sockets() { [ "$(ls -l "/proc/$HELD/fd" | grep -c socket:)" = "$1" ]; }

@test "with --user keys that root alone may read are read at the start and at each reload, and nobody else can" {
  needs_root
  mkdir secret
  cp "$C/ec.pem" secret/cert
  cp "$C/ec.key" secret/key
  echo open >open
  chmod 700 secret
  chmod 600 secret/*
  # After a reload it opens its directory as that user.
  open_to_all
  printf 'tls-cert secret/cert\ntls-key secret/key\ntls-watch 0.1\n' >conf
  listens --user nobody --config conf --max-requests 2 127.0.0.1:PORT "$PWD"
  # Beside it there is what opens its files, and that has nothing else.
  has_children 1
  opener=${CHILDREN[0]}
  [ "$(ps -o user= -p "$PID" -p "$opener" | xargs)" = 'nobody root' ]
  FDS=("/proc/$opener/fd/"*)
  [ "${FDS[*]##*/}" = '0 1 2 3' ]
  # Those who serve a connection do not reach it, once they have begun.
  hold held
  eventually has_sockets 1
  exec {held}>&-
  [ "$(fetch /open)" = open ]
  [ "$(fetch -o /dev/null -w '%{http_code}' /secret/key)" = 403 ]

  # What is new is seen, though only root may look.
  cp "$C/rsa.pem" secret/cert
  cp "$C/rsa.key" secret/key
  eventually shows rsa
  [ "$(fetch --cacert "$C/rsa.pem" -o /dev/null -w '%{http_code}' /secret/key)" = 403 ]
  echo broken >secret/cert
  kill -HUP "$PID"
  eventually logs 'secret/cert: there is no certificate in PEM'
  eventually logs 'not reloaded'
  shows rsa
  cp "$C/ec.pem" secret/cert
  cp "$C/ec.key" secret/key
  eventually shows ec

  # It opens nothing that was not named when it was started.
  head -c 80 /dev/urandom >secret/tickets
  echo 'tls-tickets secret/tickets' >>conf
  kill -HUP "$PID"
  eventually logs 'secret/tickets: Permission denied'
  fetch /open
  # Nor can that user reach through the launcher, whichever image it is.
  refute setpriv --reuid=nobody --regid=nogroup --clear-groups ls "/proc/$PID/fd"

  kill "$PID"
  exits 0 "$PID"
  eventually gone "$opener"
}

@test "tickets, a last response and close_notify go in one write" {
  strace -o /dev/null true 2>/dev/null || skip 'needs strace'
  UNDER=(strace -D -f -qq -o "$PWD/trace" -e trace=sendto)
  tls
  UNDER=()
  before=0
  for attempt in {1..10}; do
    [ "$(fetch --tlsv1.3 -H 'Connection: close' /)" = small ]
    eventually has_children 0
    writes=$(($(grep -c 'sendto(' trace) - before))
    before=$((before + writes))
    cat trace
    # Tickets go alone where the client takes its time before its request.
    [ "$writes" -le 3 ]
    [ "$writes" = 3 ] || break
  done
  [ "$writes" = 2 ]
}

@test "who waits for tickets alone gets them" {
  tls
  (sleep 1) | timeout 20 openssl s_client -connect "127.0.0.1:$PORT" -tls1_3 \
    -sess_out session >/dev/null 2>&1
  [ -s session ]
}

@test "what libcrypto has of code lies on huge pages, where there are any" {
  needs_root
  grep -q '\[never\]' /sys/kernel/mm/transparent_hugepage/enabled &&
    skip 'there are no huge pages'
  before=$(grep '^thp_fault_fallback ' /proc/vmstat)
  tls
  [ "$(fetch /)" = small ]
  awk '/^AnonHugePages:/ { exit !($2 >= 2048) }' "/proc/$PID/smaps_rollup" ||
    [ "$before" != "$(grep '^thp_fault_fallback ' /proc/vmstat)" ] ||
    false
}

@test "WebSockets go over TLS" {
  [ -e /usr/lib/python3/dist-packages/websockets ] || skip 'no python3-websockets'
  tls --websocket '/cat packets '"$TOP/examples/ws-echo"
  timeout 30 /usr/bin/python3 - "$PORT" <<'END'
import asyncio, ssl, sys, os, websockets
async def main():
    context = ssl._create_unverified_context()
    async with websockets.connect('wss://localhost:%s/cat' % sys.argv[1],
                                  ssl=context, max_size=None) as ws:
        messages = [os.urandom(n) for n in (0, 1, 125, 126, 16384, 16385, 70000, 900000)]
        messages += [b'%d' % n for n in range(300)]
        async def send():
            for m in messages:
                await ws.send(m)
        task = asyncio.create_task(send())
        for m in messages:
            assert await ws.recv() == m
        await task
asyncio.run(main())
END
}

@test "the hook for certbot and acme.sh installs what was renewed" {
  mkdir etc lineage
  cp "$C/ec.pem" etc/cert.pem
  cp "$C/ec.key" etc/key.pem
  cp "$C/rsa.pem" lineage/fullchain.pem
  cp "$C/rsa.key" lineage/privkey.pem
  listens --tls-cert etc/cert.pem --tls-key etc/key.pem 127.0.0.1:PORT "$SITE"
  PERCH_DIRECTORY=etc PERCH_PID=$PID RENEWED_LINEAGE=lineage \
    "$TOP/examples/acme/deploy"
  eventually logs reloaded
  s_client
  [[ $output == *'subject=CN = rsa'* ]]
  [ "$(stat -c %a etc/key.pem etc/cert.pem | tr '\n' ' ')" = '600 644 ' ]
  PERCH_DIRECTORY=etc PERCH_PID=$PID CERT_FULLCHAIN_PATH=$C/other.pem \
    CERT_KEY_PATH=$C/other.key "$TOP/examples/acme/deploy"
  eventually has_lines 2 reloaded
  s_client
  [[ $output == *'subject=CN = other'* ]]
}

@test "--redirect-https leads to the same target, but for challenges of ACME" {
  LISTEN=$BIN/perch-listen
  listens --redirect-https 127.0.0.1:PORT "$SITE"
  while read -r target host location; do
    run curl -s -o /dev/null -w '%{http_code} %{redirect_url}' -H "Host: $host" \
      --path-as-is "http://127.0.0.1:$PORT$target"
    echo "$target: $output"
    [ "$output" = "308 $location" ]
  done <<'END'
/ a.test https://a.test/
/a/b?c=d&e a.test:80 https://a.test/a/b?c=d&e
/a%2Fb%20c a.test https://a.test/a%2Fb%20c
/.well-known/ a.test https://a.test/.well-known/
END
  get /.well-known/acme-challenge/t
  [[ $answer == 'HTTP/1.1 200 '*token* ]]
  kill "$PID"
  listens --redirect-https=8443 --proxy-protocol=optional 127.0.0.1:PORT "$SITE"
  get /x
  [[ $answer == 'HTTP/1.1 308 '*$'\nLocation: https://a:8443/x\r'* ]]
  connect old
  printf 'GET / HTTP/1.0\r\n\r\n' >&"$old"
  IFS= read -r -d '' -t 5 -u "$old" answer || true
  [[ $answer == 'HTTP/1.1 400 '* ]]
  # By version 2, with a TLV that says that TLS is spoken.
  connect proxied
  printf '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x14\x7f\0\0\1\x7f\0\0\1\0\1\0\2\x20\0\5\1\0\0\0\0GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' >&"$proxied"
  IFS= read -r -d '' -t 5 -u "$proxied" answer || true
  [[ $answer == 'HTTP/1.1 200 '* ]]
}

@test "h2load gets all of its requests answered, over connections that it keeps and makes" {
  command -v h2load >/dev/null || skip 'no h2load'
  tls --max-requests 50
  timeout 60 h2load --h1 -n 3000 -c 40 "https://127.0.0.1:$PORT/" >load
  cat load
  grep -q '^requests: 3000 total, 3000 started, 3000 done, 3000 succeeded, 0 failed, 0 errored' load
  grep -q '^status codes: 3000 2xx' load
}

@test "sslscan finds no weakness" {
  command -v sslscan >/dev/null || skip 'no sslscan'
  tls --tls-cert "$C/rsa.pem" --tls-key "$C/rsa.key"
  sslscan --no-colour --show-times "127.0.0.1:$PORT" >scan
  cat scan
  for protocol in SSLv2 SSLv3 TLSv1.0 TLSv1.1; do
    grep -qE "^$protocol +disabled" scan
  done
  for protocol in TLSv1.2 TLSv1.3; do grep -qE "^$protocol +enabled" scan; done
  grep -q 'Session renegotiation .*not supported' scan
  refute grep -q 'ompression enabled' scan
  [ "$(grep -c 'not vulnerable to heartbleed' scan)" = 2 ]
  refute grep -E '^(Accepted|Preferred).*(CBC|RC4|DES|MD5|SHA$|NULL|EXP|anon)' scan
}

@test "the launchers, but for perch-tls, have nothing of OpenSSL" {
  for program in perch perch-listen; do
    refute grep -q libssl <(readelf -d "$BIN/$program")
    refute grep -q libcrypto <(readelf -d "$BIN/$program")
  done
  readelf -d "$BIN/perch-tls" | grep -q 'NEEDED.*libssl'
}

@test "a kernel that has TLS encrypts what is sent" {
  [ -n "${BOOT:-}" ] || skip 'only with BOOT=1'
  why=$(missing qemu-system-x86_64 cpio depmod apt-get)
  [ -z "$why" ] || skip "$why"
  mkdir -p "$BUILD/ktls"
  "$TOP/test/ktls" "$BUILD/ktls"
}
