#!/usr/bin/env bats
# What make install, uninstall and dist leave, and the completion in bash.
load helper

setup() {
  MISSING=$(missing make tar)
  [ -z "$MISSING" ] || skip "$MISSING"
  cd "$BATS_TEST_TMPDIR"
}

# files DIRECTORY: what is in it but directories, with modes.
files() {
  (cd "$1" && find . ! -type d -printf '%m %P\n' | sort -k2)
}

# Those whose names end so are installed there.
manuals() {
  local manual
  for manual in "$TOP"/man/*.[1-8]; do
    printf '644 usr/share/man/man%s/%s\n' "${manual##*.}" "${manual##*/}"
  done | sort
}

@test "make install puts these files there, for all to read, and make uninstall takes these away" {
  mkdir -p d/usr/bin d/usr/share/man/man8
  echo other >d/usr/bin/other
  chmod 755 d/usr/bin/other
  cp -pR d before
  (umask 077 && make -s -C "$TOP" install PREFIX=/usr DESTDIR="$PWD/d")
  diff - <(files d) <<END
755 usr/bin/other
755 usr/bin/perch
755 usr/bin/perch-auth
755 usr/bin/perch-listen
755 usr/bin/perch-tls
644 usr/lib/systemd/system/perch-listen.service
644 usr/lib/systemd/system/perch-listen.socket
644 usr/lib/systemd/system/perch-tls.service
644 usr/lib/systemd/system/perch-tls.socket
644 usr/lib/systemd/system/perch.socket
644 usr/lib/systemd/system/perch@.service
644 usr/lib/sysusers.d/perch.conf
644 usr/share/bash-completion/completions/perch
777 usr/share/bash-completion/completions/perch-listen
777 usr/share/bash-completion/completions/perch-tls
$(manuals)
END
  [ "$(readlink d/usr/share/bash-completion/completions/perch-listen)" = perch ]
  # And no directory but for all to enter.
  [ -z "$(find d -type d ! -perm 755)" ]

  make -s -C "$TOP" uninstall PREFIX=/usr DESTDIR="$PWD/d"
  diff <(files before) <(files d)
}

@test "make install: units have the programs, site and options of the installation" {
  make -s -C "$TOP" install PREFIX=/usr DESTDIR="$PWD/a"
  [ "$(grep -h ^ExecStart= a/usr/lib/systemd/system/*.service)" = \
    'ExecStart=/usr/bin/perch-listen systemd /srv/www
ExecStart=/usr/bin/perch-tls --tls-cert ${CREDENTIALS_DIRECTORY}/cert \
ExecStart=/usr/bin/perch /srv/www' ]
  make -s -C "$TOP" install PREFIX=/opt DESTDIR="$PWD/b" SITE=/var/www/html \
    CONFIG=/etc/perch/perch.conf
  [ "$(grep -h ^ExecStart= b/opt/lib/systemd/system/*.service)" = \
    'ExecStart=/opt/bin/perch-listen --config /etc/perch/perch.conf systemd /var/www/html
ExecStart=/opt/bin/perch-tls --config /etc/perch/perch.conf --tls-cert ${CREDENTIALS_DIRECTORY}/cert \
ExecStart=/opt/bin/perch --config /etc/perch/perch.conf /var/www/html' ]
}

@test "make dist makes the same archive anywhere, of which all can be made" {
  make -s -C "$TOP" dist BUILD="$PWD/a"
  archive=$(cd a && echo perch-*.tar.gz)
  name=${archive%.tar.gz}
  [ "$name" = "$("$BIN/perch" --version | tr ' ' -)" ]
  (umask 027 && tar -xzf "a/$archive" --no-same-permissions)
  # Whoever unpacks it need not have git.
  TZ=Asia/Tokyo make -s -C "$name" dist BUILD="$PWD/b"
  cmp "a/$archive" "b/$archive"
  [ "$(ls -A "$name" | tr '\n' ' ')" = '.ci .clang-format .clang-tidy .editorconfig '\
'.gitattributes .gitignore LICENSE Makefile README.md examples man src systemd test ' ]
  [ -z "$(find "$name" -name '*.o' -o -name '*.d')" ]
  [ ! -e "$name/examples/tcp-echo" ]
  # All sources are there: make knows how to make each object.
  make -s -n -C "$name" all examples build/tool/talk >/dev/null
}

# offers WORDS OFFER...: what the completion of the last of WORDS gives, which
# are parted as bash does it, at equals signs too; _ is an empty one.
offers() {
  read -r -a COMP_WORDS <<<"$1"
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMP_WORDS[COMP_CWORD]=${COMP_WORDS[COMP_CWORD]#_}
  _perch "${COMP_WORDS[0]}"
  # compgen does not sort names of files.
  mapfile -t COMPREPLY < <(printf '%s\n' "${COMPREPLY[@]}" | sort)
  echo "$1: ${COMPREPLY[*]}"
  [ $# = 1 ] || [ "${COMPREPLY[*]}" = "${*:2}" ]
}

@test "completion in bash: options of the table, their values, files, directories" {
  # shellcheck source=examples/packaging/perch.bash
  source "$TOP/examples/packaging/perch.bash"
  PATH=$BIN:$PATH
  mkdir site sites.d
  touch site.conf 'a b.conf'

  for program in perch perch-listen perch-tls; do
    offers "$program --"
    "$program" --help | sed -nE 's/^  (--[a-z-]+).*/\1/p' | sort >table
    printf '%s\n' "${COMPREPLY[@]}" | grep -v = | diff table -
    [ "${#COMPREPLY[@]}" -gt 60 ]
  done
  offers 'perch --max-conn' ''
  offers 'perch-listen --max-conn' --max-connections
  offers 'perch --proxy' --proxy-protocol --proxy-protocol=optional
  offers 'perch --no-such' ''

  # What a value may be.
  offers 'perch --log _' combined common json none
  offers 'perch --log = co' combined common
  offers 'perch --log =' combined common json none
  offers 'perch --proxy-protocol = _' optional required
  offers 'perch --config si' site site.conf sites.d
  offers 'perch --config = site.' site.conf
  offers 'perch --cgi-spool si' site sites.d
  offers 'perch --mime a' 'a b.conf'
  offers 'perch --max-head _' ''
  offers "perch-listen --user $(id -un)"
  [[ " ${COMPREPLY[*]} " == *" $(id -un) "* ]]

  # What stands behind the options.
  offers 'perch s' site sites.d
  offers 'perch --listing --log = json sit' site sites.d
  offers 'perch --proxy-protocol sit' site sites.d
  offers 'perch-listen --log json sys' systemd
  offers 'perch-listen 8080 s' site sites.d
  offers 'perch-listen --log json 8080 s' site sites.d
  offers 'perch-listen 8080 -- perch-l'
  [[ " ${COMPREPLY[*]} " == *' perch-listen '* ]]
  offers 'perch-listen 8080 -- cat site.' site.conf
}

@test "completion in bash: it is loaded for each program, and asks the one that is run" {
  # shellcheck source=examples/packaging/perch.bash
  source "$TOP/examples/packaging/perch.bash"
  [ "$(complete -p perch perch-listen perch-tls)" = "complete -F _perch perch
complete -F _perch perch-listen
complete -F _perch perch-tls" ]
  printf '#!/bin/sh\necho "  --new a|b  a new one (a)"\n' >perch
  chmod +x perch
  offers './perch --' --new
  offers './perch --new _' a b
}
