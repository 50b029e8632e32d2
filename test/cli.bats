#!/usr/bin/env bats
# The options of perch, its messages, its log, its exit status.
load helper

# A test and a process that bash starts cost much more than what they look
# at, and so tests are few, and tables of checks are read by one perl.
setup_file() { site; }

setup() { cd "$BATS_TEST_TMPDIR"; }

GET='GET / HTTP/1.1\r\nHost: a\r\n\r\n'
ECHO='POST /echo HTTP/1.1\r\nHost: a\r\n'

# What a table's perl begins with.
START='
  use strict;
  our ($perch, $site) = splice @ARGV, 0, 2;

  # unescape TEXT: \r \n \s \0 \\ \xHH for what they stand for.
  sub unescape {
    my %plain = (r => "\r", n => "\n", s => " ", 0 => "\0", "\\" => "\\");
    $_[0] =~ s{\\(?:x([0-9a-f]{2})|([rns0\\]))}{$1 ? chr hex $1 : $plain{$2}}ger;
  }

  # run INPUT, ARG...: what perch answers, what it logs, how it ends. An
  # INPUT that is not defined is /dev/null.
  sub run {
    my ($input, @args) = @_;
    if (defined $input) {
      open my $file, ">", "request" or die;
      print $file $input;
      close $file or die;
    }
    my $pid = fork // die $!;
    if (!$pid) {
      open STDIN, "<", defined $input ? "request" : "/dev/null" and
        open STDOUT, ">", "reply" and open STDERR, ">", "log" or die $!;
      exec { $perch } $perch, @args or die $!;
    }
    waitpid $pid, 0;
    my $status = $?;
    local ($/, @ARGV);
    return (map({ open my $file, "<", $_ or die; <$file> // "" } "reply", "log"),
      $status % 256 ? "by signal $status" : $status >> 8);
  }
'

# rows CODE: runs CODE for each line of stdin, "FIELD | FIELD...", but for
# comments. It returns what is wrong with it. There must be rows.
rows() {
  perl -e "$START"'
    my ($count, $failed) = (0, 0);
    # All of them first: what is read ahead would go to the first perch.
    for (my @lines = <STDIN>) {
      next if /^#/;
      chomp;
      my @row = split / \| /;
      my $wrong = '"$1"';
      print "$_: $wrong\n" and $failed = 1 if $wrong;
      $count++;
    }
    exit($failed || !$count);
  ' "$BIN/perch" "$SITE"
}

# each_wrong: for each row "ARG... | MESSAGE" perch ends with status 2 and
# says MESSAGE, and that alone, in one line on stderr. ARGs may hold escapes;
# '' is an empty one.
each_wrong() {
  rows 'do {
    my ($reply, $log, $status) = run(undef,
      map { $_ eq "\x27\x27" ? "" : unescape($_) } split / /, $row[0]);
    $status eq "2" && $log eq "perch: $row[1]\n" && $reply eq "" ? ""
      : "$status: $log$reply"
  }'
}

# answers STATUS...: those are the statuses of the responses in $output.
answers() {
  local line got=()
  while IFS= read -r line; do
    [[ $line != 'HTTP/1.1 '* ]] || got+=("${line:9:3}")
  done <<<"$output"
  echo "answers: ${got[*]}"
  [ "${got[*]}" = "$*" ]
}

# --- usage

@test "--help and --version print on stdout; help, table and manual have the same options, and so they do for the launchers" {
  exchange '' --help --bogus
  [ "$status" = 0 ]
  [ -z "$stderr" ]
  [[ $output == 'usage: perch [OPTION]... [DIRECTORY]'* ]]
  mv reply perch.help

  exchange '' --version
  [ "$status" = 0 ]
  [ -z "$stderr" ]
  version=$(sed -n 's/^VERSION = //p' "$TOP/Makefile")
  echo "$output, and not $version"
  [ "$output" = "perch $version" ]

  [ ! -x "$BIN/perch-listen" ] || "$BIN/perch-listen" --help >perch-listen.help
  [ ! -x "$BIN/perch-tls" ] || "$BIN/perch-tls" --help >perch-tls.help
  perl -e '
    sub read_file { local (@ARGV, $/) = @_; <> }
    $top = shift;

    # The table in the source, whose rows are for one program or for both.
    ($table) = read_file("$top/src/host/config.c") =~
      /struct option options\[\] = \{(.*?)\n\};/s or die;
    while ($table =~ /\{"([a-z-]+)",.*?\b(ALL|LAUNCHERS|PROGRAM_[A-Z_| ]+),/gs) {
      my ($name, $who) = ($1, $2);
      push @{$table{perch}}, $name if $who =~ /ALL|PROGRAM_PERCH/;
      push @{$table{"perch-listen"}}, $name
        if $who =~ /ALL|LAUNCHERS|PROGRAM_LISTEN/;
      push @{$table{"perch-tls"}}, $name
        if $who =~ /ALL|LAUNCHERS|PROGRAM_TLS/;
    }
    sub same {
      my ($what, $got, $want) = @_;
      print "$what: @$got\ntable: @$want\n" if !@$want || "@$got" ne "@$want";
    }
    same "perch, sorted", [sort @{$table{perch}}], $table{perch};
    for $program (grep -e "$_.help", "perch", "perch-listen", "perch-tls") {
      same "$program --help",
        [read_file("$program.help") =~ /^  --([a-z-]*).*/mg], $table{$program};
      next if !-e "$top/man/$program.8";
      # Limits and statuses of refusals may be listed there once more.
      %seen = ();
      @manual = grep !$seen{$_}++,
        read_file("$top/man/$program.8") =~ /^\.It Fl -(\S*)/mg;
      # What both programs have may stand in perch.8 alone, and what both
      # launchers have in perch-listen.8.
      %both = ();
      @manual = sort grep !$both{$_}++, @manual,
        grep { my $name = $_; grep $_ eq $name, @{$table{$program}} }
          @{$table{perch}}, $program eq "perch-tls" ? @{$table{"perch-listen"}} : ()
        if $program ne "perch";
      same "$program.8", \@manual, $program eq "perch" ?
        $table{perch} : [sort @{$table{$program}}];
    }
  ' "$TOP" >differ
  cat differ
  [ ! -s differ ]
  [ -x "$BIN/perch-listen" ] || skip "perch-listen is not built"
  [ -e "$TOP/man/perch-listen.8" ] || skip "perch-listen.8 is not there"
}

@test "an option that is none, lacks its value or has one too many, and a value that is none, are named" {
  each_wrong <<'END'
# What is no option.
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
# One without its value, or with one too many.
--log | --log: wants a value
--check --max-head | --max-head: wants a value
--check=1 | --check: takes no value
--explain= | --explain: takes no value
--help=1 | --help: takes no value
# A value that is none.
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
--redirect x\s/y | --redirect: the pattern does not begin with a slash
--redirect /x | --redirect: the target is no absolute path, and no URL
--redirect /x\sy | --redirect: the target is no absolute path, and no URL
--redirect /x\s//evil.example/ | --redirect: the target is no absolute path, and no URL
--redirect /x\sjavascript:1 | --redirect: the target is no absolute path, and no URL
--redirect /x\shttps:// | --redirect: the target is no absolute path, and no URL
--redirect /x\s/y\nSet-Cookie:z | --redirect: the target is no absolute path, and no URL
--redirect /x\s/y\s200 | --redirect: the status is not one of 301, 302, 303, 307, 308
--redirect /x\s/y\s304 | --redirect: the status is not one of 301, 302, 303, 307, 308
--redirect /x\s/y\s302\sz | --redirect: something behind the status
--redirect /x\s/y/* | --redirect: a star in the target stands behind a slash, and the pattern ends in one
--redirect /x/\s/y* | --redirect: a star in the target stands behind a slash, and the pattern ends in one
--redirect /x/\shttps://a.example* | --redirect: a star in the target stands behind a slash, and the pattern ends in one
--error-page 404 | --error-page: the page's path does not begin with a slash
--error-page 404\sx | --error-page: the page's path does not begin with a slash
--error-page 399\s/x | --error-page: the status is not one of an error, 400 to 599
--error-page 600\s/x | --error-page: the status is not one of an error, 400 to 599
--error-page /x | --error-page: the status is not one of an error, 400 to 599
--fallback x | --fallback: the path does not begin with a slash
--fallback= | --fallback: the path does not begin with a slash
--auth /x | --auth: no file behind the pattern
--auth /x\s/no/such/file | --auth: No such file or directory
--auth x\s/etc/passwd | --auth: the pattern does not begin with a slash
--cgi x | --cgi: the pattern does not begin with a slash
--cgi /x\sy | --cgi: the program is no absolute path
--cgi /x\s/no/such/program | --cgi: No such file or directory
--cgi-limit 9 | --cgi-limit: not one of core, cpu, file-size, files, memory, processes
--cgi-limit cpu\s1K | --cgi-limit: not a number
--env= | --env: no name
--env =x | --env: no name
--redirect-https=0 | --redirect-https: not the number of a port
--redirect-https=65536 | --redirect-https: not the number of a port
--redirect-https=x | --redirect-https: not the number of a port
--sandbox maybe | --sandbox: not one of on, off, auto
--websocket-auth cat | --websocket-auth: the program is no absolute path
--websocket-auth= | --websocket-auth: the program is no absolute path
--websocket-auth /no/such/program | --websocket-auth: No such file or directory
--websocket-protocol a,b | --websocket-protocol: not a token
--websocket-protocol= | --websocket-protocol: not a token
# What is no field, and what is the server's.
--header /\sX | --header: no colon behind the field's name
--header /\sX\sY:\sz | --header: the field's name is not a token
--header /\s:\sz | --header: the field's name is not a token
--header /\sX:\sa\nSet-Cookie:\sb | --header: a control character in the field's value
--header /\scontent-length:\s1 | --header: this field is set by the server alone
# A directory that cannot be opened, or a second one.
--check . b | one argument too many: b
/nowhere | /nowhere: No such file or directory
--check /nowhere | /nowhere: No such file or directory
'' | : No such file or directory
/no\nwhere\xff | /no\x0awhere\xff: No such file or directory
END
  each_wrong <<<"$SITE/index.html | $SITE/index.html: Not a directory"
}

@test "the ends of its range are taken for a number, and no other; a list may be too long" {
  {
    while read -r option low high below above; do
      lows+=("--$option=$low") highs+=("--$option=$high")
      [ "$below" = - ] || echo "--$option $below | --$option: too small"
      echo "--$option $above | --$option: too large"
    done <<'END'
auth-attempts 1 1000 0 1001
auth-timeout 0.001 3600 0.0009 3600.001
body-timeout 0 86400 - 86400.001
drain-timeout 0.001 3600 0.0009 3600.001
file-cache 0 1M - 1048577
file-cache-valid 0 3600 - 3600.001
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
    # Once too often, and what they are called.
    while read -r option most what; do
      [[ $option == *%d* ]] || option+=%.0s
      # shellcheck disable=SC2046,SC2059  # a format, and numbers
      printf -v list -- "$option " $(seq $((most + 1)))
      echo "$list| ${option%%=*}: too many of $what"
    done <<'END'
--index=a 16 them
--echo=/ 64 these rules
--redirect=/\\s/ 64 these rules
--error-page=404\\s/ 64 these rules
--auth=/\\s/etc/passwd 64 these rules
--cgi=/ 64 these rules
--cgi-limit=cpu\\s1 64 these rules
--env=a%d= 126 these rules
--websocket-origin=a 64 them
--websocket-protocol=a 64 them
END
  } >wrong
  each_wrong <wrong
  perch --check "${lows[@]}"
  perch --check "${highs[@]}"
}

@test "--option=VALUE is --option VALUE; the last one counts; without a directory the current one is served" {
  exchange "$GET" --header='/ X-Test: a=b=c' --date=0 --log=none
  echo "an equals sign in VALUE: $output$stderr"
  [ -z "$stderr" ]
  [[ $output == *$'\n'"X-Test: a=b=c$CR"* ]]
  [[ $output == *$'\nDate: Thu, 01 Jan 1970 00:00:00 GMT'* ]]

  exchange "$GET" --log json --log none
  echo "an option twice: $stderr"
  [ -z "$stderr" ]

  (cd "$SITE" && exec "$BIN/perch" --log none) \
    <<<"GET / HTTP/1.0$CR"$'\n'"$CR" >current
  cat current
  IFS= read -r -d '' output <current || :
  [[ $output == *small$'\n' ]]
}

# --- --check, --config, --mime

@test "--check serves nothing and reads nothing" {
  {
    perch --check "$SITE" >out 2>&1
    [ ! -s out ]
    read -r line
    [ "$line" = rest ]
  } <<<rest
}

@test "--config reads an option a line, with comments and CRLF, and later options go over it" {
  printf '# log json\n\n \t\r\n  # indented\nlog\tnone \r\ndate 0
header   / X-Test:  a # b\r\nexplain' >config
  exchange "$GET" --config config
  echo "$output$stderr"
  [ "${#stderr_lines[@]}" = 1 ]
  [[ $stderr == 'perch: explain: GET / HTTP/1.1: 200;'* ]]
  [[ $output == *$'\n'"X-Test: a # b$CR"* ]]
  [[ $output == *$'\nDate: Thu, 01 Jan 1970 00:00:00 GMT'* ]]

  echo 'log none' >config
  exchange "$GET" --config config --log common
  echo "common goes over none: $stderr"
  [ -n "$stderr" ]
  exchange "$GET" --log common --config config
  echo "none goes over common: $stderr"
  [ -z "$stderr" ]
}

@test "--config passes over what only perch-listen has, so that a file can be for both" {
  printf 'max-connections 1\nexec\nuser nobody\nbacklog none\ndate 0' >config
  exchange "$GET" --config config
  echo "$output$stderr"
  [[ $output == *$'\nDate: Thu, 01 Jan 1970 00:00:00 GMT'* ]]
}

@test "--config and --mime refuse what they cannot read, and name the line that is wrong" {
  # Rows "CONTENT | MESSAGE" of files that are wrong: CONFIG, then TYPES.
  while IFS='|' read -r lines message; do
    [ -n "$message" ] || { option=$lines && continue; }
    file=$option$((++number))
    # shellcheck disable=SC2059
    printf "$lines" >"$file"
    echo "--$option $file | --$option: $message"
  done >wrong <<'END'
config
bogus 1|line 1: bogus: no such option
\n# no\nlog\n|line 3: log: wants a value
explain yes|line 1: explain: takes no value
log none\n--log none|line 2: --log: no such option
help|line 1: help: no such option
log none\r\nmax-head 1\r\n|line 2: max-head: too small
log "none"|line 1: log: not one of combined, common, json, none
\xff|line 1: \xff: no such option
config other\n|line 1: config: a --config file cannot name another
mime
a/b c\ntext html\n|line 2: not a media type
text/html .html\n|line 1: not a file name extension
END
  : >other
  cat >>wrong <<'END'
--config /nowhere | --config: No such file or directory
--config / | --config: not a regular file
--mime /nowhere | --mime: No such file or directory
--mime / | --mime: not a regular file
END
  each_wrong <wrong
  perch --check --config other
}

@test "--mime: the last type that fits counts, then the built-in ones" {
  printf 'a/b html # no\r\n# c/d html\n\na/c HTML tar.gz' >mime
  : >"$SITE/x.tar.gz"
  : >"$SITE/x.css"
  exchange "${GET}GET /x.tar.gz HTTP/1.1\r\nHost: a\r\n\r\n\
GET /x.css HTTP/1.1\r\nHost: a\r\n\r\n" --mime mime
  echo "$output"
  want='*Type: a/c\r*Type: a/c\r*Type: text/css; charset=utf-8\r*'
  # shellcheck disable=SC2053
  [[ $output == ${want//'\r'/$CR} ]]
}

# --- limits; test/time.bats has the time-outs

@test "what goes beyond a limit gets its status, and what does not is served" {
  rows 'do {
    my ($option, $within, $beyond, $want, $request) = split / /, $row[0], 5;
    my $wrong = "";
    for my $limit ($within, $beyond) {
      my ($reply, $log) = run(unescape($request),
        "--echo", "/echo", "--log", "none", "--$option=$limit", $site);
      my $is_right = $limit eq $within ? $log eq "" :
        $log =~ /\Aperch: -: $want: .*limit\n\z/;
      my $answers = join " ", $reply =~ m{^HTTP/1\.1 (...)}mg;
      $wrong .= "$limit: $reply$log" if !$is_right ||
        $answers ne ($limit eq $within ? "200" : $want);
    }
    $wrong
  }' <<'END'
max-request-line 17 16 414 GET /?12 HTTP/1.1\r\nHost: a\r\n\r\n
max-head 65 64 431 GET /?0123456789012345678901234567890123456 HTTP/1.1\r\nHost: a\r\n\r\n
max-fields 2 1 431 GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n
max-body 5 4 413 POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345
max-body 5 4 413 POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n
max-body 0 4 413 POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345
max-chunk-extensions 4 3 400 POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n
END
}

@test "--max-drain: long content that nobody wants ends the connection; --max-requests: the last response says that it is" {
  request='GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n12345'$GET
  exchange "$request" --max-drain 5
  answers 200 200
  exchange "$request" --max-drain 4
  answers 200
  [[ $output == *$'\n'"Connection: close$CR"* ]]

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

@test "--log combined, the default, has referer, agent, duration and ordinal, common neither, json is an object a line, none silences requests, not refusals" {
  exchange "$GET$NAMED" --date 0
  echo "combined: $stderr"
  [[ ${stderr_lines[0]} =~ ^(.*)' '([0-9]+)' 1'$ ]]
  [ "${BASH_REMATCH[1]}" = "- - - $TIME \"GET / HTTP/1.1\" 200 6 \"-\" \"-\"" ]
  [[ ${stderr_lines[1]} =~ ^(.*)' '([0-9]+)' 2'$ ]]
  [ "${BASH_REMATCH[1]}" = "- - - $TIME \"GET /?q HTTP/1.1\" 200 6 \"r\" \
\"A \\\"b\\\\c\\\"\"" ]

  exchange "$NAMED" --date 0 --log common
  echo "common: $stderr"
  [[ $stderr =~ ^(.*)' '([0-9]+)' 1'$ ]]
  [ "${BASH_REMATCH[1]}" = "- - - $TIME \"GET /?q HTTP/1.1\" 200 6" ]

  exchange "$NAMED" --date 0 --log json
  echo "json: $stderr"
  [[ $stderr =~ ^(.*)',"us":'[0-9]+',"ordinal":1}'$ ]]
  [ "${BASH_REMATCH[1]}" = '{"time":"1970-01-01T00:00:00Z","remote":"-",'\
'"request":"GET /?q HTTP/1.1","status":200,"bytes":6,"referer":"r",'\
'"agent":"A \"b\\c\""' ]

  exchange "${GET}GET / HTTP/1.1\r\n\r\n" --log none
  echo "none: $stderr"
  [ "$stderr" = 'perch: -: 400: no Host in HTTP/1.1' ]
}

# Requests with every byte value in everything that is logged.
@test "no byte below 0x20 or above 0x7e gets into the log, whatever the client sends, and --log json is JSON" {
  perl -MJSON::PP -e "$START"'
    my $all = join "", map chr, 0 .. 255;
    my $no_lf = $all =~ tr/\n//dr;
    my $value = $all =~ tr/\0-\x08\n-\x1f\x7f//dr;
    my $encoded = join "", map sprintf("%%%02x", $_), grep $_ != 47, 1 .. 255;
    my $fields = "Host: a\r\nReferer: r$value\r\nUser-Agent: a$value\r\n";
    my @requests = (
      "GET /$no_lf HTTP/1.1\r\n$fields\r\n", "$no_lf / HTTP/1.1\r\n\r\n",
      "GET /$all HTTP/1.1\r\n$fields\r\n",
      "GET /$encoded HTTP/1.1\r\n$fields\r\n",
      "GET /a HTTP/1.1\r\n${fields}X: $no_lf\r\n\r\n",
      "GET /a HTTP/1.1\r\n${fields}$no_lf: x\r\n\r\n",
      # What is cut.
      map "GET /" . $_ x 2000 . " HTTP/1.1\r\n" .
          "Referer: " . $_ x 2000 . "\r\nUser-Agent: " . $_ x 2000 . "\r\n\r\n",
          "\xff", "\"", "\\", "\t", "a");
    my (%log, $failed);
    for my $format ("combined", "json") {
      for (@requests) {
        my ($reply, $log, $status) =
          run($_, "--explain", "--log", $format, $site);
        $status eq "0" or die "it ended with $status";
        $log{$format} .= $log;
      }
    }
    sub check {
      my ($is_true, $what) = @_;
      print "$what\n" and $failed = 1 if !$is_true;
    }
    for (sort keys %log) {
      print "$_:\n$log{$_}";
      check $log{$_} !~ /[^ -~\n]/, "a byte that may not be in the log $_";
      check $log{$_} =~ /\n\z/, "no newline at the end of the log $_";
    }

    my @lines = split /\n/, $log{combined};
    check 11 == grep(/^- /, @lines), "not 11 requests";
    check !grep(length >= 4096, @lines), "a line is too long";
    for my $byte ("00", "01", "0d", "1b", "7f", "80", "ff") {
      check scalar(grep m{^- .*"GET /.*\\x$byte.* HTTP.*"}, @lines),
        "no $byte in a request";
      check $byte eq "00" ||
        grep(m{^perch: explain: .* no such file .*\\x$byte}, @lines),
        "no $byte in an explanation";
    }
    for my $byte ("80", "9b", "ff") {
      check scalar(grep m{^- .* "r.*\\x$byte.*" "a.*\\x$byte}, @lines),
        "no $byte in referer and agent";
    }
    # Lines are whole, with duration and ordinal, whatever is in them.
    check !grep(!/^perch: |" [0-9]* 1$/, @lines), "a line is not whole";

    my (%seen, $count);
    for (grep !/^perch: /, split /\n/, $log{json}) {
      my $entry = decode_json $_;
      check join(" ", sort keys %$entry) eq
        "agent bytes ordinal referer remote request status time us",
        "other keys: $_";
      check $entry->{ordinal} == 1 && $entry->{status} >= 400,
        "another ordinal or status: $_";
      $seen{$_} = 1 for split //, $entry->{request};
      $count++;
    }
    check $count == 11, "$count lines of JSON";
    check keys(%seen) == 255, keys(%seen) . " bytes of 255";
    exit $failed;
  ' "$BIN/perch" "$SITE"
}

@test "--log-redact leaves queries out of the log, and secrets are in none" {
  local format request='GET /none?key=SECRET&a?b HTTP/1.1\r\nHost: a\r\nReferer: http://a/?SECRET\r\n'
  request+='Authorization: Basic SECRET\r\nCookie: SECRET\r\nConnection: close\r\n\r\n'
  for format in combined json; do
    run --separate-stderr perch --log "$format" "$SITE" < <(printf "$request")
    [[ $stderr == *'/none?key=SECRET&a?b HTTP/1.1'* ]]
    [[ $stderr != *Basic* && $stderr != *SECRET*SECRET*SECRET* ]]
    run --separate-stderr perch --explain --log "$format" --log-redact \
      "$SITE" < <(printf "$request")
    [[ $stderr == *'GET /none HTTP/1.1'* && $stderr != *SECRET* ]]
  done
  # Without a version behind it, all that follows goes.
  run --separate-stderr perch --log-redact "$SITE" < <(printf 'GET /a?A SECRET\r\n\r\n')
  [[ $stderr == *'"GET /a"'* && $stderr != *SECRET* ]]
}

@test "the client's address comes from the first variable that has one; --explain says what decided" {
  # Each row sets one more variable.
  rows 'do {
    my ($want, $name, $value) = split / /, $row[0];
    $ENV{$name} = $value if $name;
    my ($reply, $log) = run("GET / HTTP/1.1\r\nHost: a\r\n\r\n", $site);
    index($log, "$want - - ") == 0 ? "" : $log
  }' <<'END'
-
192.0.2.1 NCAT_REMOTE_ADDR 192.0.2.1
2001:db8::1 SOCAT_PEERADDR [2001:db8::1]
192.0.2.3 REMOTE_HOST ::ffff:192.0.2.3
2001:db8::4 REMOTE_ADDR 2001:db8::4
2001:db8::4 TCPREMOTEIP host.example
192.0.2.5 TCPREMOTEIP 192.0.2.5
2001:db8::4 TCPREMOTEIP 192.0.2.5"
END

  exchange "${GET}GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n" \
    --log none --explain
  echo "$stderr"
  [[ ${stderr_lines[0]} == 'perch: explain: GET / HTTP/1.1: 200; '\
'handler file; file /index.html; type text/html; tag '*'"' ]]
  [ "${stderr_lines[1]}" = 'perch: explain: GET /none HTTP/1.1: 404; '\
'handler file; no such file /none' ]
  [ "${stderr_lines[3]}" = 'perch: explain: GET / HTTP/1.1: 400; '\
'because no Host in HTTP/1.1' ]
}

# --- stderr, exit status

REFUSED='GET / HTTP/1.1\r\n\r\n'

# is_clean FILE: nothing of the log is in this reply to GET and REFUSED.
is_clean() {
  local reply
  IFS= read -r -d '' reply <"$1" || :
  reply=$'\n'$reply
  echo "$1:$reply"
  [[ $reply == *$'\nHTTP/1.1 200 OK'* && $reply == *$'\nHTTP/1.1 400'* ]] &&
    [[ $reply != *$'\nperch: '* && $reply != *'" 200 '* ]] &&
    [[ $reply != *$'\n- '* && $reply != *$'\n{'* ]]
}

@test "no byte of the log gets to the client where stderr is its socket, pipe or file; without stderr requests are served" {
  "$TOP/test/talk" --unix "send:$GET$REFUSED" half read -- \
    sh -c 'exec "$0" "$@" 2>&1' "$BIN/perch" --explain "$SITE" >socket
  is_clean socket

  # shellcheck disable=SC2059
  printf "$GET$REFUSED" | perch --explain "$SITE" 2>&1 | cat >pipe
  is_clean pipe

  # shellcheck disable=SC2059
  printf "$GET$REFUSED" | perch --explain "$SITE" >file 2>&1
  is_clean file

  echo "options"
  "$TOP/test/talk" --unix half read -- \
    sh -c 'exec "$0" "$@" 2>&1' "$BIN/perch" --bogus >out 2>report
  cat out report
  [ ! -s out ]
  IFS= read -r -d '' report <report || :
  [[ $report == *'status 2,'* ]]

  echo "syslog"
  if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
    # In a /dev of its own, where what comes is kept.
    cat >syslogd <<'END'
use Socket;
socket S, AF_UNIX, SOCK_DGRAM, 0;
bind S, sockaddr_un("/dev/log") or die;
syswrite STDOUT, "\n";
alarm 10;
for (1 .. 3) { recv S, $text, 9999, 0; syswrite STDERR, "$text\n" }
END
    # shellcheck disable=SC2059
    printf "$GET$REFUSED" | unshare --mount bash -c '
      mount -t tmpfs none /dev
      perl <syslogd >ready 2>syslog 3>&- &
      until [ -s ready ]; do sleep 0.02; done
      "$@" 2>&1
      wait' bash "$BIN/perch" "$SITE" >file
    is_clean file
    cat syslog
    [ "$(grep -cE '^<30>perch\[[0-9]+\]: - - - \[.* (200|400) ' syslog)" = 2 ]
    [ "$(grep -cE '^<29>perch\[[0-9]+\]: perch: -: 400: ' syslog)" = 1 ]
  fi

  echo "no stderr"
  # shellcheck disable=SC2059
  printf "$GET" >request
  perch "$SITE" <request 2>&- | cat >out
  read -r line <out
  [[ $line == 'HTTP/1.1 200 OK'* ]]
}

@test "the exit status is 0 whatever the client sends, and if it is gone before its answer" {
  rows 'do {
    my (undef, $log, $status) =
      run(unescape(substr $row[0], 1), "--echo", "/echo", $site);
    $status eq "0" ? "" : "$status: $log"
  }' <<END
:
:$GET
:\\0
:$REFUSED
:GET / HTT
:\\x16\\x03\\x01
:GET / HTTP/2.0\\r\\n\\r\\n
:BOGUS / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n
:GET /none HTTP/1.0\\r\\n\\r\\n
:${ECHO}Content-Length: 9\\r\\n\\r\\nshort
END

  # shellcheck disable=SC2059
  printf "$GET" >request
  {
    perch "$SITE" 2>log || echo $? >&3
  } <request 3>status | sleep 0
  cat status
  [ ! -s status ]
}

@test "a head that ends early has taken no longer than it has" {
  exchange 'GET / HTTP/1.1\r\n' --log common
  echo "$stderr"
  [[ ${stderr_lines[1]} =~ \ 400\ [0-9]+\ ([0-9]+)\ 1$ ]]
  [ "${BASH_REMATCH[1]}" -lt 1000000 ]
}
