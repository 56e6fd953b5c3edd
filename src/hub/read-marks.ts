// How far the person has read, on its way to the database: at most one request a second and chat, tried until the database has it.
// Only ever forward, so what is newer replaces what waits. Knows nothing of rows or tabs.
import type {ReadState} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import {Backoff} from './backoff.js';
import type {Clock} from './environment.js';
import type {Database} from './transport.js';

/** Marks of a chat are gathered for this long, in ms. */
const GATHER_MS = 1_000;
const RETRY = {baseMs: 1_000, capMs: 60_000};

interface Mark {
  rev: number;
  isSending: boolean;
  cancel: () => void;
}

export interface MarksWorld {
  clock: Clock;
  random: () => number;
  database: Pick<Database, 'markRead'>;
  /** Whether the database can be reached, as far as is known. */
  online(): boolean;
}

export class ReadMarks {
  readonly #world: MarksWorld;
  readonly #done: (chatId: string, answer: (ReadState & {rev: number}) | TrunkError) => void;
  readonly #marks = new Map<string, Mark>();
  readonly #backoff: Backoff;
  #closed = false;

  /** @param done told what the database answered: how it stands there now, or why it never will */
  constructor(world: MarksWorld, done: (chatId: string, answer: (ReadState & {rev: number}) | TrunkError) => void) {
    this.#world = world;
    this.#done = done;
    this.#backoff = new Backoff(RETRY, world.random);
  }

  /** What the database is still to be told. */
  get waiting(): [chatId: string, rev: number][] {
    return [...this.#marks].map(([chatId, {rev}]) => [chatId, rev]);
  }

  /** How far the chat is marked here; 0 when the database knows as much. */
  of(chatId: string): number {
    return this.#marks.get(chatId)?.rev ?? 0;
  }

  add(chatId: string, rev: number): void {
    const mark = this.#marks.get(chatId);
    if (mark) mark.rev = Math.max(mark.rev, rev);
    else this.#schedule(chatId, {rev, isSending: false, cancel: () => {}}, GATHER_MS);
  }

  /** Sends at once what waits: nobody looks any more, or the line is back. */
  flush(): void {
    for (const [chatId, mark] of this.#marks) void this.#send(chatId, mark);
  }

  close(): void {
    this.#closed = true;
    for (const {cancel} of this.#marks.values()) cancel();
  }

  #schedule(chatId: string, mark: Mark, ms: number): void {
    this.#marks.set(chatId, mark);
    mark.cancel = this.#world.clock.after(ms, () => void this.#send(chatId, mark));
  }

  async #send(chatId: string, mark: Mark): Promise<void> {
    if (mark.isSending || this.#closed || !this.#world.online()) return;
    mark.cancel();
    mark.isSending = true;
    const sent = mark.rev;
    let answer: (ReadState & {rev: number}) | TrunkError;
    try {
      answer = await this.#world.database.markRead(chatId, sent);
      this.#backoff.reset();
    } catch (thrown) {
      answer = TrunkError.from(thrown);
    }
    mark.isSending = false;
    if (this.#closed) return;
    if (answer instanceof TrunkError && mayPass(answer)) return this.#schedule(chatId, mark, this.#backoff.next());
    if (mark.rev > sent && !(answer instanceof TrunkError)) this.#schedule(chatId, mark, GATHER_MS);
    else this.#marks.delete(chatId);
    this.#done(chatId, answer);
  }
}

function mayPass({code}: TrunkError): boolean {
  return code !== 'chat-not-found' && code !== 'forbidden' && code !== 'rejected';
}
