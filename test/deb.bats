#!/usr/bin/env bats
# The Debian package that make deb makes of the archive of make dist.
load helper

# It is built once.
setup_file() {
  export WHY AT=$BATS_FILE_TMPDIR
  WHY=$(missing dpkg-buildpackage dh lintian systemd-sysusers)
  [ -z "$WHY" ] || return 0
  DEB_BUILD_OPTIONS=noautodbgsym make -s -C "$TOP" deb BUILD="$AT" \
    >"$AT/log" 2>&1 || touch "$AT/failed"
  dpkg-deb -R "$AT"/deb/perch_*.deb "$AT/package" || touch "$AT/failed"
}

setup() {
  [ -z "$WHY" ] || skip "$WHY"
  if [ -e "$AT/failed" ]; then
    tail -50 "$AT/log"
    return 1
  fi
  cd "$BATS_TEST_TMPDIR"
}

@test "lintian finds neither an error nor a warning, and none is overridden" {
  run lintian --allow-root --fail-on error,warning,override \
    --show-overrides "$AT"/deb/*.changes
  echo "$output"
  [ "$status" = 0 ]
  [ -z "$output" ]
}

@test "its version is the programs', its files are those of make install, and few more" {
  control=$AT/package/DEBIAN/control
  cat "$control"
  for program in perch perch-listen; do
    [ "$("$AT/package/usr/bin/$program" --version)" = \
      "$program $(sed -n 's/^Version: //p' "$control")" ]
  done
  [ "$(<"$AT/package/DEBIAN/conffiles")" = /etc/perch/perch.conf ]
  make -s -C "$TOP" install PREFIX=/usr UNITDIR=/lib/systemd/system DESTDIR="$PWD/d"
  find d ! -type d -printf '%P\n' | sort >installed
  (cd "$AT/package" && find . ! -type d -printf '%P\n') | sed 's/\(man.*\)\.gz$/\1/' |
    grep -v '^DEBIAN/' | sort >packaged
  diff installed packaged | grep -v '> usr/share/doc/perch/' >more || :
  cat more
  [ "$(grep -c '^<' more)" = 0 ]
  [ "$(sed -n 's/^> //p' more | tr '\n' ' ')" = \
    'etc/perch/perch.conf usr/share/perch/index.html ' ]
}

@test "both programs take its configuration, and each line that it suggests" {
  conf=$AT/package/etc/perch/perch.conf
  grep -x 'ExecStart=.* --config /etc/perch/perch.conf .*/var/www/html' \
    "$AT"/package/lib/systemd/system/*.service
  refute grep '^[^#]' "$conf"
  : >users
  sed "s,^#\([a-z]\),\1,; s,/etc/perch/users,$PWD/users," "$conf" >all
  [ "$(grep -c '^[a-z]' all)" -ge 5 ]
  for file in "$conf" all; do
    "$AT/package/usr/bin/perch" --check --config "$file" .
    "$AT/package/usr/bin/perch-listen" --check --config "$file" 8080 .
  done
}

# pkg ARG...: dpkg over a system of its own, where no systemd runs and none of
# the packages is that it depends on.
pkg() {
  dpkg --root="$PWD/root" --log=/dev/null --force-not-root,depends,script-chrootless "$@" \
    >out 2>&1 || {
    cat out
    return 1
  }
}

# files: what there is, but what dpkg and systemd-sysusers keep for themselves.
files() {
  (cd root && find . -path ./var/lib/dpkg -prune -o \
    ! -path './etc/*passwd*' ! -path './etc/*shadow*' ! -path './etc/*group*' \
    ! -path ./etc/.pwd.lock \
    -print | sort)
}

@test "dpkg, without systemd: it is installed, taken away but for its configuration, and purged whole" {
  # Scripts that dpkg runs outside of the system must be root's.
  [ "$(id -u)" = 0 ] || skip 'only root may install'
  mkdir -p root/var/lib/dpkg/{info,updates,triggers} root/var/lib/systemd \
    root/etc/systemd/system
  : >root/var/lib/dpkg/status
  files >before
  pkg -i "$AT"/deb/perch_*.deb
  cat out
  refute grep -i 'warning: [^o]\|error\|fail' out
  cmp "$AT/package/usr/share/perch/index.html" root/var/www/html/index.html
  [ "$(readlink root/etc/systemd/system/sockets.target.wants/perch-listen.socket)" = \
    /lib/systemd/system/perch-listen.socket ]
  [ ! -e root/etc/systemd/system/sockets.target.wants/perch.socket ]
  grep '^perch:' root/etc/passwd

  # Again, as an upgrade: what a person has changed stays.
  echo 'listing' >root/etc/perch/perch.conf
  rm root/etc/systemd/system/sockets.target.wants/perch-listen.socket
  pkg -i --force-confold "$AT"/deb/perch_*.deb
  [ "$(<root/etc/perch/perch.conf)" = listing ]
  [ ! -e root/etc/systemd/system/sockets.target.wants/perch-listen.socket ]

  pkg -r perch
  [ "$(<root/etc/perch/perch.conf)" = listing ]
  [ ! -e root/usr/bin/perch ]
  pkg -P perch
  diff before <(files)

  # A site that there was before, or that has come, is not touched.
  mkdir -p root/var/www/html
  pkg -i "$AT"/deb/perch_*.deb
  [ ! -e root/var/www/html/index.html ]
  echo mine >root/var/www/html/index.html
  pkg -P perch
  [ "$(<root/var/www/html/index.html)" = mine ]
}

# In the system that test/boot boots, over this machine's files.
@test "dpkg, in a booted system: its socket listens, serves, outlives an upgrade, and is gone when it is purged" {
  [ -n "${BOOT:-}" ] || skip 'only with BOOT=1'
  why=$(missing systemctl unshare ip curl)
  [ -n "$why" ] || [ "$(id -u)" = 0 ] || why='only root may boot systemd'
  [ -z "$why" ] || skip "$why"
  mkdir -p tree/etc/systemd/system
  cp "$AT"/deb/perch_*.deb tree/perch.deb
  cat >tree/etc/systemd/system/test.service <<'END'
[Unit]
SuccessAction=exit
FailureAction=exit
[Service]
Type=oneshot
TimeoutStartSec=100
ExecStart=/bin/bash /test.sh
StandardOutput=file:/out/log
StandardError=file:/out/log
END
  cat >tree/test.sh <<'END'
cd /out
get() { curl -sS -m 20 "$@" 2>&1; }
# What is there; dpkg's lists and the journal are not perch's.
files() {
  find /etc /lib /usr /var /srv /opt /root /home -xdev \
    ! -path '/var/log/*' ! -path '/var/lib/dpkg*' ! -path '/var/cache/*' \
    ! -path '/var/lib/systemd/catalog*' ! -path '/var/tmp/*' \
    ! -name '*passwd-' ! -name '*group-' ! -name '*shadow-' \
    ! -name '.pwd.lock' -print | sort
}
units() { systemctl list-units --all --plain --no-legend '*perch*'; }
# It would forbid that anything is started.
rm -f /usr/sbin/policy-rc.d
rm -rf /var/www
# The machine's own may change meanwhile, which an overlay does not bear.
cp -a /var/lib/dpkg /run/dpkg && mount --bind /run/dpkg /var/lib/dpkg
files >before
dpkg -i /perch.deb >install 2>&1; echo $? >>install
get http://127.0.0.1/ >page
get http://127.0.0.1/.conf -o /dev/null -w '%{http_code}\n' >>page
systemctl is-enabled perch-listen.socket perch.socket >enabled
echo 'header / X-Test: new' >>/etc/perch/perch.conf
systemctl reload-or-restart perch-listen.service
get -I http://127.0.0.1/ >reloaded
# An upgrade under load.
one=$(systemctl show -P MainPID perch-listen.service)
for _ in {1..150}; do
  get -o /dev/null -w '%{http_code}\n' http://127.0.0.1/
done | sort | uniq -c >upgraded &
sleep 0.3
dpkg -i --force-confold /perch.deb >>install 2>&1; echo $? >>install
wait
two=$(systemctl show -P MainPID perch-listen.service)
[ "$one" != "$two" ] && get -o /dev/null -w '%{http_code}\n' http://127.0.0.1/ >>upgraded
# The other socket, by hand, and a connection of it that is open.
systemctl start perch.socket
exec 3<>/dev/tcp/127.0.0.1/80
printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&3
read -r -t 20 -u 3 line; echo "${line%$'\r'}" >other
units >>other
dpkg -P perch >purge 2>&1; echo $? >>purge
files >after
pgrep -a perch >left
units | grep -v '^system-perch.slice ' >>left
get http://127.0.0.1/ >>left
systemctl --failed --no-legend >>left
END
  status=0
  timeout 120 "$TOP/test/boot" tree >boot.log 2>&1 || status=$?
  cat boot.log
  cd tree/out
  head -50 ./*
  [ "$status" = 0 ]
  cmp page <(cat "$AT/package/usr/share/perch/index.html" && echo 404)
  [ "$(<enabled)" = $'enabled\ndisabled' ]
  grep "^X-Test: new" reloaded
  [ "$(tail -1 install)" = 0 ]
  refute grep -i 'could not\|fail\|warning: [^o]' install
  [ "$(<upgraded)" = $'    150 200\n200' ]
  [ "$(head -1 other)" = 'HTTP/1.1 200 OK' ]
  grep -E '^perch@.* active +running ' other
  [ "$(tail -1 purge)" = 0 ]
  diff before after
  [ "$(<left)" = 'curl: (7) Failed to connect to 127.0.0.1 port 80 after 0 ms: Couldn'\''t connect to server' ]
}
