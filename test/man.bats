#!/usr/bin/env bats
# The manual pages say what the programs do.
load helper

# What mandoc makes of perch.8's DESCRIPTION, a paragraph a line, goes to
# "description", the examples that are for a shell to "examples".
setup_file() {
  site
  mandoc -T ascii -O width=500 "$TOP/man/perch.8" >"$BATS_FILE_TMPDIR/ascii"
  cd "$BATS_FILE_TMPDIR"
  perl -0777 -n -e '
    s/.\x08//g;
    sub section { /^$_[0]\n((?:(?![A-Z]).*\n)*)/m ? $1 : "" }
    open my $description, ">", "description" or die;
    print $description section "DESCRIPTION";
    open my $examples, ">", "examples" or die;
    print $examples section("EXAMPLES") =~ /^ *(\$ .*\n)/mg;
  ' ascii
}

@test "mandoc has nothing to say against the manuals, and those that they name are here" {
  cd "$BATS_TEST_TMPDIR"
  status=0
  mandoc -T lint -W warning "$TOP"/man/*.[578] >lint 2>&1 || status=$?
  cat lint
  [ "$status" = 0 ]
  [ ! -s lint ]
  grep -hoE '^\.Xr perch[a-z.-]* [1-8]' "$TOP"/man/* | sort -u >named
  [ -s named ]
  while read -r _ page section; do
    echo "$page($section)"
    [ -e "$TOP/man/$page.$section" ]
  done <named
  # Each is named by another, so that it can be found.
  for page in "$TOP"/man/*; do
    page=${page##*/}
    echo "$page"
    [ "$page" = perch.8 ] || grep -qx ".Xr ${page%.*} ${page##*.}" named
  done
}

@test "every option is documented with its value and its default, every variable in the order in which they count" {
  cd "$BATS_TEST_TMPDIR"
  perch --help >help
  perl -e '
    sub read_file { local (@ARGV, $/) = @_; <> }
    ($help, $description, $page, $peer) = map read_file($_), @ARGV;
    for (split /\n/, $help) {
      # "  --name VALUE    help (default)", or "  --name[=VALUE]   help"
      /^  --/ or next;
      ($name, $value, $default) =
        /^  --([a-z-]+)( \x27.*?\x27| \S+|\[=\S+\])? .*?(?: \(([^()]+)\))?$/
        or print("not understood: $_\n"), next;
      $value = lc $value;
      ($text) =
        $description =~ /^ +--\Q$name$value\E *((?:\n?(?! *--).*)*)/m
        or print("--$name$value is missing\n"), next;
      print "--$name: its default is not $default\n"
        if defined $default && $text !~ /The default is \Q$default\E\b/;
      $count++;
    }
    print "$count options\n" if $count < 20;

    ($section) = $page =~ /^\.Sh ENVIRONMENT\n(.*?)^\.Sh FILES/ms;
    $manual = join " ", $section =~ /^\.It Ev (.*)/mg;
    $source = join " ", $peer =~ /"([A-Z_]{6,})"/g;
    print "the variables are\n$source, and not\n$manual\n"
      if !$source || $manual ne $source;
  ' help "$BATS_FILE_TMPDIR/description" "$TOP/man/perch.8" \
    "$TOP/src/host/peer.c" >wrong
  cat wrong
  [ ! -s wrong ]
}

# In the log a reason leads to its line in the source.
@test "every refusal has a reason of its own, which is in DIAGNOSTICS, and no other is there" {
  shopt -s nullglob
  perl -0777 -n -e '
    BEGIN {
      $string = qr/"(?:\\.|[^"\\])*"/;
      $call = qr/\((?:[^()"\x27]|$string|\x27(?:\\.|[^\x27\\])+\x27|(??{$call}))*\)/;
    }
    # What is said of TLS is in perch-tls.8.
    next if $ARGV =~ m{/conn/tls};
    if ($ARGV =~ /\.[78]$/) {
      ($section) = /^\.Sh DIAGNOSTICS\n(.*?)^\.Sh SEE/ms;
      $listed{$_}++ for $section =~ /^\.It "(.*)"$/mg;
      next;
    }
    while (/\b(?:refuse\w*|response_refuse|answer_refuse|is_invalid|access_note|fail|relay_fail)($call)
            |\bwhy\ =\s*($string)|\breturn\s($string)/xg) {
      ($text, $returned) = ($1 // $2 // $3, defined $3);
      # What the rooms before conn/ return is said about options.
      next if $returned && $ARGV !~ m{/conn/|/http/credentials};
      $given{s/"\s*"//gr =~ s/^"|"$//gr}++, $count++
        for $text =~ /$string(?:\s*$string)*/g;
    }
    END {
      for (sort keys %{{%listed, %given}}) {
        print "given and not listed: $_\n" if !$listed{$_};
        print "listed and not given: $_\n" if !$given{$_};
        print "listed more than once: $_\n" if $listed{$_} > 1;
        print "given more than once: $_\n" if $given{$_} > 1;
      }
      print "there are $count reasons\n" if $count <= 60;
    }
  ' "$TOP"/man/perch.8 "$TOP"/man/perch-{cgi,websocket}.7 \
    "$TOP"/src/{http,ws*,serve,conn}/*.c \
    >"$BATS_TEST_TMPDIR/wrong"
  cat "$BATS_TEST_TMPDIR/wrong"
  [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

@test "the examples that are for a shell run; the first answers one request" {
  cd "$BATS_TEST_TMPDIR"
  ln -s "$SITE" site
  printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >request
  PATH=$BIN:$PATH
  mapfile -t examples <"$BATS_FILE_TMPDIR/examples"
  for example in "${examples[@]#\$ }"; do
    echo "$example"
    bash -e -o pipefail -c "${example//\/srv\/www/$SITE}" \
      </dev/null >out 2>err
    IFS= read -r -d '' out <out || :
    [[ $example != printf* || $'\n'$out == *$'\nHTTP/1.1 200 OK'* ]]
  done
  [ "${#examples[@]}" -ge 3 ]
  IFS= read -r -d '' response <response || :
  [[ $response == *$'\n'"Date: Thu, 01 Jan 1970 00:00:00 GMT$CR"$'\n'* ]]
  [[ ${examples[0]} == \
    '$ printf '\''GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'\'' | perch /srv/www' ]]
}

@test "perch.conf.5 has each option of the table with its kind, and whose it is" {
  perl -e '
    sub read_file { local (@ARGV, $/) = @_; <> }
    ($config, $page) = map read_file($_), @ARGV;
    ($table) = $config =~ /struct option options\[\] = \{(.*?)\n\};/s or die;
    %heading = (FLAG => "Without", SECONDS => "Seconds", SIZE => "Bytes",
      COUNT => "Other");
    while ($table =~ /\{"([a-z-]+)",.*?\bOPTION_(\w+),\s+(ALL|LAUNCHERS|PROGRAM_\w+(?: \| PROGRAM_\w+)*),/gs) {
      next if $1 =~ /^(help|version|config)$/;
      ($name, $kind, $whose) = ($1, $2, $3);
      $want{$name} = [$whose =~ /ALL|PERCH/ ? "" :
        $whose eq "PROGRAM_TLS" ? "+" : "*", $kind];
    }
    ($section) = $page =~ /^\.Sh OPTIONS\n(.*?)^\.Sh/ms or die;
    for (split /^\.Ss /m, $section) {
      ($word) = /^(\w+)/;
      for (/^\.Ic (.*)/mg) {
        # Behind the name of a single one stands its value.
        s/(Ns No [*+] )?(Ar|Cm|Op|Oo).*/$1/;
        push @{$got{$1}}, [$2 =~ s/.* //r, $word]
          while /([a-z-]{2,})((?: Ns No [*+])?)/g;
      }
    }
    for (sort keys %{{%want, %got}}) {
      print "not there: $_\n" or next if !$got{$_};
      print "not in the table: $_\n" or next if !$want{$_};
      print "more than once: $_\n" if @{$got{$_}} != 1;
      ($star, $word) = @{$got{$_}[0]};
      print "wrong mark: $_\n" if $star ne $want{$_}[0];
      $heading = $heading{$want{$_}[1]};
      print "under $word: $_\n"
        if $heading && $heading ne $word && $_ ne "retry-after";
      $count++;
    }
    print "$count options\n" if $count < 70;
  ' "$TOP/src/host/config.c" "$TOP/man/perch.conf.5" >"$BATS_TEST_TMPDIR/wrong"
  cat "$BATS_TEST_TMPDIR/wrong"
  [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

@test "perch.conf.5's example is right for both programs, and does what it says" {
  cd "$BATS_TEST_TMPDIR"
  perl -0777 -ne '/^\.Sh EXAMPLES.*?^\.Bd.*?\n(.*?)^\.Ed/ms && print $1' \
    "$TOP/man/perch.conf.5" | sed "s,/etc/perch/users,$PWD/users," >site.conf
  echo 'alice:$5$x$x' >users
  mkdir -p site/files site/private site/cgi
  echo gone >site/404.html
  printf '#!/bin/sh\necho Content-Type: text/plain; echo; echo "$DATABASE $(ulimit -v)"\n' >site/cgi/env
  chmod +x site/cgi/env
  requests=
  for target in /files/ /none /old/x /assets/x /cgi/env /private/ /upper; do
    requests+="GET $target HTTP/1.1\r\nHost: a\r\n\r\n"
  done
  PATH=$BIN:$PATH
  perch --check --config site.conf site
  perch-listen --check --config site.conf 127.0.0.1:8080 site
  SITE=site
  exchange "$requests" --config site.conf
  echo "$output"
  grep -oE '^HTTP/1.1 [0-9]*' <<<"$output" | tr '\n' ' ' >statuses
  cat statuses
  [[ $(<statuses) == 'HTTP/1.1 200 HTTP/1.1 404 HTTP/1.1 302 HTTP/1.1 404 '\
'HTTP/1.1 200 HTTP/1.1 401 HTTP/1.1 426 '* ]]
  [[ $output == *'Location: /new/x'* && $output == *'Referrer-Policy: same-origin'* ]]
  [[ $output == *$'\n/var/lib/site/db 262144'* && $output == *gone* ]]
}

@test "perch-cgi.7 has the variables that a program is given, and no others" {
  perl -0777 -n -e '
    if ($ARGV =~ /\.7$/) {
      ($section) = /^\.Ss Its environment\n(.*?)^\.El/ms;
      $listed{$_}++ for $section =~ /^\.It Ev ([A-Z_]+)$/mg;
    } else {
      $given{$_}++ for /SLICE\("([A-Z_]{5,})"\)/g, /buf_add_str\(\S+, "([A-Z_]{5,})="/g;
    }
    END {
      delete $given{HTTP_};
      print "not there: $_\n" for grep !$listed{$_}, sort keys %given;
      print "not given: $_\n" for grep !$given{$_}, sort keys %listed;
      print keys(%given) . " variables\n" if keys %given < 20;
    }
  ' "$TOP/man/perch-cgi.7" "$TOP/src/http/cgi_meta.c" >"$BATS_TEST_TMPDIR/wrong"
  cat "$BATS_TEST_TMPDIR/wrong"
  [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

@test "perch-tls.8 has the variables that it gives to a program, and no others" {
  perl -0777 -n -e '
    if ($ARGV =~ /\.8$/) {
      $listed{$_}++ for map split(/ , /), /^\.It Ev (SSL_.*)$/mg;
      # What the star stands for.
      ($parts) = /^their parts\n\.Ev (.*\nand\n.*) ,$/m;
      $part{$_}++ for grep /^[A-Z]/, split /\W+(?:and\W+Ev\W)?/, $parts;
    } else {
      $given{s/_\K$/*/r}++ for /"(SSL_[A-Za-z_]+)"/g;
      $name{$_}++ for /\{NID_\w+, "(\w+)"\}/g;
    }
    END {
      print "not there: $_\n" for grep !$listed{$_}, sort keys %given;
      print "not given: $_\n" for grep !$given{$_}, sort keys %listed;
      print "parts: @{[sort keys %part]} and @{[sort keys %name]}\n"
        if "@{[sort keys %part]}" ne "@{[sort keys %name]}";
      print keys(%given) . " variables\n" if keys %given < 15;
    }
  ' "$TOP/man/perch-tls.8" "$TOP/src/conn/tls_variables.c" \
    >"$BATS_TEST_TMPDIR/wrong"
  cat "$BATS_TEST_TMPDIR/wrong"
  [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

@test "perch-cgi.7's examples run: a program that counts, and one that sends events" {
  cd "$BATS_TEST_TMPDIR"
  mkdir -p site/cgi
  perl -0777 -n -e '
    s/\\e/\\/g;
    @blocks = /^\.Bd.*?\n(.*?)^\.Ed/msg;
    for (["site/cgi/hello", 0], ["commands", 1], ["site/cgi/events", 2]) {
      open my $file, ">", $_->[0];
      print $file $blocks[$_->[1]];
    }
  ' "$TOP/man/perch-cgi.7"
  chmod +x site/cgi/*
  PATH=$BIN:$PATH
  sed 's/^\$ //' commands >run
  bash -e run >out
  cat out
  [[ $(<out) == 'HTTP/1.1 200 '*$'\nYou are , and sent 3 bytes.' ]]
  printf 'GET /cgi/events HTTP/1.0\r\n\r\n' |
    perch --cgi /cgi/ --half-close-grace 0 site 2>log |
    sed -n 's/\r$//; /^data: /{p;q}' >event
  cat event
  grep -xE 'data: [0-9]{2}:[0-9]{2}:[0-9]{2}' event
}

@test "each promise of perch-security.7 names a test that there is" {
  cd "$TOP"
  perl -0777 -n -e '
    ($promises) = /^\.Sh PROMISES\n(.*?)^\.Sh /ms or die;
    for (split /^\.It\n/m, $promises) {
      next if /^\.Bl/;
      $count++;
      ($head) = /(.*)/;
      /^\.Pa test\//m or print "no test: $head\n";
      while (/^\.Pa (test\/\S+\.bats) :\n\.Dq (.*)/mg) {
        open my $file, "<", $1 or print "no file: $1\n";
        local $/;
        $tests = <$file>;
        $tests =~ /^\@test "\Q$2\E" \{$/m or print "no test in $1: $2\n";
      }
      while (/^\.Pa test\/cases\/(.*)/mg) {
        glob "test/cases/$_/*.req" or print "no cases: $_\n"
          for split / , /, $1;
      }
    }
    print "$count promises\n" if $count < 15;
  ' man/perch-security.7 >"$BATS_TEST_TMPDIR/wrong"
  cat "$BATS_TEST_TMPDIR/wrong"
  [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

@test "perch-listen.8 has what is said of addresses, users and sockets, and nothing else" {
  perl -0777 -n -e '
    if ($ARGV =~ /\.8$/) {
      ($section) = /^\.Sh DIAGNOSTICS\n(.*?)^\.Sh SEE/ms;
      push @listed, $section =~ /^\.It "(.*)"$/mg if $ARGV =~ /listen/;
      $said .= join "\n", $section =~ /^(?:\.It "|\.Dl )(.*)/mg;
      next;
    }
    s{/\*.*?\*/|^#include.*?$}{}gsm;
    s{#define SOCKETS .*|VARIABLE\("\w+"\)}{}g;
    while (/((?:"(?:\\.|[^"\\])*"\s*)+)/g) {
      ($text = $1) =~ s/"\s*"//g;
      $text =~ s/^"\s*|\s*"\s*$//g;
      $given .= "$text\n";
      push @given, $text if $text =~ /[a-z] [a-zA-Z]|[a-z], /;
    }
    END {
      for (@given) {
        print "given and not listed: $_\n" if index($said, $_) < 0;
      }
      for (@listed) {
        for $part (grep /\w/, split /(?:: )?\b(?:1|N|ADDRESS|REASON|PERCH_SOCKETS)\b(?:: )?/) {
          $part =~ s/^\s+|\s+$//g;
          # "reloaded" and the like may be followed by a reason.
          print "listed and not given: $part\n"
            if index($given, $_) < 0 && grep index($given, $_) < 0, split /: /, $part;
        }
      }
      print @given . " messages\n" if @given < 25;
    }
  ' "$TOP"/man/perch{,-listen}.8 \
    "$TOP"/src/host/{address,broker,crash,customers,errand,handover,image,launcher,listen,overload,passwd,privilege,reload,socket,start}.c \
    >"$BATS_TEST_TMPDIR/wrong"
  cat "$BATS_TEST_TMPDIR/wrong"
  [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

# examples_of PAGE: its EXAMPLES as lines of a terminal, with what is here in
# the place of what a reader has.
examples_of() {
  mandoc -T ascii -O width=500 "$TOP/man/$1" | sed 's/.\x08//g' |
    sed -n '/^EXAMPLES/,/^[D-Z]/s/^ *//p' |
    sed "s,/srv/www,$SITE,; s,/etc/perch,$PWD,; s,/run/,$PWD/,
      s,www-data,$(id -un),; s,/usr/local/bin,$BIN,"
}

@test "perch-listen.8's examples serve" {
  cd "$BATS_TEST_TMPDIR"
  cp "$SITE/index.html" .
  ln -s . site
  : >perch.conf
  PATH=$BIN:$PATH
  examples_of perch-listen.8 | sed -n 's/^[$#] //p' >lines
  cat lines
  [ "$(wc -l <lines)" -ge 7 ]
  count=0
  while IFS= read -r line; do
    case $line in
    perch-listen*'&')
      # What waits for it stands in the next line.
      IFS= read -r next
      line="$line ${next/read/read -t 20}"
      ;;
    perch-listen*)
      line="${line/perch-listen/perch-listen --ready-fd 3} 3>ready & read -r -t 20 _ <ready"
      ;;
    *)
      eval "$line"
      continue
      ;;
    esac
    for _ in 1 2 3 4 5; do
      rm -f ready
      mkfifo ready
      PORT=$((20000 + RANDOM % 12000))
      here=${line//8080/$PORT} here=${here//7777/$PORT}
      ! eval "${here/ 80 / $PORT }" </dev/null 2>log || break
    done
    cat log
    count=$((count + 1))
    case $line in
    *unix:*) curl -sS --unix-socket "$PWD/perch.sock" http://a/ ;;
    *' -- '*) cat <"/dev/tcp/127.0.0.1/$PORT" ;;
    *) curl -sS "http://127.0.0.1:$PORT/" ;;
    esac >out
    cat out
    kill $! && wait $! || :
    rm ready
    case $line in
    *' -- '*) [ "$(<out)" = 'You are 127.0.0.1' ] ;;
    *) [ "$(<out)" = small ] ;;
    esac
  done <lines
  [ "$count" -ge 5 ]
}

@test "the manuals' examples for inetd and systemd are those that are tested, and systemd has nothing against them" {
  for page in perch.8 perch-listen.8; do
    sed -n '/^\.Sh EXAMPLES/,/^\.Sh DIAG/p' "$TOP/man/$page"
  done >examples
  mv examples "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR"
  inetd=$(sed -n 's/^\.Dl \(http stream .*\)/\1/p' examples)
  [ -n "$inetd" ]
  grep -Fx "$inetd" "$TOP/examples/hosts/inetd.conf"
  command -v systemd-analyze || skip 'no systemd-analyze'
  # Pa NAME names the file of the block that follows.
  perl -0777 -n -e '
    while (/^\.Pa (perch\S*\.(?:socket|service))(?:(?!^\.Bd).)*?^\.Bd.*?\n(.*?)^\.Ed/msg) {
      open my $file, ">", $1;
      print $file $2;
    }' examples
  ls perch*
  sed -i "s,/usr/local/bin,$BIN," perch*.service
  # It is of systemd 253.
  sed -i 's/notify-reload/notify/' perch-listen.service
  run systemd-analyze verify --man=no ./perch.socket ./perch@.service \
    ./perch-listen.socket ./perch-listen.service
  echo "$output"
  [ "$status" = 0 ]
  [ -z "$output" ]
}

@test "perch.8's examples for root serve, by tcpserver and behind a proxy" {
  needs_root
  cd "$BATS_TEST_TMPDIR"
  PATH=$BIN:$PATH
  examples_of perch.8 | sed -n 's/^# //p' >lines
  cat lines
  [ "$(cut -d' ' -f1 lines | tr '\n' ' ')" = 'tcpserver perch-listen ' ]
  while IFS= read -r line; do
    PORT=$((12000 + RANDOM % 7000))
    line=${line/-u 33 -g 33/-u $(id -u) -g $(id -g)}
    line=${line/ 80 / $PORT } line=${line/192.0.2.1:8080/127.0.0.1:$PORT}
    command -v "${line%% *}" || continue
    eval "$line &" </dev/null 2>log
    for _ in {1..200}; do
      { : <>"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null && break
      sleep 0.05
    done
    [[ $line == tcpserver* ]] || proxied=--haproxy-protocol
    curl -sS $proxied "http://127.0.0.1:$PORT/" >out
    kill $! && wait $! || :
    cat out log
    [ "$(<out)" = small ]
  done <lines
}

@test "perch.conf.5 has what may be wrong with options and their values, and nothing else" {
  perl -0777 -n -e '
    BEGIN { $string = qr/(?:"(?:\\.|[^"\\])*"\s*)+/ }
    if ($ARGV =~ /\.5$/) {
      ($section) = /^\.Sh DIAGNOSTICS\n(.*?)^\.Sh SEE/ms;
      $listed{$_}++ for $section =~ /^\.It "(.*)"$/mg;
      next;
    }
    s{/\*.*?\*/}{}gs;
    s/^static const struct option options.*?^\};//ms;
    # What a program, not an option, is refused for is in perch-cgi.7.
    $before = $ARGV =~ m{/(program|websocket)\.c$} ? qr/\breturn\s/ : qr//;
    while (/$before($string)/g) {
      ($text = $1) =~ s/"\s*"//g;
      $text =~ s/^"|"\s*$//g;
      $given{$text}++ if $text =~ /[a-z] [a-zA-Z]/ && $text !~ /usage/;
    }
    END {
      print "given and not listed: $_\n" for grep !$listed{$_}, sort keys %given;
      print "listed and not given: $_\n" for grep !$given{$_}, sort keys %listed;
      print "listed more than once: $_\n" for grep $listed{$_} > 1, keys %listed;
      print keys(%given) . " reasons\n" if keys %given < 40;
    }
  ' "$TOP/man/perch.conf.5" \
    "$TOP"/src/{host/config,serve/rules,serve/confine,serve/program,serve/websocket,http/ip,http/mime}.c \
    >"$BATS_TEST_TMPDIR/wrong"
  cat "$BATS_TEST_TMPDIR/wrong"
  [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}

@test "perch-tls.8 has what is said of certificates, keys and handshakes, and nothing else" {
  perl -0777 -n -e '
    if ($ARGV =~ /\.8$/) {
      ($section) = /^\.Sh DIAGNOSTICS\n(.*?)^\.Sh SEE/ms;
      $listed{$_}++ for $section =~ /^\.It "(.*)"$/mg;
      next;
    }
    s{/\*.*?\*/|^_Static_assert\(.*?\);|^#include.*?$}{}gsm;
    while (/((?:"(?:\\.|[^"\\])*"\s*)+)/g) {
      ($text = $1) =~ s/"\s*"//g;
      $text =~ s/^"|"\s*$//g;
      $given{$text}++ if $text =~ /[a-z] [a-zA-Z]/;
    }
    END {
      print "given and not listed: $_\n" for grep !$listed{$_}, sort keys %given;
      print "listed and not given: $_\n" for grep !$given{$_}, sort keys %listed;
      print "listed more than once: $_\n" for grep $listed{$_} > 1, keys %listed;
      print keys(%given) . " messages\n" if keys %given < 25;
    }
  ' "$TOP/man/perch-tls.8" "$TOP"/src/conn/tls*.c "$TOP/src/perch-tls.c" \
    >"$BATS_TEST_TMPDIR/wrong"
  cat "$BATS_TEST_TMPDIR/wrong"
  [ ! -s "$BATS_TEST_TMPDIR/wrong" ]
}
