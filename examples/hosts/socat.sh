#!/bin/sh
# nofork: perch gets the connection itself, and not a copy of what passes.
exec socat TCP-LISTEN:80,bind=0.0.0.0,fork,reuseaddr,max-children=512 \
  'EXEC:/usr/local/bin/perch /srv/www,nofork'
