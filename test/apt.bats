#!/usr/bin/env bats
# apt-get, which asks for several files before the first has come, goes on
# with files that were cut, and asks whether its indexes are new.
load helper

setup_file() {
  load helper
  MISSING=$(missing apt-get)
  export MISSING
  [ -z "$MISSING" ] || return 0
  local number
  site
  mkdir "$SITE/repo"
  # Nothing opens a package that is not installed: any bytes will do. Some
  # are more than one write takes.
  for number in 1 2 3 4 5 6 7 8; do
    head -c $((number * number * 9000)) /dev/urandom \
      >"$SITE/repo/perch-test-${number}_1.0_all.deb"
  done
  index 2020-01-01 "$SITE"/repo/*.deb
}

# index DATE FILE...: makes the indexes of the repository, with these packages.
index() {
  local sum size file name
  cd "$SITE/repo" || return
  while read -r sum file && read -r size <&3; do
    name=${file##*/}
    printf '%s\n' "Package: ${name%%_*}" 'Version: 1.0' 'Architecture: all' \
      'Maintainer: nobody <nobody@localhost>' 'Description: a test' \
      "Filename: ./$name" "Size: $size" "SHA256: $sum" ''
  done >Packages < <(sha256sum "${@:2}") 3< <(stat -c %s "${@:2}")
  read -r sum file < <(sha256sum Packages)
  printf '%s\n' "Date: $(date -Ru -d "$1")" SHA256: \
    " $sum $(stat -c %s Packages) Packages" >Release
  # apt asks by time, of a file that was cut too: it has to be a strong one.
  touch -d "$1" ./*
}

# An apt of its own: it shall neither read nor change the machine's.
setup() {
  [ -z "$MISSING" ] || skip "$MISSING"
  SITE=$BATS_FILE_TMPDIR/site
  APT=$BATS_TEST_TMPDIR/apt
  ARCHIVES=$APT/var/cache/apt/archives
  mkdir -p "$APT"/etc/apt/{apt.conf.d,preferences.d,sources.list.d} \
    "$APT/var/lib/apt/lists/partial" "$ARCHIVES/partial" "$APT/got"
  : >"$APT/status"
  cat >"$APT/conf" <<END
Dir "$APT";
Dir::State::status "$APT/status";
APT::Sandbox::User "root";
Acquire::http::Proxy "DIRECT";
Acquire::http::Pipeline-Depth "5";
Acquire::Languages "none";
Acquire::Retries "0";
END
  export APT_CONFIG=$APT/conf
  cp -rp "$SITE" "$BATS_TEST_TMPDIR/site"
  SITE=$BATS_TEST_TMPDIR/site
  listen "$SITE"
  echo "deb [trusted=yes] http://127.0.0.1:$PORT/repo ./" \
    >"$APT/etc/apt/sources.list"
  cd "$APT/got" || return
  update
}

teardown() { unlisten; }

# update: fails if anything could not be had; sets $output.
update() {
  run apt-get update --error-on=any
  echo "$output"
  [ "$status" = 0 ]
}

# same DIRECTORY NUMBER...: it holds these packages and no others.
same() {
  local number files=("${@:2}")
  files=("${files[@]/#/perch-test-}")
  files=("${files[@]/%/_1.0_all.deb}")
  [ "$(cd "$1" && echo *.deb)" = "${files[*]}" ]
  for number in "${@:2}"; do
    sed -n "/^Package: perch-test-$number\$/,/^\$/s/^SHA256: //p" \
      "$SITE/repo/Packages"
  done >sums
  (cd "$1" && sha256sum "${files[@]}") | cut -d' ' -f1 | cmp - sums
}

# asked COUNT PATTERN: so many lines of $accesses match.
asked() {
  local count
  count=$(grep -cE "$2" <<<"$accesses") || :
  [ "$count" = "$1" ] || { echo "$count lines, not $1: $2"; return 1; }
}

@test "apt-get update gets the indexes, then 304, then what is new" {
  cmp "$APT"/var/lib/apt/lists/*_Packages "$SITE/repo/Packages"
  update
  [[ $output == *Hit:*Release* ]]
  index 2021-01-01 "$SITE"/repo/*-[1-4]_*.deb
  update
  [[ $output == *Get:*Packages* ]]
  cmp "$APT"/var/lib/apt/lists/*_Packages "$SITE/repo/Packages"
  accesses
  asked 2 '^/repo/./Release 200 '
  asked 1 '^/repo/./Release 304 0 '
  asked 2 '^/repo/./Packages 200 '
  # That signatures are missing must not end a connection.
  asked 3 '^/repo/./InRelease 404 [0-9]+ 1$'
  asked 3 ' 1$'
}

@test "apt-get download asks for packages ahead, over one connection" {
  run apt-get -o Debug::Acquire::http=1 download perch-test-{1,2,3,4,5,6,7,8}
  [ "$status" = 0 ]
  # So many requests it sent, at most, before it read the next response.
  ahead=$(awk '/^GET / { if (++n > most) most = n } /^Answer for/ { n = 0 }
    END { print most }' <<<"$output")
  [ "$ahead" -gt 1 ]
  same . 1 2 3 4 5 6 7 8
  accesses
  asked 8 '\.deb 200 '
  [ "$(sed -n 's/.*\.deb.* //p' <<<"$accesses")" = "$(seq 8)" ]
}

@test "apt-get goes on where a package was cut, but not with another one" {
  cut=perch-test-5_1.0_all.deb other=perch-test-6_1.0_all.deb
  head -c 100001 "$SITE/repo/$cut" >"$ARCHIVES/partial/$cut"
  touch -r "$SITE/repo/$cut" "$ARCHIVES/partial/$cut"
  head -c 100001 /dev/urandom >"$ARCHIVES/partial/$other"
  touch -d 2019-12-31 "$ARCHIVES/partial/$other"
  apt-get -q -y --download-only install perch-test-{4,5,6}
  accesses
  asked 3 '\.deb '
  asked 1 "$cut 206 $((5 * 5 * 9000 - 100001)) "
  asked 1 "$other 200 $((6 * 6 * 9000)) "
  same "$ARCHIVES" 4 5 6
}
