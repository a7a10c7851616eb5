-- Row-per-event read model of chosen kinds, for people who ask in SQL. It is derived: dropping its rows loses nothing.
create table rv_events (
    session        uuid     not null,
    row_version    bigint   not null,
    row_index      integer  not null,
    position       bigint   not null,
    virtual_time   bigint   not null,
    vm             smallint not null,
    vcpu           smallint not null,
    kind           varchar  not null,
    operands       jsonb    not null,
    payload_length integer  not null,
    payload        bytea,
    constraint rv_events_row primary key (session, row_version, row_index)
);

create index rv_events_position on rv_events (session, position);
create index rv_events_kind on rv_events (kind, session, position);

comment on column rv_events.position is 'Input, guest and operator events before this one; others carry the position of the next of those.';
comment on column rv_events.virtual_time is 'Nanoseconds since the machine started.';
comment on column rv_events.operands is 'Named as the table of kinds names them; unsigned 64-bit numbers.';
comment on column rv_events.payload is 'Null where there is none, and where it is longer than 64 KiB.';

-- How far each projection has come in each session; written in the transaction that writes its rows.
create table rv_progress (
    projection varchar not null,
    session    uuid    not null,
    definition varchar not null,
    version    bigint  not null,
    constraint rv_progress_projection primary key (projection, session)
);
