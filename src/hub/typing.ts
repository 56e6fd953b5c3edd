// Who is writing in which chat: says for all tabs of this browser that their person is, at most one signal in a while, and gathers
// who else is. Signals come from members' clients over `chat:<id>:live` and are hints: they name a user id and nothing more.
import {TrunkError} from '../wire/error.js';
import type {Channels, ChannelUse} from './channels.js';
import type {Clock} from './environment.js';
import {interestOf} from './interest.js';
import type {Attention} from '../wire/protocol.js';
import type {Held} from './session.js';

/** A person says that they write at most once in this time, in ms, whatever their tabs do; that they stopped, once after each. */
const SIGNAL_MS = 3_000;
/** That somebody stopped waits so long, in ms, for the message that says it without a signal. */
const STOP_MS = 250;
/** Who has said nothing more for this long has stopped, in ms. */
const FADE_MS = 5_000;
/** Tabs are told at most once in this time, in ms: however many signals a member sends. */
const TELL_MS = 250;
/** More than so many are not remembered: a member can make up as many as they like. */
const MAX_OTHERS = 8;
/** A room outlives its last handle by this, in ms, so that it can say that its person stopped. */
const LINGER_MS = SIGNAL_MS;

type Tell = (userIds: string[]) => void;

export interface TypingWorld {
  clock: Clock;
  channels: Channels;
  /** Sees to it that these people's names are known. */
  need(userIds: string[]): void;
  problem(error: TrunkError): void;
}

export class Typing {
  readonly #world: TypingWorld;
  readonly #rooms = new Map<string, TypingRoom>();

  constructor(world: TypingWorld) {
    this.#world = world;
  }

  /** Tells a handle who else writes in the chat, from now on; nothing while nobody does. */
  open(chatId: string, userId: string, isTyping: boolean, tell: Tell, look: () => Attention): Held {
    let room = this.#rooms.get(chatId);
    if (!room) this.#rooms.set(chatId, (room = new TypingRoom(chatId, userId, this.#world)));
    const opened = room;
    opened.add(tell, look);
    if (isTyping) opened.type(tell, true);
    return {
      change: want => want.kind === 'typing' && opened.type(tell, want.typing),
      release: () => {
        opened.remove(tell);
        if (opened.empty) opened.linger(() => opened.empty && this.#close(chatId, opened));
      },
    };
  }

  /** A message of theirs is there: they have written it. */
  said(chatId: string, userIds: Iterable<string | null>): void {
    this.#rooms.get(chatId)?.said(userIds);
  }

  close(): void {
    for (const [chatId, room] of this.#rooms) this.#close(chatId, room);
  }

  #close(chatId: string, room: TypingRoom): void {
    if (this.#rooms.get(chatId) === room) this.#rooms.delete(chatId);
    room.close();
  }
}

class TypingRoom {
  readonly #world: TypingWorld;
  readonly #userId: string;
  readonly #use: ChannelUse | null;
  /** What the tab of each knows of its person. */
  readonly #handles = new Map<Tell, () => Attention>();
  /** Until when each of the own tabs counts as being written in, by handle. */
  readonly #writers = new Map<Tell, number>();
  /** What ends each of the others, in the order in which they began. */
  readonly #others = new Map<string, () => void>();
  #typedAt = -Infinity;
  /** What was said last, and when they were last said to be writing. */
  #said = {typing: false, at: -Infinity};
  /** Since when nobody writes any more; null while somebody does. */
  #stoppedAt: number | null = null;
  #cancelSignal: () => void = () => {};
  #cancelTell: (() => void) | null = null;
  #cancelLinger: () => void = () => {};
  #told = '';

  constructor(chatId: string, userId: string, world: TypingWorld) {
    this.#world = world;
    this.#userId = userId;
    this.#use = this.#join(chatId);
  }

  get empty(): boolean {
    return this.#handles.size === 0;
  }

  add(tell: Tell, look: () => Attention): void {
    this.#cancelLinger();
    this.#handles.set(tell, look);
    if (this.#others.size > 0) tell([...this.#others.keys()]);
  }

  remove(tell: Tell): void {
    this.#handles.delete(tell);
    this.type(tell, false);
  }

  linger(over: () => void): void {
    this.#cancelLinger();
    this.#cancelLinger = this.#world.clock.after(LINGER_MS, over);
  }

  /** Somebody wrote in this tab just now, or stopped. */
  type(handle: Tell, isTyping: boolean): void {
    const now = this.#world.clock.now();
    if (isTyping) {
      this.#typedAt = now;
      this.#writers.set(handle, now + FADE_MS);
    } else this.#writers.delete(handle);
    this.#signal();
  }

  said(userIds: Iterable<string | null>): void {
    for (const userId of userIds) {
      // The message itself told everybody.
      if (userId === this.#userId && this.#writers.size === 0) this.#said.typing = false;
      else if (userId) this.#forget(userId);
    }
  }

  close(): void {
    this.#cancelLinger();
    this.#cancelSignal();
    this.#cancelTell?.();
    for (const cancel of this.#others.values()) cancel();
    this.#use?.release();
  }

  #join(chatId: string): ChannelUse | null {
    try {
      return this.#world.channels.use(
        `chat:${chatId}:live`,
        {private: true, presenceKey: null},
        {
          joined: () => this.#signal(),
          broadcast: (event, payload) => event === 'typing' && this.#hear(payload),
          interest: () =>
            interestOf(
              Array.from(this.#handles.values(), look => look()),
              chatId,
            ),
        },
      );
    } catch (error) {
      this.#world.problem(TrunkError.from(error)); // another use of the topic, with other options
      return null;
    }
  }

  /** Says what is true now if others don't know it, as soon as that may be said; and looks again when it stops being true. */
  #signal(): void {
    this.#cancelSignal();
    const now = this.#world.clock.now();
    for (const [handle, until] of this.#writers) if (until <= now) this.#writers.delete(handle);
    const typing = this.#writers.size > 0;
    const {at, typing: wasTyping} = this.#said;
    // That somebody goes on is news too, or they would fade away; of who has faded away already, nothing need be said.
    this.#stoppedAt = typing ? null : (this.#stoppedAt ?? now);
    const due = this.#stoppedAt === null ? at + SIGNAL_MS : this.#stoppedAt + STOP_MS;
    const isNews = typing ? !wasTyping || this.#typedAt > at : wasTyping && now < at + FADE_MS;
    if (isNews && this.#use?.joined && now >= due) {
      this.#said = {typing, at: typing ? now : at};
      void this.#use.send('typing', {userId: this.#userId, typing});
      return this.#signal();
    }
    const next = Math.min(...this.#writers.values(), isNews ? due : Infinity);
    if (next < Infinity && next > now) this.#cancelSignal = this.#world.clock.after(next - now, () => this.#signal());
  }

  #hear(payload: Record<string, unknown>): void {
    const {userId, typing} = payload;
    if (typeof userId !== 'string' || !/^[\w-]{1,64}$/.test(userId) || userId === this.#userId) return;
    if (typing !== true) return this.#forget(userId);
    const there = this.#others.get(userId);
    if (!there && this.#others.size >= MAX_OTHERS) return;
    there?.();
    this.#others.set(
      userId,
      this.#world.clock.after(FADE_MS, () => this.#forget(userId)),
    );
    if (!there) this.#tellSoon();
  }

  #forget(userId: string): void {
    this.#others.get(userId)?.();
    if (this.#others.delete(userId)) this.#tellSoon();
  }

  /** At once when it is quiet. */
  #tellSoon(): void {
    if (this.#cancelTell) return;
    this.#cancelTell = this.#world.clock.after(TELL_MS, () => {
      this.#cancelTell = null;
      if (this.#told !== [...this.#others.keys()].join()) this.#tellSoon();
    });
    const userIds = [...this.#others.keys()];
    this.#told = userIds.join();
    this.#world.need(userIds);
    for (const tell of this.#handles.keys()) tell(userIds);
  }
}
