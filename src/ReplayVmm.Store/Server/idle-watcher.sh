#!/bin/sh
# Stops a private PostgreSQL server that nobody has used for a while. Runs beside it, as its user, until it is gone.
# usage: idle-watcher.sh watch|once BIN ROOT SOCKETS MINUTES
#   watch  looks once a minute; once  looks once, for tests.
# "Used" is the time of ROOT/used: every program that opens the server touches it, and so does this script while any connection is open.
mode=$1 bin=$2 root=$3 sockets=$4 minutes=$5
pid=$(head -n 1 "$root/cluster/postmaster.pid" 2>/dev/null) || exit 0

idle() {
    [ -e "$root/keep" ] && return 1
    open=$("$bin/psql" -X -A -t -h "$sockets" -U replayvmm -d postgres -c \
        "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()" 2>/dev/null) || return 1
    if [ "$open" != 0 ]; then
        touch "$root/used"
        return 1
    fi
    [ -n "$(find "$root/used" -mmin "+$minutes" 2>/dev/null)" ]
}

# Whoever opens the server holds the lock while it touches "used": so the question is asked again under the lock.
look() {
    idle || return 0
    (
        flock -n 9 || exit 0
        idle || exit 0
        "$bin/pg_ctl" stop -D "$root/cluster" -m fast -w -t 60 >/dev/null 2>&1
    ) 9<"$root/lock"
}

while :; do
    [ "$(head -n 1 "$root/cluster/postmaster.pid" 2>/dev/null)" = "$pid" ] && kill -0 "$pid" 2>/dev/null || exit 0
    look
    [ "$mode" = once ] && exit 0
    sleep 60
done
