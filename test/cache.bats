#!/usr/bin/env bats
# --file-cache: what is asked for again on a connection.
load helper
load launcher

eval "launcher_$(declare -f setup_file)"
setup_file() {
  launcher_setup_file
  cd "$SITE"
  printf 'a%.0s' {1..3000} >a
  printf 'b%.0s' {1..3000} >b
  printf 'w %.0s' {1..1500} >words.txt
  ln -s a link
  # These are too large to be kept: they stay open.
  for name in large longer written replaced-large lost moved; do
    head -c 100000 /dev/zero | tr '\0' "${name:0:1}" >"$name"
  done
  ln -s large link-large
  truncate -s 64M huge
  mkdir folder
  local name since
  for name in replaced cut deleted forbidden folder/second.html; do
    echo "old $name" >"$name"
  done
  # A file that has changed lately is not kept, and when that was only the
  # system says.
  printf -v since '%(%s)T'
  launcher_wait() {
    local now
    printf -v now '%(%s)T'
    ((now > since + 2))
  }
  exec {NEVER}<>"$BATS_FILE_TMPDIR/never"
  eventually launcher_wait
}

# ask_for TARGET [FIELD [METHOD]]: on the connection $CLIENT. Sets $head and
# $body, $code and $tag.
ask_for() {
  local line length=0
  printf '%s %s HTTP/1.1\r\nHost: a\r\n%s\r\n' "${3:-GET}" "$1" \
    "${2:+$2$CR$'\n'}" >&"$CLIENT"
  head='' body='' tag=''
  while IFS= read -r -t 10 -u "$CLIENT" line && [ "$line" != "$CR" ]; do
    line=${line%"$CR"}
    head+=$line$'\n'
    case $line in
    Content-Length:*) length=${line#*: } ;;
    ETag:*) tag=${line#*: } ;;
    esac
  done
  code=${head:9:3}
  [ -n "$head" ] || return
  [[ $code = 304 || ${3:-} = HEAD ]] ||
    IFS= read -r -t 10 -N "$length" -u "$CLIENT" body
}

# thrice ARG...: by then it is kept, if anything is.
thrice() {
  ask_for "$@" && ask_for "$@" && ask_for "$@"
}

# serves_anew OPTION...: a change is seen at once.
serves_anew() {
  listens --log none "$@" 127.0.0.1:PORT "$SITE"
  connect CLIENT
  ln -sfn a "$SITE/link"
  thrice /link
  [ "${body:0:1}" = a ]
  ln -sfn b "$SITE/link"
  ask_for /link
  [ "${body:0:1}" = b ]
}

@test "an answer is given again as long as --file-cache-valid says, and with 0, or no --file-cache, not at all" {
  listens --log none --file-cache-valid 3600 127.0.0.1:PORT "$SITE"
  connect CLIENT
  ln -sfn a "$SITE/link"
  thrice /link
  first=$head$body; echo "first: $head"
  ln -sfn b "$SITE/link"
  ask_for /link
  [ "$(grep -v ^Date: <<<"$head$body")" = "$(grep -v ^Date: <<<"$first")" ]
  # The head is the key, all of it.
  ask_for /link 'X-Other: x'
  [ "${body:0:1}" = b ]
  # And so is the connection.
  exec {CLIENT}>&-
  connect CLIENT
  ask_for /link
  [ "${body:0:1}" = b ]

  serves_anew --file-cache 0
  serves_anew --file-cache-valid 0
  # One byte of the answer more.
  serves_anew --file-cache 3000
  # What is asked for is logged with who asked.
  serves_anew --trust-forwarded 127.0.0.1
  serves_anew --explain
}

@test "a file that is replaced, cut, removed or forbidden, and one beside it, is seen when --file-cache-valid is over" {
  local options=()
  ((EUID != 0)) || options=(--user nobody)
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" 2>/dev/null || true
  listens --log none --file-cache-valid 0.2 --index first.html \
    --index second.html "${options[@]}" 127.0.0.1:PORT "$SITE"
  connect CLIENT
  cd "$SITE"
  for name in replaced cut deleted forbidden; do
    thrice "/$name"
    [ "$body" = "old $name"$'\n' ]
  done
  thrice /folder/
  [ "$body" = $'old folder/second.html\n' ]
  thrice /words.txt 'Accept-Encoding: br'
  [ "${body:0:4}" = 'w w ' ]

  echo new >replaced.new
  mv replaced.new replaced
  : >cut
  rm deleted
  chmod 0 forbidden
  echo 'first' >folder/first.html
  echo coded >words.txt.br
  pause 0.25
  ask_for /replaced
  [ "$body" = $'new\n' ]
  ask_for /cut
  [ -z "$body" ]
  ask_for /deleted
  [ "$code" = 404 ]
  ask_for /forbidden
  [ "$code" = 403 ]
  ask_for /folder/
  [ "$body" = $'first\n' ]
  ask_for /words.txt 'Accept-Encoding: br'
  [ "$body" = $'coded\n' ]
}

# The two files are old enough to be kept; what the link leads to is not.
@test "no answer has bytes of one file and a tag or a length of another, while a link goes back and forth" {
  listens --log none --max-requests 0 --file-cache-valid 0.003 \
    127.0.0.1:PORT "$SITE"
  cd "$SITE"
  ln -sfn a link
  perl -MIO::Socket::INET -e '
    alarm 60;
    my $changes = fork // die;
    for (my $n = 0; !$changes; $n++) {
      symlink $n % 2 ? "a" : "words.txt", "next" or die;
      rename "next", "link" or die;
      select undef, undef, undef, 0.002;
    }
    END { kill KILL => $changes if $changes }
    my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
    my (%of, %count);
    # One write: what comes in pieces has more ways to be missed.
    for (1 .. 4000) {
      syswrite $s, "GET /link HTTP/1.1\r\nHost: a\r\n\r\n";
      my ($tag, $length, $body);
      while (($_ = <$s>) ne "\r\n") {
        $tag = $1 if /^ETag: (.*)\r/;
        $length = $1 if /^Content-Length: (.*)\r/;
      }
      read $s, $body, $length;
      my $letter = substr $body, 0, 1;
      die "$tag: $body" if $body !~ ($letter eq "a" ? qr/^a{3000}\z/ : qr/^(w ){1500}\z/);
      $of{$tag} //= $letter;
      die "$tag: $letter" if $of{$tag} ne $letter;
      $count{$letter}++;
    }
    print "$_ $count{$_}\n" for keys %count;
    die if keys %of != 2 || grep $_ < 10, values %count;
  ' "$PORT"
}

@test "a large file stays open as long, and what is changed in it, or in its name, is seen at once" {
  listens --log none --file-cache-valid 3600 127.0.0.1:PORT "$SITE"
  connect CLIENT
  cd "$SITE"
  thrice /link-large
  [[ $code = 200 && $body = l*l && ${#body} = 100000 ]]
  # It is not opened again: where the link leads to is not looked at.
  local was=$tag name
  ln -sfn written link-large
  ask_for /link-large
  [[ $tag = "$was" && $body = l*l && ${#body} = 100000 ]]
  thrice /large 'Range: bytes=10-50009'
  [[ $code = 206 && ${#body} = 50000 ]]
  for name in longer written replaced-large lost moved; do
    thrice "/$name"
    [[ $body = "${name:0:1}"* && ${#body} = 100000 ]]
  done

  echo more >>longer
  printf new | dd of=written conv=notrunc status=none
  printf 'R%.0s' {1..20000} >other
  mv other replaced-large
  rm lost
  mv moved folder/
  for name in longer written replaced-large; do
    was=$tag
    ask_for "/$name"
    [ "$tag" != "$was" ]
    [ "${#body}" = "$(stat -c %s "$name")" ]
    [ "$body" = "$(cat "$name")" ] || [ "$name" = longer ]
  done
  ask_for /lost
  [ "$code" = 404 ]
  ask_for /moved
  [ "$code" = 404 ]
}

@test "a large file that shrinks while it is sent again cuts the answer short, and the connection" {
  listens --log common --file-cache-valid 3600 127.0.0.1:PORT "$SITE"
  perl -MIO::Socket::INET -e '
    alarm 60;
    my $s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die;
    for my $round (1 .. 3) {
      my ($length, $body, $got) = (0);
      syswrite $s, "GET /huge HTTP/1.1\r\nHost: a\r\n\r\n";
      while (($_ = <$s>) ne "\r\n") {
        $length = $1 if /^Content-Length: (.*)\r/;
      }
      die if $length != 64 << 20;
      truncate "$ARGV[1]/huge", 100 or die if $round == 3;
      $got = read $s, $body, $length;
      die "$round: $got" if $round == 3 ? $got >= $length : $got != $length;
      print "$round: $got\n";
    }
    # Nothing comes behind it that could be taken for the rest.
    die if read $s, my $more, 1;
  ' "$PORT" "$SITE"
  eventually logs 'cut short: the file or the content ended early'
}

@test "what is given again is as whole: 304, ranges, HEAD, codings, pipelined, and Date goes on" {
  listens --log none --file-cache-valid 3600 127.0.0.1:PORT "$SITE"
  connect CLIENT
  local date was
  thrice /a
  local plain=$tag
  date=$(grep ^Date: <<<"$head")
  thrice /a "If-None-Match: $plain"
  [[ $code = 304 && $tag = "$plain" ]]
  thrice /a 'Range: bytes=1-2'
  [[ $code = 206 && $body = aa && $head == *'Content-Range: bytes 1-2/3000'* ]]
  thrice /a '' HEAD
  [[ $code = 200 && $head == *'Content-Length: 3000'* ]]
  # A fresh decision is no other.
  for field in 'Accept-Encoding: gzip' 'Accept-Encoding: br' 'X: y'; do
    for _ in 1 2 3 4; do
      printf 'GET /words.txt HTTP/1.0\r\nConnection: keep-alive\r\n%s\r\n\r\n' \
        "$field"
    done >"$BATS_TEST_TMPDIR/pipelined"
    for option in 0 64K; do
      perch --date 4000000000 --log none --file-cache $option "$SITE" \
        <"$BATS_TEST_TMPDIR/pipelined" | cksum
    done >sums
    cat sums
    read -r was <sums
    [ "$was" = "$(tail -n 1 sums)" ]
  done
  advanced() {
    ask_for /a
    [[ $code = 200 && $body = aaaa* && ${#body} = 3000 ]]
    [ "$(grep ^Date: <<<"$head")" != "$date" ]
  }
  eventually advanced
}

@test "each one is logged as any other, and the last on a connection says that it is" {
  listens --log combined --max-requests 5 --file-cache-valid 3600 \
    127.0.0.1:PORT "$SITE"
  connect CLIENT
  for _ in 1 2 3 4; do
    ask_for /a $'Referer: from\r\nUser-Agent: test'
    [[ $head != *Connection* ]]
  done
  ask_for /a $'Referer: from\r\nUser-Agent: test'
  [[ $head == *'Connection: close'* && ${#body} = 3000 ]]
  refute ask_for /a
  for n in 1 2 3 4 5; do
    eventually logs '"GET /a HTTP/1.1" 200 3000 "from" "test" '
  done
  eventually logs " 5"$'\n'
  cat "$LOG"
  [ "$(grep -cE '^127.0.0.1 - - \[.*\] "GET /a HTTP/1.1" 200 3000 "from" "test" [0-9]+ [1-5]$' "$LOG")" = 5 ]
}

@test "what a password opens is not kept, nor what a program sends" {
  printf '#!/bin/sh\necho "Content-Type: text/plain"; echo; echo $$\n' \
    >"$SITE/program"
  chmod +x "$SITE/program"
  printf 'u:%s\n' "$(openssl passwd -1 p)" >"$BATS_TEST_TMPDIR/users"
  listens --log none --file-cache-valid 3600 --cgi /program \
    --auth "/link $BATS_TEST_TMPDIR/users" 127.0.0.1:PORT "$SITE"
  connect CLIENT
  ln -sfn a "$SITE/link"
  thrice /link "Authorization: Basic $(printf u:p | base64)"
  [[ $code = 200 && ${body:0:1} = a ]]
  ln -sfn b "$SITE/link"
  ask_for /link "Authorization: Basic $(printf u:p | base64)"
  [ "${body:0:1}" = b ]
}
