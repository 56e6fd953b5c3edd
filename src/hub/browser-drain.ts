// Sends what waits in this browser without a hub: for the service worker, when no tab is left. The same outbox code under the same
// locks as the hub's, so that both may run at once. Imports nothing dynamically: a service worker can't.
import {TrunkError} from '../wire/error.js';
import {browserClock, browserLocks} from './browser-environment.js';
import {Credentials} from './credentials.js';
import type {Locks, Store} from './environment.js';
import {IndexedStore} from './indexed-store.js';
import {readLine, type LineRecord} from './line-record.js';
import {Outbox} from './outbox.js';
import {signInAnonymously} from './supabase/anonymous.js';
import {SupabaseDatabase} from './supabase/supabase-database.js';
import type {Credential} from './transport.js';

/** A request that takes longer counts as unreachable, in ms. */
const REQUEST_MS = 15_000;

/**
 * Sends for everybody whose messages wait and whose sign-in this browser keeps. Never rejects.
 * @returns `left`: messages that another try may still send or undo; null when it could not be found out
 */
export async function drainOutbox(): Promise<{left: number | null}> {
  try {
    const store = await IndexedStore.open();
    let left = 0;
    for (const owner of await store.owners()) {
      const line = await readLine(store, owner);
      if (line) left += await drainFor(owner, line, store, navigator.locks ? browserLocks(navigator.locks) : null);
    }
    return {left};
  } catch (error) {
    console.warn(`[trunkline] What waits could not be read: ${String(error)}`);
    return {left: null};
  }
}

async function drainFor(owner: string, line: LineRecord, store: Store, locks: Locks | null): Promise<number> {
  const credentials = new Credentials(
    browserClock,
    spent => credentialFor(line, store, locks, spent),
    () => {},
  );
  const token = async (fresh: boolean) => (await (fresh ? credentials.renew() : credentials.get())).token;
  const database = new SupabaseDatabase(line.config, token, REQUEST_MS, browserClock);
  const nobody = {waiting: () => {}, dropped: () => {}, stored: () => {}, gone: () => {}};
  const outbox = new Outbox({clock: browserClock, random: Math.random, locks, store, database}, owner, nobody);
  await outbox.load();
  if (outbox.undone === 0) return 0;
  try {
    const {userId} = await credentials.get();
    outbox.setOnline(true, userId);
    return await outbox.flush();
  } catch (thrown) {
    const error = TrunkError.from(thrown);
    console.warn(`[trunkline] What waits could not be sent: ${error.message}`);
    return error.code === 'unreachable' || error.code === 'rate-limited' ? outbox.undone : 0;
  } finally {
    outbox.close();
    credentials.close();
  }
}

async function credentialFor(
  {config, token}: LineRecord,
  store: Store,
  locks: Locks | null,
  spent: string | null,
): Promise<Credential> {
  const {identity} = config;
  if (identity.kind === 'anonymous') {
    return signInAnonymously(config, store, locks, identity.name, browserClock.now(), spent);
  }
  if (!token || token.text === spent || token.expiresAt <= browserClock.now()) {
    throw new TrunkError('sign-in-failed', 'The page’s token has ended. The next tab sends what waits.');
  }
  return {token: token.text, userId: token.userId, expiresAt: token.expiresAt};
}
