#!/usr/bin/env bats
# --program-sandbox: what programs can still do, whoever starts them.
load helper

setup_file() {
  site
  mkdir -p "$SITE/cgi" "$SITE/kept"
  # Says of each thing that it tries: ok, no (EACCES), or what else.
  cat >"$SITE/cgi/try" <<'END'
#!/usr/bin/perl
use Socket;
use Fcntl;
$| = 1;
print "Content-Type: text/plain\n\n" if !@ARGV;
chdir $ENV{DOCUMENT_ROOT} or die;
sub says { print " $_[0]:", $_[1] ? "ok" : $!{EACCES} ? "no" : $! =~ s/ /-/gr }
sub try {
  says("inet", socket S, AF_INET, SOCK_STREAM, 0);
  says("inet6", socket S, AF_INET6, SOCK_DGRAM, 0);
  says("netlink", socket S, 16, SOCK_RAW, 0);
  says("unix", socket S, AF_UNIX, SOCK_STREAM, 0);
  says("pair", socketpair S, T, AF_UNIX, SOCK_STREAM, 0);
  open F, ">made" or $error = $!;
  open F, ">", "removed" if !$error;
  says("write", open F, "+<", "index.html");
  says("cut", truncate "index.html", 6);
  says("make", open F, ">", "made$$");
  says("directory", mkdir "directory$$");
  says("remove", unlink "removed");
  says("rename", rename "index.html", "index.html2");
  rename "index.html2", "index.html";
  says("kept", (open F, ">", "kept/made$$") && unlink "kept/made$$");
  says("null", (open F, ">", "/dev/null") && print F "text");
  says("read", (open F, "<", "index.html") && <F> eq "small\n");
  says("errors", (open F, ">", "/dev/stderr") && print F "complaint\n");
  close F;
}
# Privileges, and what is beneath.
print " new-privileges:", `grep NoNewPrivs /proc/self/status` =~ /0/ ? "ok" : "no";
try;
print " child";
if (!($pid = fork)) {
  try;
  exit 0;
}
waitpid $pid, 0;
print " end\n";
END
  chmod +x "$SITE/cgi/try"
  NETWORK='inet:no inet6:no netlink:no unix:ok pair:ok'
  ANY_NETWORK='inet:ok inet6:ok netlink:ok unix:ok pair:ok'
  FILES='write:no cut:no make:no directory:no remove:no rename:no kept:no'
  ANY_FILES='write:ok cut:ok make:ok directory:ok remove:ok rename:ok kept:ok'
  REST='null:ok read:ok errors:ok'
  export NETWORK ANY_NETWORK FILES ANY_FILES REST
}

setup() {
  SITE=$BATS_FILE_TMPDIR/site
  cd "$BATS_TEST_TMPDIR"
  touch "$SITE/removed"
}

teardown() {
  unlisten
}

# said PRIVILEGES TRIES: that, and the same of its child, is what it said.
said() {
  local want=" new-privileges:$1 $2 child $2 end"
  [[ $output == *"$want"* ]] || {
    echo "$output"
    echo "and not"
    echo "$want"
    return 1
  }
}

# gets OPTION...: asks perch for the program.
gets() {
  exchange 'GET /cgi/try HTTP/1.0\r\n\r\n' \
    --log none --cgi /cgi/ "$@"
}

@test "without it programs are as they were" {
  gets
  said ok "$ANY_NETWORK $ANY_FILES $REST"
}

@test "no-network: a program and its children have Unix sockets, and no other" {
  gets --program-sandbox no-network
  said no "$NETWORK $ANY_FILES $REST"
  [[ $stderr == *complaint* ]]
  gets --sandbox off --program-sandbox no-network
  said no "$NETWORK $ANY_FILES $REST"
}

@test "read-only: they write, make, cut and remove nothing, but have /dev/null and their standard error" {
  gets --program-sandbox read-only
  said no "$ANY_NETWORK $FILES $REST"
  [[ $stderr == *complaint* ]]
  gets --sandbox off --program-sandbox read-only --cgi-limit 'files 8'
  said no "$ANY_NETWORK $FILES $REST"
  [ "$(<"$SITE/index.html")" = small ]
}

@test "write=DIRECTORY: beneath it they write" {
  mkdir there
  gets --program-sandbox "read-only, write=$SITE/kept" \
    --program-sandbox "no-network,write=$PWD/there"
  said no "$NETWORK ${FILES/kept:no/kept:ok} $REST"
  # One that is gone keeps no program from being started.
  listen --cgi /cgi/ --program-sandbox "write=$PWD/there,write=$SITE/kept" "$SITE"
  rmdir there
  output=$(curl -sS "http://127.0.0.1:$PORT/cgi/try")
  said no "$ANY_NETWORK ${FILES/kept:no/kept:ok} $REST"
}

@test "it holds for the programs of WebSockets, and of --websocket-auth" {
  printf '#!/bin/sh\nexec 2>&1; echo "Status: 403"; echo; : >made' >"$SITE/cgi/door"
  chmod +x "$SITE/cgi/door"
  local handshake='GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
  for sandbox in auto off; do
    converse "send:$handshake" read -- --sandbox $sandbox \
      --websocket "/ws $SITE/cgi/try lines" --env "DOCUMENT_ROOT=$SITE" \
      --program-sandbox no-network,read-only --websocket-grace 1 \
      --websocket-close-timeout 0.1
    said no "$NETWORK $FILES $REST"
    [[ $stderr == *complaint* ]]
    converse "send:$handshake" half read -- --sandbox $sandbox \
      --websocket "/ws $SITE/cgi/try lines" --websocket-auth "$SITE/cgi/door" \
      --program-sandbox read-only
    [[ $output == 'HTTP/1.1 403'* && ! -e $SITE/cgi/made ]]
  done
}

@test "and for those of perch-listen and perch-tls" {
  for LAUNCHER in perch-listen perch-tls; do
    [ -x "$BIN/$LAUNCHER" ] || continue
    options=() scheme=http
    if [ $LAUNCHER = perch-tls ]; then
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -subj /CN=a -keyout key -out certificate 2>/dev/null
      options=(--tls-cert certificate --tls-key key) scheme=https
    fi
    for sandbox in auto off; do
      listen --sandbox $sandbox --cgi /cgi/ "${options[@]}" \
        --program-sandbox no-network,read-only "$SITE"
      output=$(curl -sSk "$scheme://127.0.0.1:$PORT/cgi/try")
      said no "$NETWORK $FILES $REST"
      unlisten
      LISTENER=
    done
  done
}

@test "what it does not know is refused, and what the kernel lacks" {
  # VALUE, and what is wrong with it.
  while IFS='|' read -r value wrong; do
    run -2 --separate-stderr perch --program-sandbox "$value" "$SITE" </dev/null
    echo "$value: $stderr"
    [ "$stderr" = "perch: --program-sandbox: $wrong" ]
  done <<END
none|not one of no-network, read-only, write=DIRECTORY, user=NAME
no-network,|not one of no-network, read-only, write=DIRECTORY, user=NAME
|not one of no-network, read-only, write=DIRECTORY, user=NAME
write|not one of no-network, read-only, write=DIRECTORY, user=NAME
user=nosuchuser|no such user
user=root|the user is root
write=kept|the directory is no absolute path
write=$SITE/none|No such file or directory
write=$SITE/index.html|Not a directory
END
  for program in perch perch-listen; do
    operands=("$SITE")
    [ $program = perch ] || operands=("unix:$PWD/s" "$SITE")
    run -2 --separate-stderr "$BUILD/tool/without" landlock "$BIN/$program" \
      --program-sandbox read-only "${operands[@]}" </dev/null
    [ "$stderr" = "$program: --program-sandbox: no Landlock" ]
    run -2 --separate-stderr "$BUILD/tool/without" seccomp "$BIN/$program" \
      --program-sandbox no-network "${operands[@]}" </dev/null
    [ "$stderr" = "$program: --program-sandbox: no seccomp" ]
  done
  # Each needs its own alone.
  "$BUILD/tool/without" seccomp "$BIN/perch" --check --program-sandbox read-only "$SITE"
  "$BUILD/tool/without" landlock "$BIN/perch" --check --program-sandbox no-network "$SITE"
}
