#!/bin/sh
# perch gets two pipes. For a moment's use: ncat cuts what a client still has
# to get once it has ended its own side.
exec ncat -l -k -m 64 -e '/usr/local/bin/perch /srv/www' 0.0.0.0 80
