-- What a person's list of chats is made of: how far they have read, what is new, and the inbox that tells their browsers of it.
--
-- Topic `inbox:<user id>`, which only the database writes and only that person reads:
--   change {chatId, rev, message}              the chat is at revision `rev`; `message` is the row of that revision, its text cut
--   chat   {chatId}                            name or kind of the chat changed
--   joined {chatId}, left {chatId}             the person is a member from now on, or no longer
--   read   {chatId, lastReadRev, rev, unread}  they have read up to there, in whichever browser; `unread` was counted at `rev`

-- A change costs one message a member, of the project's quota and of its rate limit, beyond which Supabase drops events of every
-- chat. So a chat with more members than this tells nobody's inbox: browsers that show it hear of it on its own topic, and lists
-- ask for its revision now and then (chat_tips). To draw the line elsewhere, replace this function.
create function trunkline.inbox_members() returns integer
language sql immutable set search_path = '' as $$ select 100 $$;

-- Messages of others after place `read` that are not deleted: 100 stands for 100 or more. Looks at the newest 300, however many there are.
create function trunkline.count_unread(chat uuid, reader uuid, read bigint) returns integer
language sql stable security definer set search_path = '' as $$
  select least(count(*) filter (where newest.sender_id is distinct from reader and newest.deleted_at is null), 100)::integer
  from (
    select m.sender_id, m.deleted_at from public.messages m
    where m.chat_id = chat and m.seq > read order by m.seq desc limit 300
  ) newest;
$$;

-- What a list shows of a message: as the row, with the beginning of its text and its first attachment.
create function trunkline.summarize(message public.messages) returns jsonb
language sql stable set search_path = '' as $$
  select to_jsonb(message) || jsonb_build_object(
    'body', left(message.body, 200),
    'attachments', coalesce((select jsonb_agg(a) from (select message.attachments -> 0 as a) first where a is not null), '[]')
  );
$$;

create function trunkline.tell_members(chat uuid, event text, payload jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  most integer := trunkline.inbox_members();
  members uuid[] := array(select m.user_id from public.chat_members m where m.chat_id = chat limit most + 1);
begin
  if cardinality(members) <= most then
    perform realtime.send(payload, event, 'inbox:' || member, true) from unnest(members) member;
  end if;
end;
$$;

-- At the end of the transaction, and only for a chat's last change in it: a batch of fifty messages is one event a member. A browser
-- that sees a gap in the revisions asks.
create function trunkline.tell_change() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from public.chats c where c.id = new.chat_id and c.last_rev = new.rev) then
    perform trunkline.tell_members(new.chat_id, 'change', jsonb_build_object(
      'chatId', new.chat_id, 'rev', new.rev, 'message', trunkline.summarize(new)
    ));
  end if;
  return null;
end;
$$;
create constraint trigger tell_new_message after insert on public.messages
  deferrable initially deferred for each row execute function trunkline.tell_change();
create constraint trigger tell_changed_message after update on public.messages
  deferrable initially deferred for each row when (old.rev is distinct from new.rev) execute function trunkline.tell_change();

create function trunkline.tell_chat() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform trunkline.tell_members(new.id, 'chat', jsonb_build_object('chatId', new.id));
  return null;
end;
$$;
create trigger tell_chat after update on public.chats for each row
  when ((old.title, old.slug, old.kind) is distinct from (new.title, new.slug, new.kind))
  execute function trunkline.tell_chat();

create function trunkline.tell_member() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  member public.chat_members := case when tg_op = 'DELETE' then old else new end;
  payload jsonb := jsonb_build_object('chatId', member.chat_id);
begin
  if tg_op = 'UPDATE' then
    payload := payload || (
      select jsonb_build_object(
        'lastReadRev', member.last_read_rev, 'rev', c.last_rev,
        'unread', trunkline.count_unread(c.id, member.user_id, member.last_read_rev)
      )
      from public.chats c where c.id = member.chat_id
    );
  end if;
  perform realtime.send(
    payload, case tg_op when 'INSERT' then 'joined' when 'DELETE' then 'left' else 'read' end, 'inbox:' || member.user_id, true
  );
  return null;
end;
$$;

-- What was said before somebody joined is history, not news; for those who are members already, too.
create function trunkline.start_read() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  new.last_read_rev := coalesce((select c.last_rev from public.chats c where c.id = new.chat_id), 0);
  return new;
end;
$$;
update public.chat_members m set last_read_rev = c.last_rev from public.chats c where c.id = m.chat_id;

create trigger start_read before insert on public.chat_members
  for each row execute function trunkline.start_read();
create trigger tell_membership after insert or delete on public.chat_members
  for each row execute function trunkline.tell_member();
create trigger tell_read after update on public.chat_members
  for each row when (old.last_read_rev is distinct from new.last_read_rev) execute function trunkline.tell_member();

-- The caller has read a chat up to revision `rev`. Only ever forward, whoever asks first, and never beyond what there is. Answers how
-- it stands now; `unread` was counted at `last_rev`.
create function public.mark_read(chat_id uuid, rev bigint)
returns table (last_read_rev bigint, last_rev bigint, unread integer)
language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
begin
  update public.chat_members m set last_read_rev = least(mark_read.rev, c.last_rev)
  from public.chats c
  where m.chat_id = mark_read.chat_id and m.user_id = auth.uid() and c.id = m.chat_id
    and m.last_read_rev < least(mark_read.rev, c.last_rev);
  return query
    select m.last_read_rev, c.last_rev, trunkline.count_unread(c.id, m.user_id, m.last_read_rev)
    from public.chat_members m join public.chats c on c.id = m.chat_id
    where m.chat_id = mark_read.chat_id and m.user_id = auth.uid();
  if not found then
    raise sqlstate 'PT404' using
      message = 'This chat is not there for this user.', hint = 'Check the id, or ask to be added to the chat.';
  end if;
end;
$$;

-- The caller's chats, the one with the newest message first (without any: by when they joined). With `ids`, only those. A page ends
-- at its last row: give that row's `active_at` and `id` as `before` and `before_id` to get the next one. `other_id` is the other
-- person of a direct chat. All of a row is as of its `last_rev`.
create function public.my_chats(
  ids uuid[] default null, before timestamptz default null, before_id uuid default null, "limit" integer default 50
)
returns table (
  id uuid, slug text, title text, kind text, last_rev bigint, last_read_rev bigint, active_at timestamptz, last_message jsonb,
  unread integer, other_id uuid
)
language sql stable security definer set search_path = '' as $$
  select
    c.id, c.slug, c.title, c.kind, c.last_rev, page.last_read_rev, page.active_at,
    (select trunkline.summarize(m) from public.messages m where m.chat_id = c.id and m.seq = page.seq),
    trunkline.count_unread(c.id, page.user_id, page.last_read_rev),
    case when c.kind = 'direct' then (
      select o.user_id from public.chat_members o where o.chat_id = c.id and o.user_id <> page.user_id limit 1
    ) end
  from (
    select mine.chat_id, mine.user_id, mine.last_read_rev, newest.seq, coalesce(newest.created_at, mine.joined_at) as active_at
    from public.chat_members mine
    left join lateral (
      select m.seq, m.created_at from public.messages m where m.chat_id = mine.chat_id order by m.seq desc limit 1
    ) newest on true
    where mine.user_id = auth.uid()
      and (my_chats.ids is null or mine.chat_id = any (my_chats.ids))
      and (
        my_chats.before is null
        or (coalesce(newest.created_at, mine.joined_at), mine.chat_id) < (my_chats.before, my_chats.before_id)
      )
    order by active_at desc, mine.chat_id desc limit least(greatest(my_chats."limit", 1), 200)
  ) page
  join public.chats c on c.id = page.chat_id
  order by page.active_at desc, page.chat_id desc;
$$;

-- The caller was here just now: moves their `last_seen_at`, only ever forward, at most once in ten seconds. Answers what it is; null
-- for somebody without a profile. No client can write the column otherwise.
create function public.touch_last_seen() returns timestamptz
language sql security definer set search_path = '' as $$
  update public.profiles p set last_seen_at = clock_timestamp()
  where p.id = auth.uid() and coalesce(p.last_seen_at < clock_timestamp() - interval '10 seconds', true);
  select p.last_seen_at from public.profiles p where p.id = auth.uid();
$$;

revoke execute on function
  trunkline.inbox_members(), trunkline.count_unread(uuid, uuid, bigint), trunkline.summarize(public.messages),
  trunkline.tell_members(uuid, text, jsonb), trunkline.tell_change(), trunkline.tell_chat(), trunkline.tell_member(),
  trunkline.start_read()
  from public;
revoke execute on function
  public.mark_read(uuid, bigint), public.my_chats(uuid[], timestamptz, uuid, integer), public.touch_last_seen()
  from public, anon;
grant execute on function
  public.mark_read(uuid, bigint), public.my_chats(uuid[], timestamptz, uuid, integer), public.touch_last_seen()
  to authenticated, service_role;
