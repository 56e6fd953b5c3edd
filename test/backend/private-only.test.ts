// A project that allows private channels only: changes of the database come all the same, and a public topic says what to do.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {ChannelHandle} from '../../src/client/channel-handle.js';
import {Inbox, isRealProject, newPerson, sql, useBackend, within} from '../support/backend.js';
import {newBrowser} from '../support/node-hub.js';

const backend = await useBackend({limits: 'hosted', privateOnly: true, tuning: {changesPollMs: 20, joinErrorMs: 20}});

const until = (handle: ChannelHandle, fits: (status: ChannelHandle['status']['current']) => boolean) =>
  within(
    'a status of a handle',
    new Promise<void>(resolve => handle.status.subscribe(status => fits(status) && resolve())),
  );

test('changes of the database are heard, and a public topic says what to do', {skip: isRealProject}, async () => {
  await sql(
    backend,
    `create table public.private_items (id int primary key);
     alter table public.private_items enable row level security;
     create policy "authenticated read" on public.private_items for select to authenticated using (true);
     alter publication supabase_realtime add table public.private_items;`,
  );
  const tab = newBrowser(backend, await newPerson(backend)).tab();
  const watching = tab.channel('rows', {
    postgresChanges: [{event: 'INSERT', schema: 'public', table: 'private_items'}],
  });
  const heard = new Inbox<unknown>();
  watching.on('postgres_changes', {}, ({new: row}) => heard.put(row['id']));
  await until(watching, ({live}) => live);
  await sql(backend, 'insert into private_items values (7)');
  await heard.find(id => id === 7);

  const open = tab.channel('anything');
  await until(open, ({error}) => error?.code === 'forbidden');
  assert.match(open.status.current.error?.message ?? '', /open "anything" with \{private: true\}/);
});
