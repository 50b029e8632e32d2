#!/usr/bin/env bats
# The manual pages say what the programs do.
load helper

setup_file() { site; }

# What mandoc makes of a section of perch.8, a paragraph a line.
section() {
  mandoc -T ascii -O width=500 "$TOP/man/perch.8" | perl -pe 's/.\x08//g' |
    sed -n "/^$1\$/,/^[A-Z]/{/^[A-Z]/d;p}"
}

@test "mandoc has nothing to say against the manuals" {
  run mandoc -T lint -W warning "$TOP"/man/*.8
  echo "$output"
  [ "$status" = 0 ]
  [ -z "$output" ]
}

@test "every option is documented with its value and its default" {
  perch --help >"$BATS_TEST_TMPDIR/help"
  section DESCRIPTION | perl -e '
    $manual = join "", <STDIN>;
    while (<>) {
      # "  --name VALUE    help (default)"
      ($name, $value, $default) =
        /^  --([a-z-]+)( \x27.*?\x27| \S+)? .*?(?: \(([^()]+)\))?$/ or next;
      $value = lc $value;
      ($text) = $manual =~ /^ +--\Q$name$value\E *((?:\n?(?! *--).*)*)/m
        or print("--$name$value is missing\n"), next;
      print "--$name: its default is not $default\n"
        if defined $default && $text !~ /The default is \Q$default\E\b/;
      $count++;
    }
    print "$count options\n" if $count < 20;
  ' "$BATS_TEST_TMPDIR/help" >"$BATS_TEST_TMPDIR/missing"
  cat "$BATS_TEST_TMPDIR/missing"
  [ ! -s "$BATS_TEST_TMPDIR/missing" ]
}

# reasons: why requests are refused and responses cut short, from the
# source, one a line.
reasons() {
  perl -0777 -n -e '
    BEGIN {
      $string = qr/"(?:\\.|[^"\\])*"/;
      $call = qr/\((?:[^()"\x27]|$string|\x27(?:\\.|[^\x27\\])+\x27|(??{$call}))*\)/;
    }
    while (/\b(?:refuse\w*|response_refuse|is_invalid|access_note|fail)($call)
            |\*why\ =\s*($string)|\breturn\s($string)/xg) {
      ($text, $returned) = ($1 // $2 // $3, defined $3);
      # What the rooms before conn/ return is said about options.
      next if $returned && $ARGV !~ m{/conn/};
      print s/"\s*"//gr =~ s/^"|"$//gr, "\n"
        for $text =~ /$string(?:\s*$string)*/g;
    }
  ' "$TOP"/src/{http,serve,conn}/*.c $(ls "$TOP"/src/ws/*.c 2>/dev/null)
}

@test "every refusal has its reason in DIAGNOSTICS, and no other is there" {
  [ "$(reasons | wc -l)" -gt 60 ]
  diff <(sed -n '/^\.Sh DIAGNOSTICS/,/^\.Sh SEE/s/^\.It "\(.*\)"$/\1/p' \
    "$TOP/man/perch.8" | sort) <(reasons | sort -u)
}

@test "every refusal has a reason of its own, so that the log leads to its line" {
  run bash -c 'sort | uniq -d' < <(reasons)
  echo "$output"
  [ -z "$output" ]
}

@test "ENVIRONMENT lists the variables in the order in which they count" {
  diff <(sed -n '/^\.Sh ENVIRONMENT/,/^\.Sh FILES/s/^\.It Ev //p' \
    "$TOP/man/perch.8") \
    <(grep -oE '"[A-Z_]{6,}"' "$TOP/src/host/peer.c" | tr -d '"')
}

@test "the manuals that are named here are here" {
  for page in $(sed -n 's/^\.Xr \(perch[a-z-]*\) 8.*/\1/p' "$TOP"/man/*.8 |
    sort -u); do
    [ -x "$BIN/$page" ] || continue
    echo "$page"
    [ -e "$TOP/man/$page.8" ]
  done
}

@test "the examples that are for a shell run" {
  cd "$BATS_TEST_TMPDIR"
  ln -s "$SITE" site
  printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >request
  PATH=$BIN:$PATH
  count=0
  while read -r example; do
    echo "$example"
    bash -e -o pipefail -c "${example//\/srv\/www/$SITE}" \
      </dev/null >out 2>err
    [[ $example != printf* ]] || grep -q '^HTTP/1.1 200 OK' out
    count=$((count + 1))
  done < <(section EXAMPLES | sed -n 's/^ *\$ //p')
  [ "$count" -ge 3 ]
  grep -q "^Date: Thu, 01 Jan 1970 00:00:00 GMT$CR\$" response
}

@test "the first example answers one request from the shell" {
  [[ $(section EXAMPLES | sed -n '/\$/{s/^ *//p;q}') == \
    '$ printf '\''GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'\'' | perch /srv/www' ]]
}
