-- The tables that Marten 9 expects of a store with guid streams, so that a Marten application can open this database.
-- Neither columns nor indexes may be added to them: Marten would take those away again. Our own tables stand beside, with rv_ in front.

create table if not exists mt_streams (
    id          uuid        not null,
    type        varchar,
    version     bigint,
    timestamp   timestamptz not null default now(),
    created     timestamptz not null default now(),
    tenant_id   varchar     default '*DEFAULT*',
    is_archived boolean     default false,
    constraint pkey_mt_streams_id primary key (id)
);

create table if not exists mt_events (
    seq_id          bigint       not null,
    id              uuid         not null,
    stream_id       uuid,
    version         bigint       not null,
    data            jsonb        not null,
    bdata           bytea,
    type            varchar(500) not null,
    timestamp       timestamptz  not null default now(),
    tenant_id       varchar      default '*DEFAULT*',
    mt_dotnet_type  varchar,
    is_archived     boolean      default false,
    constraint pkey_mt_events_seq_id primary key (seq_id),
    constraint fkey_mt_events_stream_id foreign key (stream_id) references mt_streams (id) on delete cascade
);

create unique index if not exists pk_mt_events_stream_and_version on mt_events (stream_id, version);

create sequence if not exists mt_events_sequence owned by mt_events.seq_id;

create table if not exists mt_event_progression (
    name         varchar     not null,
    last_seq_id  bigint,
    last_updated timestamptz default transaction_timestamp(),
    constraint pk_mt_event_progression primary key (name)
);

create table if not exists mt_high_water_skips (
    ending_sequence   bigint      not null,
    starting_sequence bigint      not null,
    timestamp         timestamptz not null default now(),
    constraint pkey_mt_high_water_skips_ending_sequence primary key (ending_sequence)
);

-- A row's bytes are compressed before they come here: a second attempt costs time and gains nothing.
alter table mt_events alter column bdata set storage external;

-- The stream's row is updated at every append: leave room for its next version on the same page.
alter table mt_streams set (fillfactor = 50);
