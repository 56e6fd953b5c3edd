// What this tab wants of a hub, and what it has asked without an answer: said once to the hub there is, and all of it again, in the old
// order, to every hub it meets. Knows neither ports nor what the handles are.
import {TrunkError} from '../wire/error.js';
import type {Call, CallValues, HubMessage, TabMessage, Want} from '../wire/protocol.js';
import {PendingCalls} from './pending-calls.js';

/** Something held open at the hub, say a chat. */
export interface Opened {
  want(): Want;
  receive(message: HubMessage): void;
  /** A hub that knows nothing of it is about to be told. */
  restart?(): void;
  /** There is no hub, and none can be had for now: what the last one said of others may not be true any more. */
  lost?(): void;
  /** Nothing of the person may stay on the page; what they asked for is refused with `why`. */
  forget?(why: TrunkError): void;
  /** The client is closed. */
  close?(): void;
}

export class Demands {
  readonly #post: (message: TabMessage) => void;
  readonly #opened = new Map<string, Opened>();
  readonly #calls = new PendingCalls();

  constructor(post: (message: TabMessage) => void) {
    this.#post = post;
  }

  open(handle: string, opened: Opened): void {
    this.#opened.set(handle, opened);
    this.change(handle);
  }

  /** What the handle wants has changed. */
  change(handle: string): void {
    const opened = this.#opened.get(handle);
    if (opened) this.#post({type: 'open', handle, want: opened.want()});
  }

  release(handle: string): void {
    if (this.#opened.delete(handle)) this.#post({type: 'release', handle});
  }

  /** Settles with the answer, whichever hub gives it. */
  ask<K extends Call['kind']>(id: string, call: Extract<Call, {kind: K}>): Promise<CallValues[K]> {
    const answer = this.#calls.add<K>(id, call);
    this.#post({type: 'call', id, call});
    return answer;
  }

  /** Tells a hub that knows nothing of this tab. */
  replay(): void {
    for (const [handle, opened] of this.#opened) {
      opened.restart?.();
      this.change(handle);
    }
    // Whether the hub before sent them, nobody knows; sent again, they could be heard twice.
    this.#calls.end(notConfirmed(), 'broadcast');
    for (const [id, call] of this.#calls) this.#post({type: 'call', id, call});
  }

  /** There is no hub to be had for now. What was asked waits for one. */
  lost(): void {
    for (const opened of this.#opened.values()) opened.lost?.();
  }

  /** Takes an answer, or news for a handle. */
  receive(message: HubMessage): void {
    if (message.type === 'reply') this.#calls.answer(message.id, message.result);
    else if ('handle' in message) this.#opened.get(message.handle)?.receive(message);
  }

  /** The person is signed out, in whichever tab: the answer for who asked for just that. */
  signedOut(waiting: number): void {
    this.#calls.signedOut(waiting);
  }

  /** The person is gone: nothing of theirs stays, and the next one is asked nothing in their name. The handles stay open. */
  forget(why: TrunkError): void {
    this.#calls.end(why);
    for (const opened of [...this.#opened.values()]) opened.forget?.(why);
  }

  /** Nobody will answer any more, and nothing is wanted. */
  close(why: TrunkError): void {
    this.#calls.end(why);
    for (const {close} of [...this.#opened.values()]) close?.();
    this.#opened.clear();
  }
}

function notConfirmed(): TrunkError {
  return new TrunkError('not-confirmed', 'The hub went away before it said whether the broadcast was sent.');
}
