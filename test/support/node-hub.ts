// The real hub in Node, over the real transport, and tabs that are the real client on real ports: what a browser does with a backend, for
// tests that stand beside the official client.
import {HubClient} from '../../src/client/hub-client.js';
import {browserClock} from '../../src/hub/browser-environment.js';
import {Hub} from '../../src/hub/hub.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {SupabaseTransport} from '../../src/hub/supabase/supabase-transport.js';
import type {Backend} from '../../demo/backend/start-backend.js';
import {later, type Person} from './backend.js';

/** One browser of a person, and a way to open tabs in it. */
export function newBrowser(backend: Backend, person: Person): {tab: () => HubClient} {
  const store = new MemoryStore(true);
  const hub = new Hub({
    hubId: crypto.randomUUID(),
    host: 'page',
    seat: null,
    openChannel: null,
    openVersions: null,
    clock: browserClock,
    random: Math.random,
    locks: null,
    openStore: async () => store,
    connectTransport: config => new SupabaseTransport(config, store, browserClock, null),
    log: () => {},
  });
  later(() => hub.close());
  const config = {
    url: backend.url,
    key: backend.anonKey,
    identity: {kind: 'token', userId: person.id},
    userName: '',
    avatarUrl: '',
  } as const;
  const tab = () => {
    const client = new HubClient({
      hosts: ['page'],
      openHost: async kind => {
        const {port1, port2} = new MessageChannel();
        hub.attach(port2);
        later(() => port1.close());
        return {kind, port: port1, failed: new Promise(() => {}), close: () => port1.close()};
      },
      locks: null,
      uuid: () => crypto.randomUUID(),
      now: () => Date.now(),
      identify: async () => ({config, token: person.token}),
    });
    later(() => client.close());
    return client;
  };
  return {tab};
}
