// What the tests of the outbox share: a browser's disk, locks and project, and any number of outboxes over them.
import type {Store} from '../../src/hub/environment.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {Outbox} from '../../src/hub/outbox.js';
import type {OutgoingMessage} from '../../src/wire/chat.js';
import type {TrunkError} from '../../src/wire/error.js';
import {FakeLocks} from '../support/fake-browser.js';
import {FakeClock} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

export const OWNER = 'project ada';
export const DAY_MS = 24 * 60 * 60 * 1000;

export interface OutboxWorldOptions {
  store?: Store;
  random?: number;
  locked?: boolean;
}

export function outboxWorld({store = new MemoryStore(true), random = 0.5, locked = true}: OutboxWorldOptions = {}) {
  const clock = new FakeClock();
  const locks = new FakeLocks();
  const project = new FakeProject();
  for (const slug of ['a', 'b']) project.addChat(slug);
  const database = project.transport('ada').database(async () => 'token');
  /** An outbox, and what it told: `chat: id status`, `chat: id stored`, `chat: id dropped`, `chat: id gone`. */
  const open = (owner = OWNER) => {
    const told: string[] = [];
    const outbox = new Outbox({clock, random: () => random, locks: locked ? locks : null, store, database}, owner, {
      waiting: (chat, messages) => told.push(...messages.map(({id, status}) => `${chat}: ${id} ${status}`)),
      dropped: (chat, ids) => told.push(...ids.map(id => `${chat}: ${id} dropped`)),
      stored: (chat, messages) => told.push(...messages.map(({id}) => `${chat}: ${id} stored`)),
      gone: (chat, ids) => told.push(...ids.map(id => `${chat}: ${id} gone`)),
    });
    return {outbox, told};
  };
  const {outbox, told} = open();
  const lock = (chat = 'a') => `trunk:outbox:${OWNER}:id-of-${chat}`;
  return {clock, locks, lock, project, database, store, open, outbox, told};
}

/** A message; its id is the beginning of its text. */
export function message(body: string, chat = 'a'): OutgoingMessage {
  return {id: body.slice(0, 9), chatId: `id-of-${chat}`, body, replyTo: null, attachments: [], sentAt: ''};
}

export const numbers = (from: number, to: number) => Array.from({length: to - from + 1}, (_, n) => String(from + n));

/** The texts in the database, in its order. */
export const bodies = (project: FakeProject, chat = 'a') => project.chats.get(chat)?.messages.map(({body}) => body);

/** What waits, as `text status`. */
export const waits = (outbox: Outbox, chat = 'a') =>
  outbox.waitingIn(`id-of-${chat}`).map(({body, status}) => `${body} ${status}`);

/** How many messages each request carried. */
export const sizes = (project: FakeProject) =>
  project.log.filter(line => line.startsWith('send ')).map(line => line.split(',').length);

export const code = (error: TrunkError) => error.code;

/** A store that counts the calls of its methods by name. */
export function counted(store: Store): {store: Store; calls: Map<string, number>} {
  const calls = new Map<string, number>();
  const counting = new Proxy(store, {
    get(target, name) {
      const member = target[name as keyof Store] as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        calls.set(String(name), (calls.get(String(name)) ?? 0) + 1);
        return member.apply(target, args) as unknown;
      };
    },
  });
  return {store: counting, calls};
}
