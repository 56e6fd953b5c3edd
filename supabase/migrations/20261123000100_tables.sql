-- Tables of Trunkline and who may touch them. Every change of a message goes through the triggers of the next file,
-- so that a chat's revisions have no hole; clients get only the columns they may set.

-- Helpers that policies call live outside the schemas PostgREST exposes.
create schema if not exists trunkline;
revoke all on schema trunkline from public;
grant usage on schema trunkline to authenticated, service_role;

create table public.profiles (
  id uuid primary key references auth.users (id) on delete cascade,
  display_name text not null constraint profiles_display_name_length check (char_length(display_name) between 1 and 80),
  avatar_url text constraint profiles_avatar_url_http check (avatar_url ~ '^https?://' and char_length(avatar_url) <= 2000),
  last_seen_at timestamptz
);

create table public.chats (
  id uuid primary key default gen_random_uuid(),
  slug text unique constraint chats_slug_shape check (slug ~ '^[a-z0-9][a-z0-9/_.-]{0,119}$'),
  title text not null default '' constraint chats_title_length check (char_length(title) <= 200),
  kind text not null default 'room' constraint chats_kind_known check (kind in ('direct', 'group', 'room')),
  -- The revision counter. Taken under this row's lock in the transaction of the change: commit order is revision order.
  last_rev bigint not null default 0,
  created_at timestamptz not null default now()
);

create table public.chat_members (
  chat_id uuid not null references public.chats (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null default 'member' constraint chat_members_role_known check (role in ('owner', 'member')),
  last_read_rev bigint not null default 0,
  joined_at timestamptz not null default now(),
  primary key (chat_id, user_id)
);
create index chat_members_of_user on public.chat_members (user_id);

-- Up to 10 of {url, name, type, size}, 16 kB in all: every reader downloads them, and a broadcast carries at most 256 kB.
create function trunkline.are_attachments(list jsonb) returns boolean
language sql immutable set search_path = '' as $$
  select case when jsonb_typeof(list) = 'array' then
    jsonb_array_length(list) <= 10 and length(list::text) <= 16384 and not exists (
      select 1 from jsonb_array_elements(list) a
      where jsonb_typeof(a -> 'url') is distinct from 'string' or a ->> 'url' !~ '^https?://'
        or jsonb_typeof(a -> 'name') is distinct from 'string' or jsonb_typeof(a -> 'type') is distinct from 'string'
        or jsonb_typeof(a -> 'size') is distinct from 'number'
    )
  else false end;
$$;
revoke execute on function trunkline.are_attachments(jsonb) from public;
grant execute on function trunkline.are_attachments(jsonb) to authenticated, service_role;

create table public.messages (
  id uuid primary key, -- made by the client, so that a repeat can be told from a new message
  chat_id uuid not null references public.chats (id) on delete cascade,
  -- Null once the account is gone: the row stays, because the last revision must stay findable.
  sender_id uuid default auth.uid() references auth.users (id) on delete set null,
  seq bigint not null, -- place in the thread; never changes
  rev bigint not null, -- revision of the last change
  body text not null constraint messages_body_length check (char_length(body) <= 4000),
  reply_to uuid,
  attachments jsonb not null default '[]' constraint messages_attachments_shape check (trunkline.are_attachments(attachments)),
  sent_at timestamptz, -- the client's clock, a hint only
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  deleted_at timestamptz,
  constraint messages_not_empty check (
    deleted_at is not null or body ~ '[^[:space:]]' or jsonb_array_length(attachments) > 0
  ),
  unique (chat_id, seq),
  unique (chat_id, rev),
  unique (chat_id, id),
  -- Of the same chat: a reference across chats would tell what is in them.
  constraint messages_reply_in_chat foreign key (chat_id, reply_to) references public.messages (chat_id, id)
    on delete set null (reply_to)
);
create index messages_reply_to on public.messages (reply_to) where reply_to is not null;

alter table public.profiles enable row level security;
alter table public.chats enable row level security;
alter table public.chat_members enable row level security;
alter table public.messages enable row level security;

-- Security definer: a policy on chat_members that read chat_members would recurse.
create function trunkline.is_member(chat uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (select 1 from public.chat_members m where m.chat_id = chat and m.user_id = auth.uid());
$$;

create policy "signed-in users see profiles" on public.profiles for select to authenticated using (true);
create policy "a person writes their own profile" on public.profiles for insert to authenticated
  with check (id = (select auth.uid()));
create policy "a person changes their own profile" on public.profiles for update to authenticated
  using (id = (select auth.uid())) with check (id = (select auth.uid()));

create policy "members see a chat, everyone sees rooms" on public.chats for select to authenticated
  using (kind = 'room' or trunkline.is_member(id));

create policy "members see who is in a chat" on public.chat_members for select to authenticated
  using (trunkline.is_member(chat_id));

create policy "members read messages" on public.messages for select to authenticated
  using (trunkline.is_member(chat_id));
create policy "members write messages in their own name" on public.messages for insert to authenticated
  with check (sender_id = (select auth.uid()) and trunkline.is_member(chat_id));
create policy "a sender changes their own messages" on public.messages for update to authenticated
  using (sender_id = (select auth.uid()) and trunkline.is_member(chat_id))
  with check (sender_id = (select auth.uid()) and trunkline.is_member(chat_id));

-- A Supabase project grants everything in public to the API roles by default; take it back, then give what is meant.
revoke all on public.profiles, public.chats, public.chat_members, public.messages from anon, authenticated;
grant select on public.profiles, public.chats, public.chat_members, public.messages to authenticated;
grant insert (id, display_name, avatar_url), update (id, display_name, avatar_url) on public.profiles to authenticated;
grant insert (id, chat_id, body, reply_to, attachments, sent_at) on public.messages to authenticated;
grant update (body, deleted_at) on public.messages to authenticated;
grant all on public.profiles, public.chats, public.chat_members, public.messages to service_role;
