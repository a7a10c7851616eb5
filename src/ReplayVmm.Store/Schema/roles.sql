-- Two roles for a server that several people use. The owner may change the schema and prune; the writer may record and read.
-- A user who cannot create roles goes without them.
do $$
declare
    relation text;
    able boolean := (select rolsuper or rolcreaterole from pg_roles where rolname = current_user);
begin
    if not able then
        return;
    end if;
    foreach relation in array array['replayvmm_owner', 'replayvmm_writer'] loop
        begin
            if not exists (select from pg_roles where rolname = relation) then
                execute format('create role %I nologin', relation);
            end if;
        exception when duplicate_object or unique_violation then
            null; -- another database of this server was first
        end;
    end loop;

    begin
        execute format('grant replayvmm_owner to %I', current_user);
        execute format('grant usage, create on schema %I to replayvmm_owner', current_schema());
        execute format('grant usage on schema %I to replayvmm_writer', current_schema());

        for relation in
            select c.oid::regclass::text from pg_class c
            where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'v')
              and (c.relname like 'rv\_%' or c.relname in ('mt_streams', 'mt_events', 'mt_event_progression', 'mt_high_water_skips'))
        loop
            execute format('alter table %s owner to replayvmm_owner', relation);
            execute format('grant select on %s to replayvmm_writer', relation);
        end loop;
        alter function rv_refuse_change() owner to replayvmm_owner;

        grant usage on sequence mt_events_sequence to replayvmm_writer;
        grant insert on mt_streams, mt_events, rv_sessions, rv_signatures, rv_events, rv_progress to replayvmm_writer;
        grant update (version, timestamp) on mt_streams to replayvmm_writer;
        grant update (ended, events, bytes) on rv_sessions to replayvmm_writer;
        grant update, delete on rv_progress to replayvmm_writer;
        grant delete on rv_events to replayvmm_writer;
    exception when insufficient_privilege then
        raise notice 'the roles replayvmm_owner and replayvmm_writer were left as they are: %', sqlerrm;
    end;
end $$;
