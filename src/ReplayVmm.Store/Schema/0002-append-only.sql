-- Events are facts: they are added, never changed. The one way out is prune, which names the session in a setting of its own
-- transaction and leaves an event of what it did. Whoever owns the tables can undo this; the chain of hashes is the proof.

create or replace function rv_refuse_change() returns trigger language plpgsql as $$
declare
    pruning text := coalesce(current_setting('replayvmm.pruning', true), '');
begin
    if tg_op = 'DELETE' and pruning <> '' then
        if tg_level = 'STATEMENT' then
            return null;
        end if;
        if old.stream_id::text = pruning then
            return old;
        end if;
    end if;
    raise exception 'mt_events is append-only: % was refused', lower(tg_op)
        using errcode = 'restrict_violation', hint = 'A whole session is deleted with: replayvmm prune SESSION';
end $$;

create or replace trigger rv_append_only_rows
    before update or delete on mt_events for each row execute function rv_refuse_change();
create or replace trigger rv_append_only_statements
    before update or delete on mt_events for each statement execute function rv_refuse_change();
create or replace trigger rv_append_only_truncate
    before truncate on mt_events for each statement execute function rv_refuse_change();

-- Without this, a session that plays the part of a replica would pass.
alter table mt_events enable always trigger rv_append_only_rows;
alter table mt_events enable always trigger rv_append_only_statements;
alter table mt_events enable always trigger rv_append_only_truncate;
