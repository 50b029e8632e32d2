#!/usr/bin/env bats
# The shape of src/, held to what the Makefile's "layers" and the heads of
# the files promise.

TOP=$(cd "$BATS_TEST_DIRNAME/.." && pwd)

# Once for all tests, in one process, since it is processes that cost: what
# is against a rule, as "RULE: FILE:LINE: text", in $BREACHES, and "RULE" for
# each that was looked at, so that none is kept because nobody asked.
setup_file() {
  cd "$TOP"
  shopt -s globstar dotglob
  export BREACHES=$BATS_FILE_TMPDIR/breaches
  perl -e '
    sub breach {
      my $rule = shift;
      print "$rule: $_\n" for @_;
      $asked{$rule} = 1;
    }

    sub read_file { local (@ARGV, $/) = @_; <> }

    # matches RULE, PATTERN, LINES, FILE...: each line with PATTERN in it is
    # a breach. LINES is \%bare, \%code or \%text.
    sub matches {
      my ($rule, $pattern, $lines, @in) = @_;
      breach $rule;
      for my $file (@in) {
        next if $lines->{$file} !~ $pattern;
        my $line;
        for (split /\n/, $lines->{$file}) {
          $line++;
          breach $rule, "$file:$line: $_" if $_ =~ $pattern;
        }
      }
    }

    # only RULE, WHERE, PATTERN, LINES: in src/, PATTERN is only in files
    # whose names match WHERE.
    sub only {
      my ($rule, $where, $pattern, $lines) = @_;
      matches $rule, $pattern, $lines, grep !m{^src/(?:$where)$}, @sources;
    }

    @files = grep /\.[ch]$/ && -f, @ARGV;
    @sources = grep m{^src/}, @files;

    # What is in the files is %text, without comments it is %code, and
    # without what is in strings too it is %bare.
    for (@files) {
      $code = $text{$_} = read_file $_;
      $code =~
        s{(/\*.*?\*/)|("(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])+\x27)}
         {$1 ? $1 =~ s/[^\n]//gr : $2}gse;
      $code{$_} = $code;
      $bare{$_} = $code =~ s/"(?:\\.|[^"\\\n])*"/""/gr;
    }

    # --- the order of files and rooms

    @lists = read_file("Makefile") =~ /^[ \t]*layers *\W?=((?:.*\\\n)*.*)/mg;
    @layers = grep $_ ne "\\", split " ", join " ", @lists;
    $named{$_}++ for @layers;
    m{^src/(.*?/.*)\..$} and $there{$1} = 1 for @sources;
    breach "named", @lists == 1 ? () : "there is not one list of layers";
    breach "named", grep $named{$_} != 1, sort keys %{{%there, %named}};
    breach "named", grep !$there{$_}, sort keys %named;

    @rooms = map m{^([a-z]+)/}, @layers;
    $rooms = join " ",
      map $rooms[$_], grep !$_ || $rooms[$_] ne $rooms[$_ - 1], 0 .. $#rooms;
    $used{$_} = 1 for @rooms;
    breach "rooms", $rooms && $rooms eq
      join(" ", grep $used{$_}, qw(base http ws serve conn host)) ?
      () : "they are $rooms";

    # behind RULE, TAIL, FILE...: each header that a file includes though it
    # comes behind the file, where names are those without their TAIL.
    sub behind {
      my ($rule, $tail, @in) = @_;
      my ($count, %rank);
      $rank{s/$tail//r} //= keys(%rank) + 1 for @layers;
      for my $file (@in) {
        my $own = $rank{$file =~ s{^src/}{}r =~ s/$tail//r} || 0;
        for my $header ($text{$file} =~ /^#include "(.*?)"/mg) {
          my $rank = $rank{$header =~ s/$tail//r};
          breach $rule, "$file: $header" if !$rank || $rank > $own;
          $count++;
        }
      }
      breach $rule, $count ? () : "there are no includes";
    }

    behind "rooms before", qr{/.*}, grep m{^src/.*/}, @sources;
    behind "headers before", qr{\.[ch]$}, grep m{^src/.*/.*\.h$}, @sources;

    matches "room and name",
      qr{^\#include (?:"[^/"\n]*"|"[^"\n]*[^h\n]"|"\.)}m, \%text, @sources;

    # --- what belongs to one room

    # Bytes in, decisions out: no descriptor, no clock, no log, no
    # allocation. inet_pton is a parser, and inet_ntop its reverse, whatever
    # their header is called.
    for my $file (grep m{^src/(?:http|ws)/}, @sources) {
      for ($text{$file} =~ /^#include.*/mg) {
        $includes++;
        breach "pure", "$file: $_" unless
          m{<(?:assert|limits|stdbool|stddef|stdint|string)\.h>} ||
          m{"(?:http|ws)/|"base/(?:slice|buf|io|arena|limits)\.h"} ||
          $file eq "src/http/ip.c" && m{<arpa/inet\.h>} ||
          $file eq "src/ws/deflate.c" && m{<zlib\.h>};
      }
    }
    breach "pure", $includes ? () : "there are no includes";
    only "pure", qr{(?:base|serve|conn|host)/.*|[a-z-]*\.c},
      qr{\b(?:malloc|calloc|realloc|free|time|clock_gettime|errno)\b}, \%bare;

    only "zlib", qr{conn/gzip\.c|ws/deflate\.c}, qr{\#include <zlib\.h>},
      \%code;

    only "openssl", qr{conn/tls[a-z_]*\.c}, qr{\#include <openssl/}, \%code;

    only "exit", qr{perch[a-z-]*\.c|serve/spawn\.c|host/(?:listen|launcher|opener|broker)\.c},
      qr{\b(?:_exit|_Exit|exit)\(}, \%bare;
    only "status line", qr{conn/writer\.c}, qr{"HTTP/1\.1 }, \%code;
    only "environment", qr{host/.*},
      qr{\b(?:(?:secure_)?getenv|environ)\b}, \%bare;
    only "stderr", qr{base/log\.c},
      qr{\((?:STDERR_FILENO|2),|\b(?:stderr|perror|warnx?|errx?(?!\.h)|v?syslog)\b},
      \%bare;
    only "stdio", qr{host/.*|perch-[a-z-]*\.c},
      qr{\#include <(?:stdio|locale|netdb|wchar)\.h>|\bgetaddrinfo\b}, \%code;

    # --- what belongs nowhere

    matches "trust", qr{\b(?:strcpy|strcat|strncpy|stpcpy|v?sprintf|
      strtok(?:_r)?|ato[il]l?|atof|v?sscanf|gets|alloca)\b}x, \%bare, @sources;
    matches "comments", qr{//}, \%bare, @files;

    # config.c is one table of options with its parsers, read by looking a
    # row up, not from top to bottom.
    breach "length", grep !m{^src/host/config\.c$} &&
      $text{$_} =~ /\A(?:[^\n]*\n){400}./s, @sources;

    breach "names", grep m{^src.*/[a-z_-]*
      (?:util|common|misc|types|helper|shared)[a-z_-]*(?:\.[ch])?$}xi, @ARGV;

    breach "licence",
      grep $text{$_} !~ m{\A/\* SPDX-License-Identifier: ISC \*/\n}, @files;

    print "$_\n" for sort keys %asked;
  ' src/** test/*/*.[ch] examples/*.[ch] >"$BREACHES"
}

# kept RULE...: all of them were looked at, and nothing is against them.
kept() {
  local rule breaches failed=0
  IFS= read -r -d '' breaches <"$BREACHES" || :
  for rule; do
    if [[ $'\n'$breaches != *$'\n'"$rule"$'\n'* ]]; then
      echo "$rule: was not looked at"
      failed=1
    elif [[ $'\n'$breaches == *$'\n'"$rule: "* ]]; then
      grep "^$rule: " "$BREACHES"
      failed=1
    fi
  done
  return $failed
}

# named: every file is in the Makefile's layers, once, and none else.
# rooms: they are base, http, ws, serve, conn, host, in this order.
# rooms before: a file includes headers of its own room and of those before.
# headers before: a header includes only headers that stand before it.
# room and name: headers are included by these, and no source file is.
@test "files and rooms stand in the Makefile's order, and no include goes against it" {
  kept named rooms 'rooms before' 'headers before' 'room and name'
}

# pure: http/ and ws/ are, save inet_pton, inet_ntop and zlib.
# zlib: only conn/gzip and ws/deflate know it.
# openssl: only conn/tls and what is named after it, and no header.
# exit: only the mains do, the launcher's forked children, and programs that
# could not be started.
# status line: only conn/writer writes one.
# environment: only host/ reads it.
# stderr: only base/log writes to it.
# stdio: nor locale nor getaddrinfo outside of host/.
@test "http/ and ws/ are pure; exit, status line, environment, log, stdio have their rooms" {
  kept pure zlib openssl exit 'status line' environment stderr stdio
}

# The linker does not say when a name of src/layout.ld matches nothing.
@test "what src/layout.ld names exists" {
  cd "$TOP"
  local name
  for name in $(grep -o '\.text\.[a-z_]*' src/layout.ld | sort -u); do
    name=${name#.text.}
    [ "$name" = connection ] || [ -z "$name" ] ||
      grep -rqE "^\*?$name" src --include='*.c' || { echo "$name"; false; }
  done
  for name in $(grep -o '\*:[a-z_]*\.o' src/layout.ld | sort -u); do
    name=${name#\*:}
    ls src/*/"${name%.o}.c" >/dev/null
  done
}

# trust: no function that trusts a NUL, a format, or the stack.
# length: no file is longer than 400 lines, save one table.
# comments: they are between /* and */; // is for what will not stay.
# names: no file is called util, common, misc, types or helpers.
# licence: every file begins with it.
@test "no file is unsafe, long, without its licence, badly named, or holds a // comment" {
  kept trust length comments names licence
}
