// What this tab has asked and nobody has answered: kept in the order asked, so that it can be asked again of the next hub. Knows
// nothing of ports.
import {TrunkError} from '../wire/error.js';
import type {Call, CallValues, Result} from '../wire/protocol.js';

interface PendingCall {
  call: Call;
  resolve(value: CallValues[keyof CallValues]): void;
  reject(error: TrunkError): void;
}

export class PendingCalls {
  readonly #calls = new Map<string, PendingCall>();

  /** Settles with the answer to `call`, whichever hub gives it. */
  add<K extends Call['kind']>(id: string, call: Extract<Call, {kind: K}>): Promise<CallValues[K]> {
    return new Promise((resolve, reject) => {
      this.#calls.set(id, {call, resolve: value => resolve(value as CallValues[K]), reject});
    });
  }

  /** What the hub says of one of them; an answer to nothing is of a life before. */
  answer(id: string, result: Result): void {
    const pending = this.#calls.get(id);
    this.#calls.delete(id);
    if (result.ok) pending?.resolve(result.value);
    else pending?.reject(TrunkError.fromWire(result.error));
  }

  /** Nobody will answer any more: those of this kind, or any. */
  end(error: TrunkError, kind?: Call['kind']): void {
    for (const [id, {call, reject}] of [...this.#calls]) {
      if (kind && call.kind !== kind) continue;
      this.#calls.delete(id);
      reject(error);
    }
  }

  /** The person is signed out, in whichever tab: the answer for who asked for just that. */
  signedOut(waiting: number): void {
    for (const [id, {call, resolve}] of this.#calls) {
      if (call.kind !== 'sign-out') continue;
      this.#calls.delete(id);
      resolve({waiting, done: true});
    }
  }

  /** In the order asked. */
  [Symbol.iterator](): Iterator<readonly [id: string, call: Call]> {
    return [...this.#calls].map(([id, {call}]) => [id, call] as const)[Symbol.iterator]();
  }
}
