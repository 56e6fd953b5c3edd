-- A message that was discarded stays discarded, however late a request that carries it arrives: one that hung on the way may commit
-- after the database was told. Nobody but the database sees what is noted here.

create table trunkline.discarded_messages (
  -- By sender first: what one person discards keeps nobody else from an id.
  sender_id uuid not null references auth.users (id) on delete cascade,
  id uuid not null,
  discarded_at timestamptz not null default now(),
  primary key (sender_id, id)
);

create function trunkline.turn_away_discarded() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if exists (select from trunkline.discarded_messages d where d.sender_id = new.sender_id and d.id = new.id) then
    -- Of class 23, so that send_messages answers for this one alone.
    raise sqlstate '23D01' using message = 'This message was discarded.';
  end if;
  return new;
end;
$$;
-- After stamp_message, by its name: that has the chat's lock, which discard_messages takes, too.
create trigger turn_away_discarded before insert on public.messages
  for each row execute function trunkline.turn_away_discarded();

-- Discards own messages of a chat (at most 50) that a request may have stored: those that are there are deleted, the others will
-- never be. Answers with the rows that were there. A repeat is a success and changes nothing.
create function public.discard_messages(chat_id uuid, ids uuid[]) returns setof public.messages
language plpgsql security definer set search_path = '' as $$
begin
  if auth.uid() is null then
    raise sqlstate 'PT401' using message = 'Sign in to discard messages.';
  end if;
  if cardinality(ids) not between 1 and 50 then
    raise sqlstate 'PT400' using message = 'discard_messages takes 1 to 50 ids.';
  end if;
  -- Whoever is storing one of them is waited for; whoever comes later finds the note.
  perform trunkline.lock_chats(array[discard_messages.chat_id]);
  if trunkline.is_member(discard_messages.chat_id) then
    return query
      update public.messages m set deleted_at = now()
      where m.chat_id = discard_messages.chat_id and m.id = any (discard_messages.ids) and m.sender_id = auth.uid()
      returning m.*;
  end if;
  insert into trunkline.discarded_messages (sender_id, id)
  select auth.uid(), wanted.id from unnest(discard_messages.ids) wanted (id)
  where wanted.id is not null and not exists (select from public.messages m where m.id = wanted.id)
  on conflict do nothing;
  -- A browser keeps what waits for seven days, so nothing comes later than that.
  delete from trunkline.discarded_messages d where d.sender_id = auth.uid() and d.discarded_at < now() - interval '30 days';
end;
$$;

revoke execute on function trunkline.turn_away_discarded() from public;
revoke execute on function public.discard_messages(uuid, uuid[]) from public, anon;
grant execute on function public.discard_messages(uuid, uuid[]) to authenticated, service_role;
