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
  mandoc -T lint -W warning "$TOP"/man/*.[78] >lint 2>&1 || status=$?
  cat lint
  [ "$status" = 0 ]
  [ ! -s lint ]
  grep -ho '^\.Xr perch[a-z-]* 8' "$TOP"/man/*.8 >named
  while read -r _ page _; do
    [ -x "$BIN/$page" ] || continue
    echo "$page"
    [ -e "$TOP/man/$page.8" ]
  done <named
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
    next if $ARGV =~ m{/conn/tls};
    if ($ARGV =~ /\.8$/) {
      ($section) = /^\.Sh DIAGNOSTICS\n(.*?)^\.Sh SEE/ms;
      $listed{$_}++ for $section =~ /^\.It "(.*)"$/mg;
      next;
    }
    while (/\b(?:refuse\w*|response_refuse|is_invalid|access_note|fail|relay_fail)($call)
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
  ' "$TOP"/man/perch.8 "$TOP"/src/{http,ws*,serve,conn}/*.c \
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
