#!/usr/bin/env bats
# perch-auth: the checkpassword interface, every hash, and what it gives away.
# shellcheck disable=SC2016  # dollars that mean nothing to the shell
# shellcheck disable=SC2164  # bats stops at a cd that fails
load helper

PASSWORD='secret: word'

setup_file() {
  cd "$BATS_FILE_TMPDIR"
  # Made by "htpasswd -nbB -C 4", "htpasswd -nbm" and "htpasswd -nbs".
  cat >passwords <<'END'
# comment

y:$2y$04$CUqHcrO.kkYULUhH0NVu3uEiKOejgrQEQZ9YeY5UcP/L7Mm.1VGDG
apr:$apr1$zYFutvxs$sOvF9dOF4SbWRyr2cAoJG.
sha:{SHA}CyPgIUQODYPI1Vh4e3Z6BMXCsck=
END
}

setup() {
  cd "$BATS_FILE_TMPDIR"
}

# auth INPUT FILE [PROGRAM ARG...]: runs perch-auth with INPUT, a format of
# printf, on descriptor 3. Whatever it says must hold no secret.
auth() {
  status=0
  # shellcheck disable=SC2059  # it is a format
  printf "$1" | "$BIN/perch-auth" "${@:2}" 3<&0 </dev/null >out 2>err ||
    status=$?
  output=$(<out) stderr=$(<err)
  mapfile -t lines <out
  echo "status $status: $stderr"
  [[ $stderr != *secret* && $stderr != *'$2y'* && $stderr != *zYFutvxs* &&
    $stderr != *CyPg* ]]
}

# check NAME PASSWORD FILE: sets $status.
check() {
  auth "$1"'\0'"$2"'\0\0' "$3"
}

# becomes STATUS [MESSAGE]: what the last run came to, in one line or none.
becomes() {
  [ "$status" = "$1" ] && [ -z "$output" ] &&
    [ "$stderr" = "${2:+perch-auth: $2}" ]
}

# The cheapest of each kind.
@test "each hash that crypt knows: right is 0, wrong is 1, both without a word" {
  for method in yescrypt:1 gost-yescrypt:1 bcrypt:4 bcrypt-a:4 \
    sha512crypt:1000 sha256crypt:1000 md5crypt bsdicrypt nt \
    '$7$4U..../....salt' '$md5,rounds=1$salt$'; do
    case $method in
    '$'*) perl -e 'print "m:", crypt($ARGV[0], $ARGV[1])' "$PASSWORD" \
      "$method" ;;
    *:*) echo "m:$(mkpasswd -m "${method%:*}" -R "${method#*:}" "$PASSWORD")" ;;
    *) echo "m:$(mkpasswd -m "$method" "$PASSWORD")" ;;
    esac >file
    cat file
    check m "$PASSWORD" file
    becomes 0
    check m "${PASSWORD%?}" file
    becomes 1
  done
}

@test "hashes of openssl passwd -6, -5 and -1" {
  for kind in 6 5 1; do
    echo "o:$(openssl passwd -$kind -salt abcd "$PASSWORD")" >file
    check o "$PASSWORD" file
    becomes 0
    check o "$PASSWORD " file
    becomes 1
  done
}

@test "the \$2y\$ hashes of Apache's htpasswd" {
  check y "$PASSWORD" passwords
  becomes 0
  check y wrong passwords
  becomes 1
}

@test "a DES hash, which sees eight letters" {
  echo 'd:abNANd1rDfiNc' >file
  check d secret file
  becomes 0
  check d Secret file
  becomes 1
}

@test "an \$apr1\$ hash is 111, and the message says what to do" {
  for password in "$PASSWORD" wrong; do
    check apr "$password" passwords
    becomes 111 'passwords: line 4: an $apr1$ hash, which crypt(3) does not know: make a new one, with htpasswd -B'
  done
}

@test "a {SHA} hash is 111, and the message says what to do" {
  check sha "$PASSWORD" passwords
  becomes 111 'passwords: line 5: a {SHA} hash or the like, which crypt(3) does not know: make a new one, with htpasswd -B'
}

@test "a password in plain text is 111, and not taken for a DES hash" {
  printf 'p:secret\nq:secretsecretsecret\nr:\ns:!$6$a$b\n' >file
  for line in 1:p 2:q; do
    check "${line#*:}" secret file
    becomes 111 "file: line ${line%:*}: not a hash, perhaps the password itself"
  done
  check r '' file
  becomes 111 'file: line 3: no hash behind the name'
  check s secret file
  becomes 111 'file: line 4: not a hash that crypt(3) knows'
  check nobody secret file
  becomes 1
}

@test "a hash that looks good and that crypt fails at is 111" {
  echo 'm:$6$rounds=9999999999$salt$' >file
  check m "$PASSWORD" file
  becomes 111 'file: line 1: crypt(3) fails at this hash'
}

@test "a name that is not in the file is 1; so is every name in an empty one" {
  for name in nobody '' Y yy ' y' 'y ' 'y:' '#' '# comment' 'y\n' 'sha:'; do
    check "$name" "$PASSWORD" passwords
    becomes 1
  done
  : >file
  check y "$PASSWORD" file
  becomes 1
}

@test "the first line of a name counts" {
  { grep y: passwords; echo 'y:nonsense'; } >file
  check y "$PASSWORD" file
  becomes 0
  { echo 'y:nonsense'; grep y: passwords; } >file
  check y "$PASSWORD" file
  becomes 111 'file: line 1: not a hash, perhaps the password itself'
}

@test "CRLF, no end of the last line, blanks and a third field are fine" {
  hash=$(sed -n 's/^y://p' passwords)
  printf 'a:%s\r\nb:%s:B. Person\n \t\n  # x\nc:%s \t\nd e:%s:\n\xc3\xa9:%s' \
    "$hash" "$hash" "$hash" "$hash" "$hash" >file
  for name in a b c 'd e' '\xc3\xa9'; do
    check "$name" "$PASSWORD" file
    becomes 0
  done
}

@test "a password is bytes: colons, blanks, a newline, UTF-8, 480 of them" {
  for password in ':' ' ' $'a\nb' $'\xc3\xa9' $'\xff\x01' \
    "$(printf 'x%.0s' {1..480})"; do
    perl -e 'print "m:", crypt($ARGV[0], q{$5$rounds=1000$salt$})' \
      "$password" >file
    check m "$password" file
    becomes 0
  done
}

@test "malformed lines are told with their numbers, and do not disturb others" {
  slow
  { echo 'no colon'; echo ':hash'; printf 'a\0b:c\n'; printf '%02000d\n' 7
    grep y: passwords; } >file
  check y "$PASSWORD" file
  [ "$status" = 0 ]
  [ "$stderr" = 'perch-auth: file: line 1: no colon
perch-auth: file: line 2: no name in front of the colon
perch-auth: file: line 3: a NUL byte
perch-auth: file: line 4: longer than 1024 bytes' ]
}

@test "the malformed line of the name itself is 111" {
  printf 'y:a\0b\nz:%02000d\n' 0 >file
  check y "$PASSWORD" file
  [ "$status" = 111 ]
  [[ $stderr == *'line 1: a NUL byte'*'line 1: a NUL byte'* ]]
  check z "$PASSWORD" file
  [ "$status" = 111 ]
  [[ $stderr == *'line 2: longer than 1024 bytes'* ]]
}

@test "a file of nonsense is complained of eight times" {
  slow
  yes nonsense | head -1000 >file
  check y "$PASSWORD" file
  [ "$status" = 1 ]
  [ "$(grep -c 'no colon' <<<"$stderr")" = 8 ]
  [ "$(wc -l <<<"$stderr")" = 9 ]
}

@test "lines around the limit and the block are cut at the right place" {
  slow
  hash=$(sed -n 's/^y://p' passwords)
  for length in 1000 1022 1023 1024; do
    { printf '#%0*d\n' $((length - 1)) 0; echo "y:$hash"; } >file
    check y "$PASSWORD" file
    becomes 0
  done
  for length in 1025 1026 1027 2048 2050 2051 5000; do
    { printf 'a:%0*d\n' $((length - 2)) 0; echo "y:$hash"; } >file
    check y "$PASSWORD" file
    [ "$status" = 0 ]
    [ "$stderr" = 'perch-auth: file: line 1: longer than 1024 bytes' ]
  done
  # Many short ones, so that lines lie across every end of a block.
  { for i in {1..300}; do echo "name$i:x$i"; done; echo "y:$hash"; } >file
  check y "$PASSWORD" file
  becomes 0
  check name300 "$PASSWORD" file
  [[ $stderr == *'line 300: '* ]]
}

@test "1 MiB is read, and one byte more is not" {
  { grep y: passwords; yes '#' | head -c 1048576; } | head -c 1048576 >file
  check y "$PASSWORD" file
  becomes 0
  echo >>file
  check y "$PASSWORD" file
  becomes 111 'file: larger than 1 MiB'
}

@test "a file that is not there, not a file, or not readable is 111" {
  check y "$PASSWORD" none
  becomes 111 'none: No such file or directory'
  check y "$PASSWORD" .
  becomes 111 '.: not a regular file'
  rm -f fifo
  mkfifo fifo
  check y "$PASSWORD" fifo
  becomes 111 'fifo: not a regular file'
  [ "$(id -u)" != 0 ] || return 0
  touch file
  chmod 0 file
  check y "$PASSWORD" file
  chmod 600 file
  becomes 111 'file: Permission denied'
}

@test "no FILE is 2" {
  auth 'y\0secret\0\0'
  becomes 2 'usage: perch-auth FILE [PROGRAM [ARG]...] 3<name-and-password'
}

@test "a descriptor 3 that is closed or a directory is 2" {
  run --separate-stderr "$BIN/perch-auth" passwords 3>&-
  [ "$status" = 2 ]
  [[ $stderr == 'perch-auth: descriptor 3 is not open for reading; usage: '* ]]
  run --separate-stderr "$BIN/perch-auth" passwords 3>/dev/null
  [ "$status" = 2 ]
  run --separate-stderr "$BIN/perch-auth" passwords 3</
  [ "$status" = 2 ]
}

@test "fewer than three NULs on descriptor 3 are 2" {
  for input in '' y 'y\0' 'y\0secret' 'y\0secret\0' 'y\0secret\0time' \
    'y:secret\n'; do
    auth "$input" passwords
    becomes 2 'descriptor 3 has not three strings that end in a NUL each'
  done
}

@test "512 bytes on descriptor 3 are read, and one more is 2" {
  auth 'y\0secret: word\0\0%496s' passwords
  becomes 0
  auth 'y\0secret: word\0\0%497s' passwords
  becomes 2 'more than 512 bytes on descriptor 3'
  auth '%509s\0\0\0' passwords
  becomes 1
  auth '%100000s' passwords
  becomes 2 'more than 512 bytes on descriptor 3'
}

@test "what comes in pieces is read to its end, and a timestamp is ignored" {
  run --separate-stderr "$BIN/perch-auth" passwords 3< <(
    printf 'y\0sec'
    sleep 0.1
    printf 'ret: word\0'
    sleep 0.1
    printf '1234567890\0more'
  )
  becomes 0
}

@test "PROGRAM is run with USER, its arguments and its own exit status" {
  auth 'y\0secret: word\0\0' passwords sh -c 'echo "$USER $1"; exit 7' sh 'a b'
  [ "$status" = 7 ]
  [ "$output" = 'y a b' ]
  [ -z "$stderr" ]
}

@test "PROGRAM is run when the password is right only" {
  auth 'y\0wrong\0\0' passwords echo run
  becomes 1
  auth 'apr\0wrong\0\0' passwords echo run
  [ "$status" = 111 ]
  [ -z "$output" ]
}

@test "PROGRAM has descriptor 3 closed, its limits and signals as they were" {
  ulimit -S -c 100
  # By itself it would have no core anyhow.
  export ASAN_OPTIONS=disable_coredump=0
  auth 'y\0secret: word\0\0' passwords bash -c 'ulimit -c
    [ -e /proc/$$/fd/3 ] || echo closed
    sed -n "s/SigIgn:.//p" /proc/$$/status'
  [ "${lines[0]}" = 100 ]
  [ "${lines[1]}" = closed ]
  # SIGPIPE is 0x1000.
  [ $((0x${lines[2]} & 0x1000)) = 0 ]
}

@test "a PROGRAM that cannot be run is 111" {
  auth 'y\0secret: word\0\0' passwords ./none
  becomes 111 './none: No such file or directory'
  auth 'y\0secret: word\0\0' passwords ./passwords
  [ "$status" = 111 ]
}

@test "there is no core and no tracing before the password is read" {
  needs_root
  slow
  ASAN_OPTIONS=detect_leaks=0:disable_coredump=0 strace -o trace "$BIN/perch-auth" passwords \
    3< <(printf 'y\0secret: word\0\0')
  sed -n '/RLIMIT_CORE, {rlim_cur=0/p; /PR_SET_DUMPABLE/p; /^read(3, "y\\0/p' \
    trace >steps
  cat steps
  [ "$(wc -l <steps)" = 3 ]
  [[ $(sed -n 1p steps) == *RLIMIT_CORE* ]]
  [[ $(sed -n 2p steps) == 'prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE'* ]]
  [[ $(sed -n 3p steps) == 'read(3, '* ]]
}

# CPU time: it is what another load does not change, and nothing here waits.
cpu() { # NAME
  local TIMEFORMAT=%3U
  { time "$BIN/perch-auth" file 3<"$1"; } 2>&1 || true
}

# median NAME: of the nine times in NAME.cpu.
median() {
  sort -n "$1.cpu" | sed -n 5p
}

# Nine runs of each, in turn. A machine that is busy with other tests may
# be so uneven that even this needs a second look.
compare() {
  rm -f ./*.cpu
  for i in 1 2 3 4 5 6 7 8 9; do
    cpu name >>name.cpu
    cpu nobody >>nobody.cpu
  done
  echo "$(median name) $(median nobody)" | tee /dev/stderr |
    awk '{ exit !($1 > 0.02 && $1 / $2 < 1.25 && $2 / $1 < 1.25) }'
}

@test "a name that is not there costs what a wrong password costs" {
  slow
  { mkpasswd -m sha512crypt -R 150000 "$PASSWORD" | sed 's/^/first:/'
    mkpasswd -m sha512crypt -R 150000 "$PASSWORD" | sed 's/^/name:/'; } >file
  for name in name nobody; do
    printf '%s\0wrong\0\0' $name >$name
  done
  compare || compare || compare
}

@test "perch-auth is the one program that needs libcrypt" {
  readelf -d "$BIN/perch-auth" | grep -q 'NEEDED.*libcrypt'
  [ ! -x "$BIN/perch" ] || refute grep -q libcrypt <(readelf -d "$BIN/perch")
}
