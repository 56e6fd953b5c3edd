-- How a message gets its place: revisions, idempotent sending, reading from a cursor, and the event every reader gets.

-- Stamps each change with the chat's next revision. The UPDATE holds the chat's row lock until commit, so two writers
-- of one chat can't commit in another order than their revisions, and a change rolled back gives its revision back.
create function trunkline.stamp_message() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'UPDATE' then
    new.id := old.id;
    new.chat_id := old.chat_id;
    new.seq := old.seq;
    new.rev := old.rev;
    new.created_at := old.created_at;
    if old.deleted_at is not null then
      -- Deleted stays deleted; only the sender's account may still go.
      new.body := old.body;
      new.attachments := old.attachments;
      new.deleted_at := old.deleted_at;
      new.edited_at := old.edited_at;
    end if;
    if new is not distinct from old then
      return new; -- changes nothing: no revision, no event
    end if;
  end if;

  -- Row-level security looks only after this trigger. A stranger must neither hold the chat's lock nor learn that it exists.
  if tg_op = 'INSERT' and auth.uid() is not null and not trunkline.is_member(new.chat_id) then
    raise insufficient_privilege using message = 'Only members of the chat can write into it.';
  end if;

  update public.chats c set last_rev = c.last_rev + 1 where c.id = new.chat_id returning c.last_rev into new.rev;
  if not found then
    raise foreign_key_violation using message = 'The chat does not exist.';
  end if;

  if tg_op = 'INSERT' then
    new.seq := new.rev;
    new.created_at := clock_timestamp(); -- after the lock, so that times rise with seq
    new.edited_at := null;
    new.deleted_at := null;
  elsif new.deleted_at is not null and old.deleted_at is null then
    new.deleted_at := clock_timestamp();
    new.body := '';
    new.attachments := '[]';
  elsif new.body is distinct from old.body then
    new.edited_at := clock_timestamp();
  end if;
  return new;
end;
$$;

create trigger stamp_message before insert or update on public.messages
  for each row execute function trunkline.stamp_message();

-- Security definer: nobody but the database may write into `chat:<id>`, so the event must not run as the sender.
create function trunkline.publish_message() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform realtime.send(
    jsonb_build_object(
      'rev', new.rev,
      'op', case when tg_op = 'INSERT' then 'insert' when new.deleted_at is not null then 'delete' else 'update' end,
      'message', to_jsonb(new)
    ),
    'change', 'chat:' || new.chat_id, true
  );
  return null;
end;
$$;

create trigger publish_new_message after insert on public.messages
  for each row execute function trunkline.publish_message();
create trigger publish_changed_message after update on public.messages
  for each row when (old.rev is distinct from new.rev) execute function trunkline.publish_message();

-- Locks the caller's chats among `ids`, lowest id first, so that two batches over the same chats can't deadlock.
create function trunkline.lock_chats(ids uuid[]) returns void
language sql security definer set search_path = '' as $$
  select 1 from public.chats c
  where c.id = any (ids) and trunkline.is_member(c.id)
  order by c.id for no key update;
$$;

-- Stores messages `[{id, chat_id, body, reply_to?, attachments?, sent_at?}, …]` (at most 50) in array order. Answers one row for
-- every element, with its id as it was given: `stored` is the message as it stands in the table, new or stored by an earlier
-- try; else `code` (SQLSTATE) and `reason` say why this one never will be. One bad message doesn't stop the rest. Whatever might pass on
-- another try (a lost lock, a cancelled statement) fails the whole call and stores nothing.
create function public.send_messages(messages jsonb)
returns table (id text, stored jsonb, code text, reason text)
language plpgsql security invoker set search_path = '' as $$
#variable_conflict use_column
declare
  item jsonb;
  row_stored public.messages;
begin
  if jsonb_typeof(messages) is distinct from 'array' or jsonb_array_length(messages) not between 1 and 50 then
    raise sqlstate 'PT400' using message = 'send_messages takes an array of 1 to 50 messages.';
  end if;
  perform trunkline.lock_chats(array(
    select (e ->> 'chat_id')::uuid from jsonb_array_elements(messages) e
    where e ->> 'chat_id' ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
  ));

  for item in select e from jsonb_array_elements(messages) with ordinality as t (e, n) order by n loop
    id := item ->> 'id';
    stored := null;
    code := null;
    reason := null;
    row_stored := null;
    begin
      select m.* into row_stored from public.messages m where m.id = (item ->> 'id')::uuid;
      if not found then
        insert into public.messages (id, chat_id, body, reply_to, attachments, sent_at)
        values (
          (item ->> 'id')::uuid, (item ->> 'chat_id')::uuid, item ->> 'body', (item ->> 'reply_to')::uuid,
          coalesce(item -> 'attachments', '[]'), (item ->> 'sent_at')::timestamptz
        )
        returning * into row_stored;
      elsif row_stored.sender_id is distinct from auth.uid() or row_stored.chat_id <> (item ->> 'chat_id')::uuid then
        raise unique_violation using message = 'This id belongs to another message.';
      end if;
      stored := to_jsonb(row_stored);
    exception
      when insufficient_privilege or integrity_constraint_violation or data_exception then
        code := sqlstate;
        reason := sqlerrm;
    end;
    return next;
  end loop;
end;
$$;

-- Rows of a chat changed after revision `rev`, oldest change first. A row carries its last revision only, so a page ends
-- at the revision of its last row; the chat's newest revision is always the revision of some row.
create function public.changes_since(chat_id uuid, rev bigint, "limit" integer default 200)
returns setof public.messages
language sql stable security invoker set search_path = '' as $$
  select m.* from public.messages m
  where m.chat_id = changes_since.chat_id and m.rev > changes_since.rev
  order by m.rev limit least(greatest(changes_since."limit", 1), 500);
$$;

-- History: rows before place `seq` (null: the newest), newest first.
create function public.messages_before(chat_id uuid, seq bigint default null, "limit" integer default 50)
returns setof public.messages
language sql stable security invoker set search_path = '' as $$
  select m.* from public.messages m
  where m.chat_id = messages_before.chat_id
    and m.seq < coalesce(messages_before.seq, 9223372036854775807)
  order by m.seq desc limit least(greatest(messages_before."limit", 1), 200);
$$;

-- The newest revision of each of the caller's chats among `ids`.
create function public.chat_tips(ids uuid[]) returns table (id uuid, last_rev bigint)
language sql stable security invoker set search_path = '' as $$
  select c.id, c.last_rev from public.chats c where c.id = any (chat_tips.ids) and trunkline.is_member(c.id);
$$;

-- Finds a chat by id or slug and, when it is a room, joins the caller. `make` creates the room on first use. Without `make` a chat
-- that is not there and one that isn't the caller's give the same answer, so that asking tells nothing. With it, a refusal
-- tells that a private chat has the name: rooms and private chats share their names, so that nobody can put a room where people
-- look for a private chat. A private chat whose name is a secret has none, and is known by its id.
create function public.open_chat(chat text, make boolean default false, title text default '')
returns public.chats
language plpgsql security definer set search_path = '' as $$
declare
  found_chat public.chats;
  by_id boolean := chat ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$';
begin
  if auth.uid() is null then
    raise sqlstate 'PT401' using message = 'Sign in to open a chat.';
  end if;
  select c.* into found_chat from public.chats c
  where case when by_id then c.id = chat::uuid else c.slug = chat end;
  if found_chat.id is null and make and not by_id then
    if chat !~ '^[a-z0-9][a-z0-9/_.-]{0,119}$' then
      raise sqlstate 'PT400' using message = format(
        'A room can''t be called %L. Use up to 120 of a-z, 0-9, /, _, . and -, beginning with a letter or a digit.', left(chat, 120)
      );
    end if;
    insert into public.chats (slug, title, kind) values (chat, open_chat.title, 'room') on conflict (slug) do nothing;
    select c.* into found_chat from public.chats c where c.slug = chat;
  end if;
  if found_chat.kind = 'room' then
    insert into public.chat_members (chat_id, user_id) values (found_chat.id, auth.uid()) on conflict do nothing;
  elsif found_chat.id is null or not trunkline.is_member(found_chat.id) then
    raise sqlstate 'PT404' using
      message = 'There is no chat "' || left(chat, 120) || '" for this user.',
      hint = 'Check the id or slug, or ask to be added to the chat.';
  end if;
  return found_chat;
end;
$$;

revoke execute on all functions in schema trunkline from public;
grant execute on function trunkline.is_member(uuid), trunkline.lock_chats(uuid[]) to authenticated, service_role;
revoke execute on function
  public.send_messages(jsonb), public.changes_since(uuid, bigint, integer), public.messages_before(uuid, bigint, integer),
  public.chat_tips(uuid[]), public.open_chat(text, boolean, text)
  from public, anon;
grant execute on function
  public.send_messages(jsonb), public.changes_since(uuid, bigint, integer), public.messages_before(uuid, bigint, integer),
  public.chat_tips(uuid[]), public.open_chat(text, boolean, text)
  to authenticated, service_role;
