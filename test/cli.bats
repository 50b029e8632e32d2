#!/usr/bin/env bats
# The options of perch, its messages, its log, its exit status.
load helper

setup_file() { site; }

GET='GET / HTTP/1.1\r\nHost: a\r\n\r\n'
ECHO='POST /echo HTTP/1.1\r\nHost: a\r\n'

# wrong MESSAGE ARG...: perch ends with status 2 and says MESSAGE, and that
# alone, in one line on stderr.
wrong() {
  local to=$BATS_TEST_TMPDIR
  status=0
  perch "${@:2}" </dev/null >"$to/reply" 2>"$to/log" || status=$?
  IFS= read -r -d '' stderr <"$to/log" || :
  echo "$status: $stderr"
  [ "$status" = 2 ] && [ ! -s "$to/reply" ] &&
    [ "$stderr" = "perch: $1"$'\n' ]
}

# each_wrong: the same for each line "ARG... | MESSAGE", in one process.
each_wrong() {
  perl -e '
    while (<STDIN>) {
      my ($args, $want) = /^(.*?) \| (.*\n)$/ or die;
      my $pid = open(my $log, "-|") // die $!;
      if (!$pid) {
        open STDERR, ">&", STDOUT and open STDOUT, ">", "$ARGV[1]/reply" and
          open STDIN, "<", "/dev/null" or die $!;
        exec $ARGV[0], split / /, $args or die $!;
      }
      my $got = join "", <$log>;
      close $log;
      next if $? == 2 << 8 && $got eq "perch: $want" && -z "$ARGV[1]/reply";
      print "$args: $? $got";
      $failed = 1;
    }
    exit $failed;
  ' "$BIN/perch" "$BATS_TEST_TMPDIR"
}

# answers STATUS...: those are the statuses of the responses in $output.
answers() {
  local line got=()
  while IFS= read -r line; do
    [[ $line != 'HTTP/1.1 '* ]] || got+=("${line:9:3}")
  done <<<"$output"
  [ "${got[*]}" = "$*" ]
}

# --- usage

@test "--help prints the options on stdout" {
  exchange '' --help --bogus
  [ "$status" = 0 ]
  [ -z "$stderr" ]
  [[ $output == 'usage: perch [OPTION]... [DIRECTORY]'* ]]
}

@test "--version prints program and version on stdout" {
  exchange '' --version
  [ "$status" = 0 ]
  [ -z "$stderr" ]
  [ "$output" = "perch $(sed -n 's/^VERSION = //p' "$TOP/Makefile")" ]
}

# options_of PROGRAM: from its help.
options_of() {
  "$BIN/$1" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p'
}

# table_of PROGRAM_CONSTANT: from the table in the source.
table_of() {
  perl -0777 -ne '
    BEGIN { $program = shift }
    ($table) = /struct option options\[\] = \{(.*?)\n\};/s or die;
    while ($table =~ /\{"([a-z-]+)",.*?\b(BOTH|PROGRAM_\w+),/gs) {
      print "$1\n" if $2 eq "BOTH" || $2 eq $program;
    }
  ' "$1" "$TOP/src/host/config.c"
}

# manual_of PROGRAM: from its manual, where limits and statuses of refusals
# may be listed once more.
manual_of() {
  awk '/^\.It Fl -/ && !seen[$3]++ { print substr($3, 2) }' "$TOP/man/$1.8"
}

@test "the options of perch in help, table and manual are the same" {
  table=$(table_of PROGRAM_PERCH)
  [ "$table" = "$(sort <<<"$table")" ]
  diff <(options_of perch) <(echo "$table")
  diff <(manual_of perch) <(echo "$table")
}

@test "the options of perch-listen in help, table and manual are the same" {
  [ -x "$BIN/perch-listen" ] || skip "perch-listen is not built"
  table=$(table_of PROGRAM_LISTEN)
  diff <(options_of perch-listen) <(echo "$table")
  [ -e "$TOP/man/perch-listen.8" ] || skip "perch-listen.8 is not there"
  # What both programs have may stand in perch.8 alone.
  diff <({ manual_of perch-listen; table_of PROGRAM_PERCH; } | sort -u) \
    <(sort <<<"$table")
}

@test "what is no option is named" {
  each_wrong <<'END'
--bogus | --bogus: no such option
--bogus=1 | --bogus: no such option
--Log | --Log: no such option
--lo | --lo: no such option
--= | --: no such option
-h | -h: no such option
-x. | -x.: no such option
--backlog=1 | --backlog: no such option
. --bogus | --bogus: no such option
--bogus --help | --bogus: no such option
END
}

@test "an option without its value is named, and one with a value too many" {
  each_wrong <<'END'
--log | --log: wants a value
--check --max-head | --max-head: wants a value
--check=1 | --check: takes no value
--explain= | --explain: takes no value
--help=1 | --help: takes no value
END
}

@test "a value that is none is refused" {
  each_wrong <<'END'
--body-timeout= | --body-timeout: not a number of seconds
--body-timeout -1 | --body-timeout: not a number of seconds
--idle-timeout 1s | --idle-timeout: not a number of seconds
--header-timeout .5 | --header-timeout: not a number of seconds
--header-timeout 1. | --header-timeout: not a number of seconds
--write-timeout 0x1 | --write-timeout: not a number of seconds
--write-timeout 99999999999999999999 | --write-timeout: not a number of seconds
--drain-timeout 1e3 | --drain-timeout: not a number of seconds
--max-body K | --max-body: not a number of bytes
--max-body 1KB | --max-body: not a number of bytes
--max-body 1T | --max-body: not a number of bytes
--max-body 17179869184G | --max-body: not a number of bytes
--max-fields 1K | --max-fields: not a number
--max-requests +1 | --max-requests: not a number
--date now | --date: not a number of seconds since 1970
--date 9223372036854775808 | --date: not a number of seconds since 1970
--log combined, | --log: not one of combined, common, json, none
--log= | --log: not one of combined, common, json, none
--echo echo | --echo: the pattern does not begin with a slash
--header x:y | --header: the pattern does not begin with a slash
--header=/ X | --header: no colon behind the field's name
--config= | --config: No such file or directory
--mime= | --mime: No such file or directory
--index .htaccess | --index: not the plain name of a file that is not hidden
--index a/b | --index: not the plain name of a file that is not hidden
--index= | --index: not the plain name of a file that is not hidden
END
}

@test "--header refuses what is no field, and what is the server's" {
  wrong "--header: no colon behind the field's name" --header '/ X'
  wrong "--header: the field's name is not a token" --header '/ X Y: z'
  wrong "--header: the field's name is not a token" --header '/ : z'
  wrong "--header: a control character in the field's value" \
    --header $'/ X: a\nSet-Cookie: b'
  wrong "--header: this field is set by the server alone" \
    --header '/ content-length: 1'
}

@test "a list that is too long is refused" {
  for option in index=a,17,'too many of them' \
    echo=/,65,'too many of these rules'; do
    IFS=, read -r option count message <<<"$option"
    printf -v args ' --%.0s' $(seq "$count")
    echo "${args// --/ --$option} | --${option%=*}: $message"
  done | sed 's/^ //' | each_wrong
}

@test "the ends of its range are taken for a number, and no other" {
  while read -r option low high below above; do
    lows+=("--$option=$low") highs+=("--$option=$high")
    [ "$below" = - ] || echo "--$option $below | --$option: too small"
    echo "--$option $above | --$option: too large"
  done >"$BATS_TEST_TMPDIR/wrong" <<'END'
body-timeout 0 86400 - 86400.001
drain-timeout 0.001 3600 0.0009 3600.001
header-timeout 0 86400 - 86400.001
idle-timeout 0 86400 - 86401
max-chunk-extensions 0 1024K - 1048577
max-drain 0 1G - 1025M
max-fields 1 1024 0 1025
max-head 64 262128 63 256k
max-request-line 16 32K 15 32769
min-rate 0 1G - 1073741825
write-timeout 0 86400 - 99999999
END
  each_wrong <"$BATS_TEST_TMPDIR/wrong"
  perch --check "${lows[@]}"
  perch --check "${highs[@]}"
}

@test "a directory that cannot be opened is named, and a second one too" {
  wrong 'one argument too many: b' --check . b
  wrong '/nowhere: No such file or directory' /nowhere
  wrong ': No such file or directory' ''
  wrong "$SITE/index.html: Not a directory" "$SITE/index.html"
  wrong '/no\x0awhere\xff: No such file or directory' $'/no\nwhere\xff'
}

@test "without a directory the current one is served" {
  cd "$SITE"
  [[ $(perch --log none <<<"GET / HTTP/1.0$CR"$'\n'"$CR") == *small ]]
}

@test "--option=VALUE is --option VALUE, and VALUE may have an equals sign" {
  exchange "$GET" --header='/ X-Test: a=b=c' --date=0 --log=none
  [ -z "$stderr" ]
  [[ $output == *$'\n'"X-Test: a=b=c$CR"* ]]
  [[ $output == *$'\nDate: Thu, 01 Jan 1970 00:00:00 GMT'* ]]
}

@test "of an option that is given twice the last counts" {
  exchange "$GET" --log json --log none
  [ -z "$stderr" ]
}

# --- --check, --config, --mime

@test "--check serves nothing and reads nothing" {
  {
    [ -z "$(perch --check "$SITE" 2>&1)" ]
    read -r line
    [ "$line" = rest ]
  } <<<rest
  wrong '/nowhere: No such file or directory' --check /nowhere
}

@test "--config reads an option a line, with comments and CRLF" {
  printf '# log json\n\n \t\r\n  # indented\nlog\tnone \r\ndate 0
header   / X-Test:  a # b\r\nexplain' >"$BATS_TEST_TMPDIR/config"
  exchange "$GET" --config "$BATS_TEST_TMPDIR/config"
  [ "${#stderr_lines[@]}" = 1 ]
  [[ $stderr == 'perch: explain: GET / HTTP/1.1: 200;'* ]]
  [[ $output == *$'\n'"X-Test: a # b$CR"* ]]
  [[ $output == *$'\nDate: Thu, 01 Jan 1970 00:00:00 GMT'* ]]
}

@test "--config stands where it stands: later options go over it" {
  echo 'log none' >"$BATS_TEST_TMPDIR/config"
  exchange "$GET" --config "$BATS_TEST_TMPDIR/config" --log common
  [ -n "$stderr" ]
  exchange "$GET" --log common --config "$BATS_TEST_TMPDIR/config"
  [ -z "$stderr" ]
}

@test "--config names the line and the option that are wrong" {
  while IFS='|' read -r lines message; do
    file=$BATS_TEST_TMPDIR/config$((number++))
    # shellcheck disable=SC2059
    printf "$lines" >"$file"
    echo "--config $file | --config: $message"
  done >"$BATS_TEST_TMPDIR/wrong" <<'END'
bogus 1|line 1: bogus: no such option
\n# no\nlog\n|line 3: log: wants a value
explain yes|line 1: explain: takes no value
log none\n--log none|line 2: --log: no such option
help|line 1: help: no such option
log none\r\nmax-head 1\r\n|line 2: max-head: too small
log "none"|line 1: log: not one of combined, common, json, none
\xff|line 1: \xff: no such option
END
  each_wrong <"$BATS_TEST_TMPDIR/wrong"
}

@test "--config refuses a file that it cannot read, and one inside another" {
  wrong '--config: No such file or directory' --config /nowhere
  wrong '--config: not a regular file' --config /
  : >"$BATS_TEST_TMPDIR/other"
  echo "config $BATS_TEST_TMPDIR/other" >"$BATS_TEST_TMPDIR/config"
  wrong '--config: line 1: config: a --config file cannot name another' \
    --config "$BATS_TEST_TMPDIR/config"
  perch --check --config "$BATS_TEST_TMPDIR/other"
}

@test "--mime: the last type that fits counts, then the built-in ones" {
  printf 'a/b html # no\r\n# c/d html\n\na/c HTML tar.gz' \
    >"$BATS_TEST_TMPDIR/mime"
  : >"$SITE/x.tar.gz"
  : >"$SITE/x.css"
  exchange "${GET}GET /x.tar.gz HTTP/1.1\r\nHost: a\r\n\r\n\
GET /x.css HTTP/1.1\r\nHost: a\r\n\r\n" --mime "$BATS_TEST_TMPDIR/mime"
  want='*Type: a/c\r*Type: a/c\r*Type: text/css; charset=utf-8\r*'
  # shellcheck disable=SC2053
  [[ $output == ${want//'\r'/$CR} ]]
}

@test "--mime refuses a file that is none, or in another format" {
  wrong '--mime: No such file or directory' --mime /nowhere
  wrong '--mime: not a regular file' --mime /
  printf 'a/b c\ntext html\n' >"$BATS_TEST_TMPDIR/mime"
  wrong '--mime: line 2: not a media type' --mime "$BATS_TEST_TMPDIR/mime"
  echo 'text/html .html' >"$BATS_TEST_TMPDIR/mime"
  wrong '--mime: line 1: not a file name extension' \
    --mime "$BATS_TEST_TMPDIR/mime"
}

# --- limits; test/time.bats has the time-outs

@test "what goes beyond a limit gets its status, and what does not is served" {
  local failed=0 option within beyond want request
  while read -r option within beyond want request; do
    for limit in $within $beyond; do
      exchange "${request//_/ }" --echo /echo --log none "--$option=$limit"
      if [ "$limit" = "$within" ]; then
        answers 200 && [ -z "$stderr" ] && continue
      else
        answers "$want" &&
          [[ $stderr == "perch: -: $want: "*limit ]] && continue
      fi
      echo "$option=$limit: $output$stderr"
      failed=1
    done
  done <<'END'
max-request-line 17 16 414 GET_/?12_HTTP/1.1\r\nHost:_a\r\n\r\n
max-head 65 64 431 GET_/?0123456789012345678901234567890123456_HTTP/1.1\r\nHost:_a\r\n\r\n
max-fields 2 1 431 GET_/_HTTP/1.1\r\nHost:_a\r\nX:_y\r\n\r\n
max-body 5 4 413 POST_/echo_HTTP/1.1\r\nHost:_a\r\nContent-Length:_5\r\n\r\n12345
max-body 5 4 413 POST_/echo_HTTP/1.1\r\nHost:_a\r\nTransfer-Encoding:_chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n
max-body 0 4 413 POST_/echo_HTTP/1.1\r\nHost:_a\r\nContent-Length:_5\r\n\r\n12345
max-chunk-extensions 4 3 400 POST_/echo_HTTP/1.1\r\nHost:_a\r\nTransfer-Encoding:_chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n
END
  return $failed
}

@test "--max-drain: content that nobody wants ends the connection if long" {
  request='GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345'$GET
  exchange "$request" --max-drain 5
  answers 200 200
  exchange "$request" --max-drain 4
  answers 200
  [[ $output == *$'\n'"Connection: close$CR"* ]]
}

@test "--max-requests: the last response says that it is" {
  exchange "$GET$GET$GET" --max-requests 2
  answers 200 200
  [[ $output == *small*$'\n'"Connection: close$CR"*small ]]
  exchange "$GET$GET" --max-requests 0
  answers 200 200
  [[ $output != *Connection:* ]]
}

# --- the log

# Named fields, with what must be escaped in one of them.
NAMED='GET /?q HTTP/1.1\r\nHost: a\r\nUser-Agent: A "b\\c"\r\nReferer: r\r\n\r\n'
TIME='[01/Jan/1970:00:00:00 +0000]'

@test "--log combined, the default, has referer, agent, duration and ordinal" {
  exchange "$GET$NAMED" --date 0
  [[ ${stderr_lines[0]} =~ ^(.*)' '([0-9]+)' 1'$ ]]
  [ "${BASH_REMATCH[1]}" = "- - - $TIME \"GET / HTTP/1.1\" 200 6 \"-\" \"-\"" ]
  [[ ${stderr_lines[1]} =~ ^(.*)' '([0-9]+)' 2'$ ]]
  [ "${BASH_REMATCH[1]}" = "- - - $TIME \"GET /?q HTTP/1.1\" 200 6 \"r\" \
\"A \\\"b\\\\c\\\"\"" ]
}

@test "--log common has neither referer nor agent" {
  exchange "$NAMED" --date 0 --log common
  [[ $stderr =~ ^(.*)' '([0-9]+)' 1'$ ]]
  [ "${BASH_REMATCH[1]}" = "- - - $TIME \"GET /?q HTTP/1.1\" 200 6" ]
}

@test "--log json writes one object a line" {
  exchange "$NAMED" --date 0 --log json
  [[ $stderr =~ ^(.*)',"us":'[0-9]+',"ordinal":1}'$ ]]
  [ "${BASH_REMATCH[1]}" = '{"time":"1970-01-01T00:00:00Z","remote":"-",'\
'"request":"GET /?q HTTP/1.1","status":200,"bytes":6,"referer":"r",'\
'"agent":"A \"b\\c\""' ]
}

@test "--log none silences requests, and not refusals" {
  exchange "${GET}GET / HTTP/1.1\r\n\r\n" --log none
  [ "$stderr" = 'perch: -: 400: no Host in HTTP/1.1' ]
}

# hostile FORMAT...: what perch logs, with --explain, for requests with
# every byte value in everything that is logged.
hostile() {
  perl -e '
    ($perch, $site, $dir, @formats) = @ARGV;
    ($no_lf = $all = join "", map chr, 0 .. 255) =~ tr/\n//d;
    ($value = $all) =~ tr/\0-\x08\n-\x1f\x7f//d;
    $encoded = join "", map sprintf("%%%02x", $_), grep $_ != 47, 1 .. 255;
    $fields = "Host: a\r\nReferer: r$value\r\nUser-Agent: a$value\r\n";
    @requests = (
      "GET /$no_lf HTTP/1.1\r\n$fields\r\n", "$no_lf / HTTP/1.1\r\n\r\n",
      "GET /$all HTTP/1.1\r\n$fields\r\n",
      "GET /$encoded HTTP/1.1\r\n$fields\r\n",
      "GET /a HTTP/1.1\r\n${fields}X: $no_lf\r\n\r\n",
      "GET /a HTTP/1.1\r\n${fields}$no_lf: x\r\n\r\n",
      # What is cut.
      map "GET /" . $_ x 2000 . " HTTP/1.1\r\n" .
          "Referer: " . $_ x 2000 . "\r\nUser-Agent: " . $_ x 2000 . "\r\n\r\n",
          "\xff", "\"", "\\", "\t", "a");
    open STDOUT, ">", "/dev/null";
    for $format (@formats) {
      for (@requests) {
        open my $out, ">", "$dir/request";
        print $out $_;
        close $out;
        open STDIN, "<", "$dir/request" or die;
        system($perch, "--explain", "--log", $format, $site) == 0 or die;
      }
    }
  ' "$BIN/perch" "$SITE" "$BATS_TEST_TMPDIR" "$@" 2>"$BATS_TEST_TMPDIR/log"
}

@test "no byte below 0x20 or above 0x7e gets into the log" {
  hostile combined
  cd "$BATS_TEST_TMPDIR"
  [ "$(grep -c '^- ' log)" = 11 ]
  [ "$(grep -acv '^[ -~]*$' log)" = 0 ]
  refute awk 'length >= 4096 { found = 1 } END { exit !found }' log
  for byte in 00 01 0d 1b 7f 80 ff; do
    grep -q "^- .*\"GET /.*\\\\x$byte.* HTTP.*\"" log
    [ $byte = 00 ] || grep -q "^perch: explain: .* no such file .*\\\\x$byte" log
  done
  for byte in 80 9b ff; do
    grep -q "^- .* \"r.*\\\\x$byte.*\" \"a.*\\\\x$byte" log
  done
  # Lines are whole, with duration and ordinal, whatever is in them.
  [ "$(grep -cv -e '^perch: ' -e '" [0-9]* 1$' log)" = 0 ]
}

@test "--log json is JSON, whatever the client sends" {
  hostile json
  [ "$(grep -acv '^[ -~]*$' "$BATS_TEST_TMPDIR/log")" = 0 ]
  perl -MJSON::PP -ne '
    next if /^perch: /;
    $entry = decode_json $_;
    join(" ", sort keys %$entry) eq
      "agent bytes ordinal referer remote request status time us" or die;
    $entry->{ordinal} == 1 && $entry->{status} >= 400 or die;
    $seen{$_} = 1 for split //, $entry->{request};
    $count++;
    END { $count == 11 && keys %seen == 255 or die "$count lines" }
  ' "$BATS_TEST_TMPDIR/log"
}

@test "the client's address comes from the first variable that has one" {
  exchange "$GET"
  [[ $stderr == '- - - '* ]]
  while read -r name value want; do
    export "$name=$value"
    exchange "$GET"
    [[ $stderr == "$want - - "* ]]
  done <<'END'
NCAT_REMOTE_ADDR 192.0.2.1 192.0.2.1
SOCAT_PEERADDR [2001:db8::1] 2001:db8::1
REMOTE_HOST ::ffff:192.0.2.3 192.0.2.3
REMOTE_ADDR 2001:db8::4 2001:db8::4
TCPREMOTEIP host.example 2001:db8::4
TCPREMOTEIP 192.0.2.5 192.0.2.5
END
}

@test "--explain says which handler, file and type decided" {
  exchange "${GET}GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n" \
    --log none --explain
  [ "${stderr_lines[0]}" = 'perch: explain: GET / HTTP/1.1: 200; '\
'handler file; file /index.html; type text/html' ]
  [ "${stderr_lines[1]}" = 'perch: explain: GET /none HTTP/1.1: 404; '\
'handler file; no such file /none' ]
  [ "${stderr_lines[3]}" = 'perch: explain: GET / HTTP/1.1: 400; '\
'because no Host in HTTP/1.1' ]
}

# --- stderr, exit status

REFUSED='GET / HTTP/1.1\r\n\r\n'

# is_clean FILE: nothing of the log is in this reply to GET and REFUSED.
is_clean() {
  grep -q '^HTTP/1.1 200 OK' "$1" && grep -q '^HTTP/1.1 400' "$1" &&
    refute grep -e '^perch: ' -e '" 200 ' -e '^- ' -e '^{' "$1"
}

@test "no byte of the log gets into the reply where stderr is its socket" {
  "$TOP/test/talk" --unix "send:$GET$REFUSED" half read -- \
    sh -c 'exec "$0" "$@" 2>&1' "$BIN/perch" --explain "$SITE" \
    >"$BATS_TEST_TMPDIR/out"
  is_clean "$BATS_TEST_TMPDIR/out"
}

@test "no byte of the log gets into the reply where stderr is its pipe" {
  # shellcheck disable=SC2059
  printf "$GET$REFUSED" | perch --explain "$SITE" 2>&1 |
    cat >"$BATS_TEST_TMPDIR/out"
  is_clean "$BATS_TEST_TMPDIR/out"
}

@test "no byte of the log gets into the reply where stderr is its file" {
  # shellcheck disable=SC2059
  printf "$GET$REFUSED" |
    perch --explain "$SITE" >"$BATS_TEST_TMPDIR/out" 2>&1
  is_clean "$BATS_TEST_TMPDIR/out"
}

@test "no message about options gets to the client either" {
  "$TOP/test/talk" --unix half read -- \
    sh -c 'exec "$0" "$@" 2>&1' "$BIN/perch" --bogus \
    >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/report"
  [ ! -s "$BATS_TEST_TMPDIR/out" ]
  grep -q 'status 2,' "$BATS_TEST_TMPDIR/report"
}

@test "without stderr requests are served" {
  exchange "$GET"
  perch "$SITE" <"$BATS_TEST_TMPDIR/request" 2>&- | grep '^HTTP/1.1 200 OK'
}

@test "the exit status is 0 whatever the client sends" {
  for request in '' "$GET" '\0' "$REFUSED" 'GET / HTT' '\x16\x03\x01' \
    'GET / HTTP/2.0\r\n\r\n' 'BOGUS / HTTP/1.1\r\nHost: a\r\n\r\n' \
    'GET /none HTTP/1.0\r\n\r\n' "${ECHO}Content-Length: 9\r\n\r\nshort"; do
    exchange "$request" --echo /echo
    echo "$request: $status"
    [ "$status" = 0 ]
  done
}

@test "the exit status is 0 if the client is gone before its answer" {
  exchange "$GET"
  {
    perch "$SITE" 2>"$BATS_TEST_TMPDIR/log" || echo $? >&3
  } <"$BATS_TEST_TMPDIR/request" 3>"$BATS_TEST_TMPDIR/status" | sleep 0
  [ ! -s "$BATS_TEST_TMPDIR/status" ]
}
