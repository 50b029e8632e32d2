#!/usr/bin/env bats
# --listing with what golden cases cannot hold: names that git does not
# keep, very large directories, and such as change while they are read.
load helper

# Directories with the most entries lie in memory, if they may.
setup_file() {
  load helper
  site
  rm "$SITE/index.html"
  LARGE=$(mktemp -d -p /dev/shm perch-listing.XXXXXX 2>/dev/null ||
    mktemp -d "$BATS_FILE_TMPDIR/large.XXXXXX")
  export LARGE
  nasty_names
}

teardown_file() {
  [ -z "$LARGE" ] || rm -rf "$LARGE"
}

setup() { cd "$BATS_TEST_TMPDIR" || return; }

teardown() { unlisten; }

# What the tests in perl begin with. get(PATH, FIELD...) returns head and
# content of what perch answers; @options are perch's.
PERL='
  use strict;
  use IO::Socket::UNIX;
  use Socket;
  our ($perch, $site) = splice @ARGV, 0, 2;
  our @options = ("--log", "none", "--listing");
  our $pid;

  # start DIRECTORY: perch at the other end of the socket that is returned.
  sub start {
    socketpair my $here, my $there, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die;
    $pid = fork // die $!;
    if (!$pid) {
      open STDIN, "<&", $there and open STDOUT, ">&", $there or die $!;
      close $here;
      exec { $perch } $perch, @options, @_ or die $!;
    }
    close $there;
    return $here;
  }

  sub ask {
    my ($socket, $path, @fields) = @_;
    syswrite $socket, join "\r\n", "GET $path HTTP/1.1", "Host: a",
      @fields, "", "";
  }

  # answer SOCKET: head and content of the next response.
  our $pending = "";
  sub answer {
    my ($socket) = @_;
    my ($head, $content) = ("", "");
    my $more = sub { sysread $socket, $pending, 65536, length $pending };
    $more->() or last while $pending !~ /\r\n\r\n/;
    $pending =~ s/\A(.*?\r\n)\r\n//s or return ($pending, undef);
    $head = $1;
    if ($head =~ /^Content-Length: (\d+)/m) {
      length $pending >= $1 or $more->() or return ($head, undef) while
        length $pending < $1;
      return ($head, substr $pending, 0, $1, "");
    }
    return ($head, "") if $head !~ /^Transfer-Encoding: chunked/m;
    while (1) {
      $more->() or return ($head, undef) while $pending !~ /\A[0-9a-f]+\r\n/;
      $pending =~ s/\A([0-9a-f]+)\r\n// or die;
      my $size = hex $1;
      while (length $pending < $size + 2) { $more->() or return ($head, undef) }
      $content .= substr $pending, 0, $size, "";
      substr $pending, 0, 2, "";
      return ($head, $content) if $size == 0;
    }
  }

  # get PATH, FIELD...: by a perch of its own.
  sub get {
    my $socket = start $site;
    ask $socket, @_, "Connection: close";
    my @answer = answer $socket;
    close $socket;
    waitpid $pid, 0;
    die "it ended with $?" if $?;
    return @answer;
  }

  # links HTML: those of the entries, as a browser reads them.
  sub links {
    my %named = (lt => "<", gt => ">", amp => "&", quot => "\"", "#39" => "\x27");
    my @links = $_[0] =~ m{<th scope="row"><a href="([^"]*)">}g;
    s/&([a-z0-9#]+);/$named{$1} \/\/ die/ge for @links;
    return @links;
  }

  sub names { return $_[0] =~ /"href":"([^"]*)"/g }
  sub bytes_of { return $_[0] =~ s{^\./}{}r =~ s{/$}{}r =~ s/%(..)/chr hex $1/ger }
'

# try CODE [ARG]...: CODE dies, or prints what is wrong and exits.
try() { perl -e "$PERL$1" "$BIN/perch" "$SITE" "${@:2}"; }

nasty_names() {
  perl -e '
    chdir shift or die;
    for ("<b>bold", "<img src=x onerror=alert(1)>.txt", "a\"b", "a\x27b",
      "new\nline", "return\rtab\t", "\x01\x1b[31m\x7f", "bad\xff\xc3utf",
      "\xc0\xafoverlong", "\xed\xa0\x80", "cut\xf0\x9f", "c1\xc2\x9b",
      "rlo\xe2\x80\xaegpj.exe", "javascript:alert(1)", "a:b", "http:x",
      "%2F", "x%2Fy", "x%20y", "%", "%%41", "%00", "#hash", "?query", "a?b#c",
      "&amp;", "&lt;b&gt;", "&#60;", "back\\slash", " lead", "trail ",
      "two  blanks", "~", "*", "-", "-rf", "a;b=c", "a+b", "a,b", "@", "!",
      "{}[]^`|", "caf\xc3\xa9", "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x90\x9f",
      "<table>", "--><script>", "\xff" x 255, "<" x 255, "\x27" x 255,
      "\n" x 255, "x" x 255, "index.htm", "e..html",
      # Every byte.
      map "byte " . chr($_) . "!", grep $_ != 47, 1 .. 255) {
      open my $file, ">", $_ or die "$_: $!";
      print $file "in <$_>";
    }
    for ("<dir>", "dir%2F", "dir\n", "dir\xff", "dir?#", "a:dir") {
      mkdir $_ or die;
      open my $file, ">", "$_/index.html" or die;
      print $file "in <$_>";
    }
    # What is not served is not listed.
    for (".hidden", "...", ".well-known") {
      open my $file, ">", $_ or die;
    }
    symlink "x%2Fy", "link" and symlink "<dir>", "dir link" and
      symlink "/etc/passwd", "out" and symlink "../site", "up" and
      symlink "..", "up2" and symlink "nothing", "dangling" and
      symlink "loop", "loop" and symlink "/", "root" and
      symlink ".hidden", "link to hidden" and
      symlink "../site/a:b", "out and in" or die;
    system("mkfifo", "fifo") == 0 or die;
    use IO::Socket::UNIX;
    IO::Socket::UNIX->new(Local => "socket", Listen => 1) or die;
  ' "$SITE"
}

@test "every file with a nasty name is listed once, in order, and its link leads to it, in HTML and in JSON" {
  slow
  listen --log none --listing "$SITE"
  try '
    use Encode;
    use JSON::PP;
    my $port = shift;
    my ($head, $page) = get "/";
    my ($json_head, $json) = get "/", "Accept: application/json";
    $head =~ m{^Content-Type: text/html; charset=utf-8\r}m or die $head;
    $json_head =~ m{^Content-Type: application/json\r}m or die $json_head;

    # What there is, but for what is not served.
    opendir my $dir, $site or die;
    my %unserved = map { $_ => 1 } qw(out up up2 dangling loop root fifo socket),
      "out and in";
    my @entries = grep !/^\./ && !$unserved{$_}, readdir $dir;
    my @want = ((sort grep { -d "$site/$_" } @entries),
      (sort grep { !-d "$site/$_" } @entries));
    @want > 300 or die;

    # The text is UTF-8 without control characters, and no name is markup.
    my $text = decode "UTF-8", my $copy = $page, Encode::FB_CROAK;
    $text !~ /[\x00-\x09\x0b-\x1f\x7f-\x9f\x{202e}]/ or die "a control character";
    (() = $text =~ /\n/g) == @want + 20 or die "a line break in a name";
    my ($rows) = $text =~ m{<tbody>\n(.*)</tbody>}s or die;
    for (split /\n/, $rows) {
      m{^<tr><th\ scope="row"><a\ href="\./[^"<>\x27]*"><bdi>[^<>"\x27]*
        </bdi></a></th><td(\ title="(\d+)\ bytes?">\2\ B|>)</td>
        <td><time\ datetime="[0-9TZ:-]+">[0-9\ :-]+</time></td></tr>$}x or
        die "a row: $_";
    }

    my $list = decode_json $json;
    for ([links $page], [map $_->{href}, @$list]) {
      my @hrefs = @$_;
      my $got = join "|", map bytes_of($_), @hrefs;
      $got eq join "|", @want or die "other names, or another order:\n$got";
      for (@hrefs) {
        m{^\./[A-Za-z0-9._~!\$&\x27()*+,;=:@%-]+/?$} && !/%(?![0-9A-F]{2})/ or
          die "a link: $_";
      }
      # By curl, as a browser would resolve them.
      open my $config, ">", "config" or die;
      print $config map { my $url = s/(["\\])/\\$1/gr;
        "url = \"http://127.0.0.1:$port/$url\"\noutput = \"-\"\n" } @hrefs;
      close $config;
      my $fetched = `curl -sS -g -m 20 -K config`;
      $fetched eq join "", map {
        my $name = $_ eq "link" ? "x%2Fy" : $_ eq "dir link" ? "<dir>" : $_;
        $_ eq "link to hidden" ? "" : "in <$name>" } @want or
        die "other contents";
    }
    for my $i (0 .. $#want) {
      my $entry = $list->[$i];
      my @stat = stat "$site/$want[$i]";
      my $is_dir = -d _;
      $entry->{type} eq ($is_dir ? "directory" : "file") or die;
      $is_dir ? !exists $entry->{size} : $entry->{size} == $stat[7] or die;
      my @t = gmtime $stat[9];
      $entry->{modified} eq sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ",
        $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0]) or die $entry->{modified};
      # Exact where it can be.
      my $name = eval { decode "UTF-8", my $copy = $want[$i], Encode::FB_CROAK };
      !defined $name || $entry->{name} eq $name or die "another name";
      defined $name || $entry->{name} =~ /\x{fffd}/ or die;
    }
  ' "$PORT"
}

@test "a listing that is compressed is the same; without openat2 links are left out" {
  try '
    for my $accept ("text/html", "application/json") {
      my (undef, $plain) = get "/", "Accept: $accept";
      my ($head, $gzip) = get "/", "Accept: $accept", "Accept-Encoding: gzip";
      $head =~ /^Content-Encoding: gzip\r$/m or die $head;
      $head =~ /^Vary: Accept, Accept-Encoding\r$/m or die $head;
      open my $file, ">", "gzip" or die;
      print $file $gzip;
      close $file;
      `gunzip <gzip` eq $plain && length $gzip < length($plain) / 2 or die;
    }
  '
  printf 'GET / HTTP/1.0\r\nAccept: application/json\r\n\r\n' >request
  "$BUILD/tool/without" openat2 "$BIN/perch" --log none --listing "$SITE" \
    <request >walked
  perch --log none --listing "$SITE" <request |
    grep -v '"\./[a-z%0-9]*link' >without-links
  grep -v '^Date' walked >a
  grep -v '^Date' without-links >b
  cmp a b
  [ "$(wc -l <a)" -gt 300 ]
}

@test "100,000 entries with long names come sorted, in a few MiB of memory" {
  slow
  try '
    my $large = shift;
    mkdir "$large/many" or die;
    # As few inodes as may be: links to one file cost half the time.
    my $tail = "y" x 249;
    for my $i (0 .. 99999) {
      my $name = sprintf "%s/many/%06d%s", $large, $i * 7919 % 100000, $tail;
      if ($i % 10000 == 0) { open my $file, ">", $large . "/inode" . $i or die }
      link $large . "/inode" . int($i / 10000) * 10000, $name or die $!;
    }
    my $socket = start "$large/many";
    my ($content, $peak, $from) = ("", 0, 0);
    syswrite $socket,
      "GET / HTTP/1.0\r\nAccept: application/json\r\n\r\n";
    while (sysread $socket, $content, 1 << 20, length $content) {
      next if length($content) - $from < 1 << 20;
      $from = length $content;
      open my $status, "<", "/proc/$pid/status" or next;
      for (<$status>) { $peak = $1 if /^VmHWM:\s*(\d+)/ }
    }
    waitpid $pid, 0;
    die "it ended with $?" if $?;
    my @numbers = $content =~ m{"href":"\./(\d{6})y{249}"}g;
    @numbers == 100000 or die scalar @numbers;
    $numbers[$_] == $_ or die "$numbers[$_] is not $_" for 0 .. $#numbers;
    $content =~ /\n\]\n\z/ or die;
    my $used = (times)[2] + (times)[3];
    print "$used s, $peak KiB\n";
    exit 0 if $perch =~ /asan/;
    # The names alone are 25,500,000 bytes; libc may be 3 MiB.
    $peak > 0 && $peak < 8192 or die "too much memory";
    $used < 20 or die "too much time";
  ' "$LARGE"
}

@test "a keep-alive connection holds no descriptor and no memory of the listings before" {
  needs_root
  slow
  try '
    push @options, "--max-requests", "0";
    my $socket = start $site;
    my @first;
    for my $round (0 .. 60) {
      ask $socket, "/";
      my ($head, $content) = answer $socket;
      $content =~ m{</html>\n\z} or die;
      ask $socket, "/", "Accept: application/json", "Accept-Encoding: gzip";
      ($head, $content) = answer $socket;
      $head =~ /gzip/ or die;
      ask $socket, "/", "If-Match: \"x\"";
      ($head) = answer $socket;
      $head =~ /412/ or die;
      ask $socket, "/", "If-None-Match: *";
      ($head) = answer $socket;
      $head =~ /304/ or die;
      ask $socket, "/nothing/";
      ($head) = answer $socket;
      $head =~ /404/ or die;
      my @now = (scalar(() = glob "/proc/$pid/fd/*"), do {
        open my $maps, "<", "/proc/$pid/maps" or die; scalar(() = <$maps>) });
      @first = @now if !$round;
      "@first" eq "@now" or die "at first @first, after $round rounds @now";
    }
    # HEAD has the fields of GET.
    ask $socket, "/";
    my ($head) = answer $socket;
    syswrite $socket, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";
    my $bare = "";
    sysread $socket, $bare, 65536, length $bare or die
      while $bare !~ /\r\n\r\n\z/;
    s/^Date.*\n//m for $head, $bare;
    "$head\r\n" eq $bare or die "$head$bare";
  '
}

@test "a directory may change, or go, and a client may leave, while it is listed" {
  slow
  mkdir "$LARGE/changing"
  try '
    my $large = shift;
    $site = "$large/changing";
    sub fill { for (@_) { open my $file, ">", "$site/$_" or die } }
    my @names = map sprintf("%05d-%s", $_, "x" x 240), 0 .. 20000;
    fill @names;
    for my $gone ("all of it", "half of it") {
      my $socket = start $site;
      ask $socket, "/", "Connection: close", "Accept: application/json";
      sysread $socket, $pending, 4096;
      my @unlinked = $gone eq "all of it" ? @names : @names[10000 .. 20000];
      unlink map "$site/$_", @unlinked;
      rmdir $site if $gone eq "all of it";
      my ($head, $content) = answer $socket;
      $content =~ /\n\]\n\z/ or die "no end, without $gone";
      my @got = names $content;
      @got && @got < @names or die scalar @got;
      $got[$_ - 1] lt $got[$_] or die "not in order" for 1 .. $#got;
      waitpid $pid, 0;
      $? and die "it ended with $?";
      mkdir $site;
      fill @names;
    }

    # While names come and go.
    my $writer = fork // die;
    if (!$writer) {
      my $i = 0;
      while (getppid != 1) {
        fill "new" . $i % 5000;
        unlink "$site/new" . ($i + 2500) % 5000;
        rename "$site/$names[$i % 9]", "$site/" . reverse $names[$i % 9];
        rename "$site/" . reverse($names[$i % 9]), "$site/$names[$i % 9]";
        $i++;
      }
      exit;
    }
    for (1 .. 2) {
      my ($head, $content) = get "/", "Accept: application/json";
      my @got = names $content;
      @got >= 19990 && $content =~ /\n\]\n\z/ or die scalar @got;
      $got[$_ - 1] lt $got[$_] or die "not in order" for 1 .. $#got;
    }
    kill "KILL", $writer;
    waitpid $writer, 0;

    # The client leaves.
    my $socket = start $site;
    ask $socket, "/";
    sysread $socket, $pending, 1000;
    close $socket;
    waitpid $pid, 0;
    $? and die "it ended with $?";
  ' "$LARGE"
}

@test "the rules of a site, hosts and passwords hold for listings" {
  mkdir -p hosts/default/real/sub hosts/b.example
  : >hosts/default/real/page
  : >hosts/default/_headers2
  : >hosts/default/real/_redirects
  : >hosts/b.example/of-b
  echo '/x/* /real/:splat 200' >hosts/default/_redirects
  printf '/real/\n  X-Rule: yes\n' >hosts/default/_headers
  # is STATUS PATH HREFS [OPTION]...
  is() {
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\nAccept: application/json\r\n\r\n' \
      "$2" "${host:-a}" >request
    perch --log none --listing --hosts "${@:4}" hosts <request >reply 2>log
    read -r _ code _ <reply
    names=$(grep -o '"href":"[^"]*' reply | cut -c9- | tr '\n' ' ') || :
    echo "$2 ${*:4}: $code $names"
    [ "$code $names" = "$1 $3" ]
  }
  is 200 / './real/ ./_headers ./_headers2 ./_redirects '
  is 200 / './real/ ./_headers2 ' --pages-rules
  is 200 /real/ './sub/ ./_redirects ./page ' --pages-rules
  grep -q '^X-Rule: yes' reply
  # Its links would lead elsewhere.
  is 404 /x/ '' --pages-rules
  is 200 /x/page '' --pages-rules
  is 404 /none '' --fallback /real/
  host=b.example is 200 / './of-b '
  : >users
  is 401 /real/ '' --auth "/real/ $PWD/users"
  is 200 / './real/ ./_headers ./_headers2 ./_redirects ' \
    --auth "/real/ $PWD/users"
}

@test "the longest paths and names have a listing" {
  try '
    push @options, "--max-request-line", "32K";
    # Of one letter, and of the letters that take the most room.
    for (["a", 2000], ["\"" x 255, 15], ["\xff" x 255, 15], ["\x27" x 255, 15]) {
      my ($name, $depth) = @$_;
      chdir $site or die;
      mkdir "deep";
      chdir "deep" or die;
      for (1 .. $depth) { mkdir $name or die; chdir $name or die }
      open my $file, ">", $name or die $!;
      my $encoded = $name =~ s/(["\xff\x27])/sprintf "%%%02X", ord $1/ger;
      my ($head, $page) = get "/deep" . "/$encoded" x $depth . "/";
      $head =~ /\AHTTP\/1.1 200/ or die $head;
      $page =~ m{</html>\n\z} or die "no end";
      $page =~ s{<h1>Index of (.*)</h1>}{} or die;
      (() = $1 =~ m{</a>}g) == $depth + 1 or die;
      # A name that makes its path too long cannot be fetched either.
      my @links = links $page;
      @links == (length($name) * $depth + $depth + length($name) + 6 < 4095)
        or die "$depth: @links";
      chdir ".." for 0 .. $depth;
      system "rm", "-rf", "deep";
    }
  '
}

@test "a directory that may not be read gets 403, and one whose index may not be read too" {
  [ "$EUID" = 0 ] || skip "not root: cannot become another user"
  chmod 755 "$BATS_FILE_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_SUITE_TMPDIR" || true
  mkdir -p "$SITE/closed" "$SITE/index"
  echo secret >"$SITE/index/index.html"
  chmod 711 "$SITE/closed"
  chmod 0 "$SITE/index/index.html"
  for directory in closed index; do
    run bash -c "printf 'GET /$directory/ HTTP/1.0\r\n\r\n' |
      setpriv --reuid 65534 --regid 65534 --clear-groups \
      --bounding-set=-all '$BIN/perch' --log none --listing '$SITE'"
    echo "$output"
    [[ $output == *'HTTP/1.1 403 '* ]]
  done
  rm -rf "$SITE/closed" "$SITE/index"
}
