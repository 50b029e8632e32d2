# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154
#
# The files that are served. Sourced by test/bench/run.

# Writes them to $site.
write_site() {
  local name

  site=$tmp/site
  mkdir -p "$site/cgi-bin"
  for name in 64:64 1k:1024 10k:10240 16k:16384 32k:32768 64k:65536 \
    100k:102400 1m:1048576 100m:104857600; do
    yes 'all work and no play' | head -c "${name#*:}" >"$site/${name%:*}" ||
      die 'cannot write the files to serve'
  done
  head -c 102400 examples/site/words.txt >"$site/text.txt"
  cp "$site/text.txt" "$site/page.txt"
  gzip -9k "$site/page.txt"
  # What a program costs by itself is the same for all of them.
  cp "$BENCH/hello" "$site/cgi-bin/hello"
  # The client asks for what is newer, see test/bench/load.c.
  touch -d @1700000000 "$site"/*
  chmod -R a+rX "$tmp"
  # No server keeps what may be changed once more within the same second.
  sleep 3
}
