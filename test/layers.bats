#!/usr/bin/env bats
# The shape of src/, held to what the Makefile's "layers" and the heads of
# the files promise.

TOP=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

# Once for all tests: the lines of the C files as "FILE:LINE: text", without
# comments in $CODE, and without what is in strings in $BARE.
setup_file() {
  cd "$TOP"
  export CODE=$BATS_FILE_TMPDIR/code BARE=$BATS_FILE_TMPDIR/bare
  perl -0777 -n -e '
    BEGIN { open CODE, ">", $ENV{CODE}; open BARE, ">", $ENV{BARE} }
    s{(/\*.*?\*/)|("(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])+\x27)}
     {$1 ? $1 =~ s/[^\n]//gr : $2}gse;
    $line = 0;
    for (split /\n/) {
      print CODE "$ARGV:", ++$line, ": $_\n";
      s/"(?:\\.|[^"\\])*"/""/g;
      print BARE "$ARGV:$line: $_\n";
    }
  ' src/*.c src/*/*.[ch] test/*/*.[ch] examples/*.c
}

setup() { cd "$TOP"; }

# only WHERE PATTERN [FILE]: in src/, PATTERN matches only in files whose
# names match WHERE. It is looked for in $BARE, or in FILE.
only() {
  run grep -E "^src/.*: .*($2)" "${3:-$BARE}"
  run grep -vE "^src/($1):" <<<"$output"
  echo "$output"
  [ -z "$output" ]
}

@test "every file is in the Makefile's layers" {
  layers=$(make -s -f - print <<<'include Makefile
print:
	@echo $(layers)')
  [ -n "$layers" ]
  diff <(tr ' ' '\n' <<<"$layers" | sort) \
    <(ls src/*/*.[ch] | sed 's|src/||; s|\..$||' | sort -u)
}

# behind room|file FILE...: "FILE: HEADER" for each header that a file
# includes though its room, or it itself, stands behind the file's.
behind() {
  awk -v unit="$1" '
    function name(file) {
      sub(/^src\//, "", file)
      sub(unit == "room" ? "/.*" : "[.][ch]$", "", file)
      return file
    }
    FILENAME == "Makefile" {
      if (/^layers = /) inside = 1
      for (i = 1; inside && i <= NF; i++)
        if ($i ~ /^[a-z]+\// && !(name($i) in rank)) rank[name($i)] = ++n
      if (!/\\$/) inside = 0
      next
    }
    /^#include "/ {
      gsub(/"/, "", $2)
      if (!(name($2) in rank) || rank[name($2)] > rank[name(FILENAME)])
        print FILENAME ": " $2
      count++
    }
    END { if (!count) print "there are no includes" }
  ' Makefile "${@:2}"
}

@test "a file includes headers of its own room and of those before it" {
  run behind room src/*/*.[ch]
  echo "$output"
  [ -z "$output" ]
}

@test "a header includes only headers that stand before it: there is no cycle" {
  run behind file src/*/*.h
  echo "$output"
  [ -z "$output" ]
}

@test "the rooms are base, http, ws, serve, conn, host, in this order" {
  rooms=$(sed -n '/^layers = /,/[^\\]$/p' Makefile | grep -oE '[a-z]+/' | uniq)
  run grep -vxE 'base/|http/|ws/|serve/|conn/|host/' <<<"$rooms"
  [ -z "$output" ]
  printf '%s\n' base/ http/ ws/ serve/ conn/ host/ | grep -xF "$rooms" |
    diff - <(echo "$rooms")
}

@test "headers are included by room and name, and no source file is" {
  run grep -nE '^#include ("[^/"]*"|"[^"]*[^h]"|"\.)' src/*.c src/*/*.[ch]
  echo "$output"
  [ -z "$output" ]
}

# Bytes in, decisions out: no descriptor, no clock, no log, no allocation.
# inet_pton is a parser, whatever its header is called.
@test "http/ and ws/ are pure" {
  run grep -rnE '^#include' $(ls -d src/http src/ws 2>/dev/null)
  [ -n "$output" ]
  run grep -vE -e '<(assert|limits|stdbool|stddef|stdint|string)\.h>' \
    -e '"(http|ws)/' -e '"base/(slice|buf|io|limits)\.h"' \
    -e '^src/http/target\.c:.*<arpa/inet\.h>' \
    -e '^src/ws/deflate\.[ch]:.*<zlib\.h>' <<<"$output"
  echo "$output"
  [ -z "$output" ]
  only '(base|serve|conn|host)/.*|[a-z-]*\.c' \
    '\<(malloc|calloc|realloc|free|time|clock_gettime|errno)\>'
}

@test "only the mains exit, and the launcher's forked children" {
  only 'perch[a-z-]*\.c|host/(listen|launcher|spawn)\.c' '\<(_exit|_Exit|exit)\('
}

@test "only conn/writer writes a status line" {
  only 'conn/writer\.c' '"HTTP/1\.1 ' "$CODE"
}

@test "only host/ reads the environment" {
  only 'host/.*' '\<(secure_)?getenv\>|\<environ\>'
}

@test "only base/log writes to stderr" {
  only 'base/log\.c' \
    '\((STDERR_FILENO|2),|\<(stderr|perror|warnx?|errx?|v?syslog)\>'
}

@test "no function that trusts a NUL, a format, or the stack" {
  only none \
    '\<(strcpy|strcat|strncpy|stpcpy|v?sprintf|strtok(_r)?|ato[il]l?|atof|v?sscanf|gets|alloca)\>'
}

@test "no stdio, no locale and no getaddrinfo outside of host/" {
  only 'host/.*|perch-[a-z-]*\.c' \
    '#include <(stdio|locale|netdb|wchar)\.h>|\<getaddrinfo\>' "$CODE"
}

# mime.c is one sorted table, config.c one table of options with its
# parsers, and both are read by looking a row up, not from top to bottom.
@test "no file is longer than 400 lines, save two tables" {
  run awk 'FNR == 401 { print FILENAME }' src/*.c src/*/*.[ch]
  run grep -vxE 'src/http/mime\.c|src/host/config\.c' <<<"$output"
  echo "$output"
  [ -z "$output" ]
}

@test "comments are between /* and */; // is for what will not stay" {
  run grep ': .*//' "$BARE"
  echo "$output"
  [ -z "$output" ]
}

@test "no file is called util, common, misc, types or helpers" {
  run find src -regextype egrep -iregex \
    '.*/[a-z_-]*(util|common|misc|types|helper|shared)[a-z_-]*(\.[ch])?'
  echo "$output"
  [ -z "$output" ]
}

@test "every file begins with its licence" {
  run grep -L -m1 '^/\* SPDX-License-Identifier: ISC \*/$' \
    src/*.c src/*/*.[ch] test/*/*.[ch] examples/*.c
  echo "$output"
  [ -z "$output" ]
}
