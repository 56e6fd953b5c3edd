-- Who may read and write which private topic. `chat:<id>` and `inbox:<user>` have no INSERT rule: what arrives there
-- came from the database.

-- The chat a topic belongs to, or null when the topic is of another kind.
create function trunkline.topic_chat(topic text, suffix text default '') returns uuid
language sql immutable set search_path = '' as $$
  select substring(topic from '^chat:([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})' || suffix || '$')::uuid;
$$;

create function trunkline.may_read_topic(topic text) returns boolean
language sql stable security definer set search_path = '' as $$
  select case
    when topic like 'chat:%' then
      trunkline.is_member(coalesce(trunkline.topic_chat(topic), trunkline.topic_chat(topic, ':live')))
    when topic like 'inbox:%' then topic = 'inbox:' || auth.uid()
    when topic like 'presence:%' then true
    -- What carries postgres_changes where a project allows private channels only. Nobody writes there, and the changes
    -- themselves have their tables' policies.
    when topic like 'changes:%' then true
    else false
  end;
$$;

create function trunkline.may_write_topic(topic text) returns boolean
language sql stable security definer set search_path = '' as $$
  select case
    when topic like 'chat:%' then trunkline.is_member(trunkline.topic_chat(topic, ':live'))
    when topic like 'presence:%' then true
    else false
  end;
$$;

revoke execute on function trunkline.topic_chat(text, text), trunkline.may_read_topic(text), trunkline.may_write_topic(text)
  from public;
grant execute on function trunkline.may_read_topic(text), trunkline.may_write_topic(text) to authenticated, service_role;

create policy "trunkline: read own topics" on realtime.messages for select to authenticated
  using (extension in ('broadcast', 'presence') and trunkline.may_read_topic((select realtime.topic())));
create policy "trunkline: write live topics" on realtime.messages for insert to authenticated
  with check (extension in ('broadcast', 'presence') and trunkline.may_write_topic((select realtime.topic())));
