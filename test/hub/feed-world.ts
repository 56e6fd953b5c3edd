// What the tests of the feed share: chat `a` of a project, what this browser remembers, and the thread as a reader of the feed sees it.
import {Channels} from '../../src/hub/channels.js';
import {ChatMemory} from '../../src/hub/chat-memory.js';
import type {Store} from '../../src/hub/environment.js';
import {Feed} from '../../src/hub/feed.js';
import {Turns} from '../../src/hub/turns.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import type {StoredMessage} from '../../src/wire/chat.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

export const TOPIC = 'chat:id-of-a';
export const unreachable = new TrunkError('unreachable', 'no network');

export interface FeedWorldOptions {
  messages?: number;
  make?: boolean;
  random?: number;
  store?: Store;
  /** The most rows of an answer. */
  maxRows?: number;
}

export function feedWorld({
  messages = 0,
  make = false,
  random = 0.5,
  store = new MemoryStore(true),
  maxRows = Infinity,
}: FeedWorldOptions = {}) {
  const clock = new FakeClock();
  const project = new FakeProject();
  project.faults.maxRows = maxRows;
  if (!make) project.addChat('a');
  for (let n = 1; n <= messages; n++) project.write('a', `m${n}`);
  const transport = project.transport('ada');
  const told: string[] = [];
  const thread = new Map<number, StoredMessage>();
  let channels = new Channels(
    clock,
    () => random,
    () => {},
  );
  const up = async () => {
    const mine = channels;
    mine.up(transport.openSocket('token', {opened() {}, down: () => mine.down(), beat() {}}));
    await settle();
  };
  const memory = () => new ChatMemory(clock, store, 'ada', {among: () => [], remember() {}});
  const open = (name = 'a') =>
    new Feed(
      name,
      make,
      {
        clock,
        random: () => random,
        database: transport.database(async () => 'token'),
        channels,
        memory: memory(),
        reach: () => 'live',
        turns: new Turns(5),
        stats: {count() {}, caughtUp() {}, message() {}},
      },
      {
        upToDate: () => {},
        opened: () => told.push('opened'),
        failed: (error, final) => told.push(`failed ${error.code}${final ? ' for good' : ''}`),
        changed: (changes, cursor) => {
          told.push(`${changes.map(({rev}) => rev).join()} → ${cursor}`);
          for (const change of changes) {
            if ((thread.get(change.seq)?.rev ?? 0) < change.rev) thread.set(change.seq, change);
          }
        },
        continued: (what, count) => told.push(`${what} ${count}`),
        interest: () => ({rank: 1, usedAt: 0}),
      },
    );
  const fake = () => project.chats.get('a') as NonNullable<ReturnType<typeof project.chats.get>>;
  const hear = (rev: number) => {
    const message = fake().messages.find(each => each.rev === rev) as StoredMessage;
    project.publish(fake(), message, 'insert');
  };
  return {
    clock,
    project,
    store,
    told,
    thread,
    up,
    open,
    fake,
    hear,
    /** Another hub: channels of its own. */
    startOver: () => {
      project.cut();
      channels = new Channels(
        clock,
        () => random,
        () => {},
      );
      told.length = 0;
      project.log.length = 0;
    },
    replicationReady: () => {
      for (const member of project.members) if (member.topic === TOPIC) member.listener.replicationReady();
    },
    lose: (...revisions: number[]) => revisions.forEach(rev => project.faults.loseRevisions.add(rev)),
    /** Others write `m<from>` to `m<to>`. */
    write: (from: number, to: number) => {
      for (let n = from; n <= to; n++) project.write('a', `m${n}`);
    },
  };
}

/** A world whose feed is open and on the line, with nothing told yet. */
export async function openedFeed(options: FeedWorldOptions = {}) {
  const world = feedWorld(options);
  await world.up();
  const feed = world.open();
  await settle();
  world.told.length = 0;
  world.project.log.length = 0;
  return {...world, feed, bodies: () => feed.snapshot()?.messages.map(({body}) => body)};
}

export const bodyOf = ({body}: {body: string}) => body;
export const numbered = (from: number, to: number) => Array.from({length: to - from + 1}, (_, n) => `m${from + n}`);
