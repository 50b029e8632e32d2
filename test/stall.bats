#!/usr/bin/env bats
# Nagle's algorithm holds a short segment until the one before it is
# acknowledged, and a client's delayed acknowledgement comes after 40 ms: who
# sends an answer in two writes without TCP_NODELAY has all clients wait so
# long. Of each shape of an answer most must come in less.
load helper

setup_file() {
  export BATS_NO_PARALLELIZE_WITHIN_FILE=true
  site
  cd "$SITE"
  printf 'a%.0s' {1..1000} >small
  head -c 17000 /dev/zero >sent-by-sendfile
  head -c 200000 /dev/zero >large
  printf 'word %.0s' {1..2000} >words.txt
  mkdir cgi
  cat >cgi/chunks <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
for n in 1 2 3; do printf '%s\n' $n; done
END
  chmod +x cgi/chunks
  cat >"$BATS_FILE_TMPDIR/answers.pl" <<'END'
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes 'time';

# The median time, in ms, of the later of COUNT requests on one connection:
# at first a kernel acknowledges at once.
my ($port, $count, $request, $answers) = @ARGV;
$request =~ s/\\r/\r/g;
$request =~ s/\\n/\n/g;
my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die;
my $rest = "";

sub more { sysread $s, $rest, 65536, length $rest or die "it has closed\n" }

sub take_frame {
  more() while length $rest < 2;
  my $len = 2 + (unpack "C", substr $rest, 1) & 127;
  more() while length $rest < $len;
  substr $rest, 0, $len, "";
}

sub take_answer {
  my $is_head = shift;
  more() while $rest !~ /\r\n\r\n/;
  $rest =~ s/^(.*?)\r\n\r\n//s;
  my $head = $1;
  return if $is_head || $head =~ /^HTTP\S+ (?:1|204|304)/;
  if ($head =~ /^Content-Length: (\d+)/mi) {
    my $len = $1;
    more() while length $rest < $len;
    substr $rest, 0, $len, "";
  } else {
    more() while $rest !~ s/^(?:.*?\r\n)?0\r\n\r\n//s;
  }
}

my $is_websocket = $request eq "frames";
if ($is_websocket) {
  print $s "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" .
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" .
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  take_answer(1);
  $request = "\x81\x82\0\0\0\0hi";
}
my @ms;
for (1 .. $count) {
  my $begun = time;
  syswrite $s, $request;
  for (1 .. $answers) {
    $is_websocket ? take_frame() : take_answer($request =~ /^HEAD/);
  }
  push @ms, (time - $begun) * 1000;
}
@ms = sort { $a <=> $b } @ms[$count / 2 .. $#ms];
printf "%d\n", $ms[@ms / 2];
END
}

# prompt COUNT REQUEST [ANSWERS]
prompt() {
  local ms
  ms=$(perl "$BATS_FILE_TMPDIR/answers.pl" "$PORT" "$1" "$2" "${3:-1}")
  echo "$ms ms: $2"
  [ "$ms" -lt 35 ]
}

teardown() { unlisten; }

@test "files, errors and what programs say come without a stall" {
  listen --cgi '/cgi/' --listing "$SITE"
  local host='HTTP/1.1\r\nHost: a\r\n'
  prompt 60 "GET /small $host\r\n"
  prompt 60 "HEAD /small $host\r\n"
  prompt 60 "GET /sent-by-sendfile $host\r\n"
  prompt 40 "GET /large $host\r\n"
  prompt 60 "GET /large ${host}Range: bytes=0-99\r\n\r\n"
  prompt 60 "GET /large ${host}Range: bytes=0-9,20-29\r\n\r\n"
  prompt 60 "GET /words.txt ${host}Accept-Encoding: gzip\r\n\r\n"
  prompt 60 "GET / $host\r\n"
  prompt 60 "GET /nothing $host\r\n"
  prompt 20 "GET /cgi/chunks $host\r\n"
  prompt 40 "GET /small $host\r\nGET /sent-by-sendfile $host\r\nGET /nothing $host\r\n" 3
}

@test "a WebSocket's messages come without a stall" {
  listen --websocket '/ws cat' "$SITE"
  prompt 60 frames
}
