-- What a Supabase project has before its first migration: roles and their rights, and the schemas extensions, auth and
-- realtime. It runs as a superuser at every start, so each statement must be repeatable. `:owner` is the role that
-- migrations run as; it is no superuser here, as it is none there. What differs from Supabase is said where it does.

do $$
declare
  wanted record;
begin
  for wanted in select * from (values
    ('anon', 'nologin noinherit'),
    ('authenticated', 'nologin noinherit'),
    ('service_role', 'nologin noinherit bypassrls'),
    ('authenticator', 'login noinherit'),
    ('supabase_auth_admin', 'login noinherit createrole'),
    ('supabase_realtime_admin', 'nologin noinherit'),
    (':owner', 'login createrole createdb bypassrls replication')
  ) as roles (name, rights)
  loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      execute format('create role %I %s', wanted.name, wanted.rights);
    end if;
  end loop;
end $$;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to ":owner" with admin option;
-- Supabase lets `postgres` make policies on realtime.messages without owning it (supautils.policy_grants). Membership
-- gives that and more; the event trigger at the end takes the more away.
grant supabase_realtime_admin to ":owner" with inherit true, set false;
do $$
begin
  execute format('grant create, connect, temporary on database %I to %I', current_database(), ':owner');
end $$;

create schema if not exists extensions;
grant usage on schema extensions to ":owner", anon, authenticated, service_role, supabase_auth_admin;
grant create on schema extensions to ":owner";
create extension if not exists pgcrypto with schema extensions;
create extension if not exists "uuid-ossp" with schema extensions;

alter schema public owner to pg_database_owner;
grant usage on schema public to ":owner", anon, authenticated, service_role;
grant create on schema public to ":owner";
alter default privileges for role ":owner" in schema public grant all on tables to ":owner", anon, authenticated, service_role;
alter default privileges for role ":owner" in schema public grant all on functions to ":owner", anon, authenticated, service_role;
alter default privileges for role ":owner" in schema public grant all on sequences to ":owner", anon, authenticated, service_role;
-- The owner, too, must find functions that extensions brought.
alter role ":owner" set search_path = "$user", public, extensions;
alter role supabase_auth_admin set search_path = auth;

do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
    alter publication supabase_realtime owner to ":owner";
  end if;
end $$;

-- auth ------------------------------------------------------------------------------------------------------------

create schema if not exists auth authorization supabase_auth_admin;
grant usage on schema auth to ":owner", anon, authenticated, service_role;

create table if not exists auth.users (
  instance_id uuid,
  id uuid primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  phone text unique,
  phone_confirmed_at timestamptz,
  confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  banned_until timestamptz,
  is_sso_user boolean not null default false,
  deleted_at timestamptz,
  is_anonymous boolean not null default false
);
create unique index if not exists users_email_partial_key on auth.users (email) where not is_sso_user;

create table if not exists auth.identities (
  id uuid primary key default gen_random_uuid(),
  provider_id text not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  identity_data jsonb not null,
  provider text not null,
  last_sign_in_at timestamptz,
  created_at timestamptz,
  updated_at timestamptz,
  email text generated always as (lower(identity_data ->> 'email')) stored,
  unique (provider_id, provider)
);
create index if not exists identities_user_id_idx on auth.identities (user_id);

create table if not exists auth.sessions (
  id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  created_at timestamptz,
  updated_at timestamptz,
  not_after timestamptz,
  refreshed_at timestamp,
  user_agent text,
  ip inet
);
create index if not exists sessions_user_id_idx on auth.sessions (user_id);

create table if not exists auth.refresh_tokens (
  id bigserial primary key,
  token varchar(255) unique,
  user_id varchar(255),
  revoked boolean,
  created_at timestamptz,
  updated_at timestamptz,
  parent varchar(255),
  session_id uuid references auth.sessions (id) on delete cascade
);
create index if not exists refresh_tokens_session_id_idx on auth.refresh_tokens (session_id);

create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(nullif(current_setting('request.jwt.claim', true), ''), nullif(current_setting('request.jwt.claims', true), ''))::jsonb
$$;
create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
$$;
create or replace function auth.role() returns text language sql stable as $$
  select coalesce(nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')::text
$$;
create or replace function auth.email() returns text language sql stable as $$
  select coalesce(nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email')::text
$$;

do $$
declare
  thing text;
begin
  foreach thing in array array['users', 'identities', 'sessions', 'refresh_tokens'] loop
    execute format('alter table auth.%I owner to supabase_auth_admin', thing);
    execute format('alter table auth.%I enable row level security', thing);
    execute format('grant all on auth.%I to %I with grant option', thing, ':owner');
  end loop;
  foreach thing in array array['jwt', 'uid', 'role', 'email'] loop
    execute format('alter function auth.%I() owner to supabase_auth_admin', thing);
  end loop;
end $$;
alter sequence auth.refresh_tokens_id_seq owner to supabase_auth_admin;

-- realtime --------------------------------------------------------------------------------------------------------

create schema if not exists realtime;
grant usage on schema realtime to ":owner", anon, authenticated, service_role;
grant all on schema realtime to supabase_realtime_admin;

create table if not exists realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  binary_payload bytea,
  constraint messages_payload_exclusive check (payload is null or binary_payload is null),
  primary key (id, inserted_at)
) partition by range (inserted_at);
alter table realtime.messages owner to supabase_realtime_admin;
alter table realtime.messages enable row level security;
revoke all on realtime.messages from anon, authenticated, service_role;
grant select, insert, update on realtime.messages to anon, authenticated, service_role;
grant all on realtime.messages to ":owner";
create index if not exists messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
  where extension = 'broadcast' and private is true;

-- One partition a day, from yesterday to three days on; after 72 hours a day is dropped. Called at the start and daily.
create or replace function realtime.keep_partitions() returns void language plpgsql set search_path = '' as $$
declare
  day date;
  old text;
begin
  for day in select current_date + n from generate_series(-1, 3) n loop
    if to_regclass(format('realtime.messages_%s', to_char(day, 'YYYY_MM_DD'))) is null then
      execute format('create table realtime.%I partition of realtime.messages for values from (%L) to (%L)',
        'messages_' || to_char(day, 'YYYY_MM_DD'), day, day + 1);
      execute format('alter table realtime.%I owner to supabase_realtime_admin', 'messages_' || to_char(day, 'YYYY_MM_DD'));
    end if;
  end loop;
  for old in
    select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'realtime.messages'::regclass and c.relname < 'messages_' || to_char(current_date - 3, 'YYYY_MM_DD')
  loop
    execute format('drop table realtime.%I', old);
  end loop;
end $$;
revoke execute on function realtime.keep_partitions() from public;
select realtime.keep_partitions();

-- Supabase reads committed rows from the log. Here a notification carries the primary key: it, too, arrives after the
-- commit and in commit order, but holds 8,000 bytes at most, so the row itself is read back.
create or replace function realtime.announce_message() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  perform pg_catalog.pg_notify('trunkline_messages', new.id || ' ' || new.inserted_at);
  return null;
end $$;
create or replace trigger announce_message after insert on realtime.messages
  for each row execute function realtime.announce_message();

create or replace function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')::text;
$$;

create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true)
returns void language plpgsql as $$
declare
  message_id uuid;
begin
  begin
    message_id := gen_random_uuid(); -- never the payload's own id, which may come again
    if not payload ? 'id' then
      payload := jsonb_set(payload, '{id}', to_jsonb(message_id)); -- fails for what is no object, as on Supabase
    end if;
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (id, payload, event, topic, private, extension)
    values (message_id, payload, event, topic, private, 'broadcast');
  exception when others then
    raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
  end;
end $$;

create or replace function realtime.send_binary(payload bytea, event text, topic text, private boolean default true)
returns void language plpgsql as $$
begin
  begin
    perform set_config('realtime.topic', topic, true);
    insert into realtime.messages (binary_payload, event, topic, private, extension)
    values (payload, event, topic, private, 'broadcast');
  exception when others then
    raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
  end;
end $$;

create or replace function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record, level text default 'ROW'
) returns void language plpgsql as $$
declare
  row_data jsonb;
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  if operation not in ('INSERT', 'UPDATE', 'DELETE') then
    raise exception 'Unexpected operation type: %', operation;
  end if;
  row_data := jsonb_build_object('old_record', old, 'record', new, 'operation', operation, 'table', table_name, 'schema', table_schema);
  perform realtime.send(row_data, event_name, topic_name);
exception when others then
  raise exception 'Failed to process the row: %', sqlerrm;
end $$;

do $$
declare
  thing text;
begin
  foreach thing in array array[
    'topic()', 'send(jsonb, text, text, boolean)', 'send_binary(bytea, text, text, boolean)',
    'broadcast_changes(text, text, text, text, text, record, record, text)'
  ] loop
    execute format('alter function realtime.%s owner to supabase_realtime_admin', thing);
    execute format('grant execute on function realtime.%s to %I, anon, authenticated, service_role', thing, ':owner');
  end loop;
end $$;

-- Watching DDL -----------------------------------------------------------------------------------------------------

-- The REST side keeps a picture of the schema; hosted projects refresh it the same way.
create or replace function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as $$
begin
  notify pgrst, 'reload schema';
end $$;

-- Managed schemas are Supabase's: a migration may add policies to realtime.messages and triggers to auth's tables, no more.
create or replace function extensions.guard_managed_schemas() returns event_trigger language plpgsql as $$
declare
  command record;
begin
  if session_user <> ':owner' then return; end if;
  for command in select * from pg_event_trigger_ddl_commands() loop
    -- A trigger belongs to no schema; its identity ends in `on schema.table`.
    if (command.schema_name in ('realtime', 'auth') or command.object_identity ~ ' on realtime\.[^.]+$')
      and command.object_type <> 'policy' and command.command_tag not in ('COMMENT', 'GRANT', 'REVOKE') then
      raise insufficient_privilege using message = format('must be owner of %s', command.object_identity),
        hint = 'The schemas auth and realtime belong to Supabase; a hosted project refuses this, too.';
    end if;
  end loop;
end $$;
create or replace function extensions.guard_managed_drops() returns event_trigger language plpgsql as $$
declare
  dropped record;
begin
  if session_user <> ':owner' then return; end if;
  for dropped in select * from pg_event_trigger_dropped_objects() loop
    if dropped.original and dropped.schema_name in ('realtime', 'auth') and dropped.object_type not in ('policy', 'trigger') then
      raise insufficient_privilege using message = format('must be owner of %s', dropped.object_identity);
    end if;
  end loop;
end $$;

do $$
begin
  if not exists (select from pg_event_trigger where evtname = 'pgrst_ddl_watch') then
    create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
    create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_ddl_watch();
    create event trigger guard_managed_schemas on ddl_command_end execute function extensions.guard_managed_schemas();
    create event trigger guard_managed_drops on sql_drop execute function extensions.guard_managed_drops();
  end if;
end $$;
