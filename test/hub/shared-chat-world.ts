// What the tests of a shared chat share: chat `a` of a project, and handles that note what they are told.
import {Turns} from '../../src/hub/turns.js';
import {Channels} from '../../src/hub/channels.js';
import {ChatMemory} from '../../src/hub/chat-memory.js';
import type {Store} from '../../src/hub/environment.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {SharedChat} from '../../src/hub/shared-chat.js';
import type {ReadState, StoredMessage, WaitingMessage} from '../../src/wire/chat.js';
import type {ChatEvent} from '../../src/wire/protocol.js';
import {FakeClock} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

export const waiting: WaitingMessage = {
  id: 'w1',
  chatId: 'id-of-a',
  body: 'waits',
  replyTo: null,
  attachments: [],
  sentAt: null,
  status: 'queued',
  senderId: 'ada',
  order: 1,
  error: null,
};

export interface SharedChatOptions {
  messages?: number;
  exists?: boolean;
  make?: boolean;
  store?: Store;
  project?: FakeProject;
  /** Whether the line is there from the start. */
  up?: boolean;
}

/** Chat `a` as the tabs of one browser share it. */
export async function sharedChatWorld({
  messages = 0,
  exists = true,
  make = false,
  store = new MemoryStore(true),
  project = new FakeProject(),
  up: isUp = true,
}: SharedChatOptions = {}) {
  const clock = new FakeClock();
  if (exists && !project.chats.has('a')) project.addChat('a');
  for (let n = 1; n <= messages; n++) project.write('a', `m${n}`);
  const transport = project.transport('ada');
  const channels = new Channels(
    clock,
    () => 0.5,
    () => {},
  );
  const up = () => channels.up(transport.openSocket('token', {opened() {}, down: () => channels.down(), beat() {}}));
  if (isUp) up();
  const settled: string[] = [];
  const needed = new Set<string | null>();
  const outbox = {
    waits: [] as WaitingMessage[],
    settle: (stored: readonly StoredMessage[]) => void settled.push(...stored.map(({id}) => id)),
  };
  const inbox = {
    state: null as ReadState | null,
    asked: [] as string[],
    heard: [] as string[],
    readOf: () => inbox.state,
    need: (id: string) => void inbox.asked.push(id),
    tip: (id: string, rev: number | null) => void inbox.asked.push(`${id} at ${rev}`),
    stored: (_id: string, stored: readonly StoredMessage[]) => void inbox.heard.push(...stored.map(({body}) => body)),
  };
  const chat = new SharedChat('a', make, {
    clock,
    random: () => 0.5,
    database: transport.database(async () => 'token'),
    channels,
    memory: new ChatMemory(clock, store, 'ada', {among: () => [], remember() {}}),
    reach: () => 'live',
    turns: new Turns(5),
    outbox: {settle: outbox.settle, waitingIn: id => outbox.waits.filter(({chatId}) => chatId === id)},
    inbox,
    need: ids => ids.forEach(id => needed.add(id)),
    said: () => {},
    stats: {count() {}, caughtUp() {}, message() {}},
  });
  /** A handle, and what it was told. */
  const add = (since = 0, makes = make, sinceChat = 'id-of-a') => {
    const events: ChatEvent[] = [];
    const attention = {visible: true, lastActive: 0, currentChatId: null, frugal: false};
    const stop = chat.add(
      event => events.push(event),
      makes,
      since > 0 ? {chatId: sinceChat, rev: since} : null,
      () => attention,
    );
    return {
      events,
      stop,
      get said() {
        return events.map(event => {
          if (event.kind === 'failed') return `failed ${event.error.code}${event.final ? ' for good' : ''}`;
          if (event.kind === 'continuity') return `${event.what} ${event.count}`;
          if (event.kind === 'read') return `read to ${event.lastReadRev}, ${event.unread} unread`;
          const bodies = event.messages.map(({body}) => body).join();
          if (event.kind === 'opened')
            return `opened ${bodies} at ${event.cursor}${event.reset ? ' anew' : ''}${event.fresh ? '' : ' from memory'}`;
          return `changed ${[bodies, ...event.dropped].filter(Boolean).join()} at ${event.cursor}`;
        });
      },
    };
  };
  return {clock, project, chat, add, inbox, outbox, settled, needed, store, up};
}
