-- One row a session. The number is what a recorder's advisory lock is taken on.
create table rv_sessions (
    id      uuid        not null,
    number  integer     not null generated always as identity,
    name    varchar     not null,
    created timestamptz not null,
    ended   boolean     not null default false,
    events  bigint      not null default 0,
    bytes   bigint      not null default 0,
    constraint rv_sessions_id primary key (id),
    constraint rv_sessions_name unique (name),
    constraint rv_sessions_number unique (number),
    constraint rv_sessions_stream foreign key (id) references mt_streams (id) on delete cascade
) with (fillfactor = 50);

create table rv_signatures (
    number     bigint  not null generated always as identity,
    session    uuid    not null,
    version    bigint  not null,
    head       bytea   not null,
    signature  bytea   not null,
    public_key bytea   not null,
    constraint rv_signatures_session primary key (session, number),
    constraint rv_signatures_stream foreign key (session) references mt_streams (id) on delete cascade
);

-- What `replayvmm list` shows. A recorder that is alive holds the advisory lock (0x5256, number).
create view rv_session_list as
select s.id, s.name, coalesce(m.version, 0) as version, s.created, s.ended,
       exists (select from pg_locks l
               where l.locktype = 'advisory' and l.classid = 21078 and l.objid::bigint = s.number and l.objsubid = 2 and l.granted
                 and l.database = (select d.oid from pg_database d where d.datname = current_database())) as being_recorded,
       s.events, s.bytes, s.number
from rv_sessions s join mt_streams m on m.id = s.id;

-- The stream of the database itself: what was pruned, and when.
create view rv_admin as
select e.version, e.timestamp, e.type, e.data
from mt_events e where e.stream_id = '52560000-0000-8000-8000-000000000000';
