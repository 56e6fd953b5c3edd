// The event with which a provider asks what becomes of unsent messages.

/** What becomes of messages that are not sent when their person signs out. */
export type SignOutChoice = 'keep' | 'discard' | 'cancel';

/**
 * Somebody signs out while messages wait or have failed. Answer with `respondWith()`, at once or by a promise (of a dialog, say):
 * `keep` leaves them in this browser until the same person is back, `discard` throws them away, `cancel` stays signed in. Without an
 * answer, or when the event is canceled, nobody is signed out and nothing is thrown away. The first answer counts.
 */
export class TrunkSignOutEvent extends Event {
  /** How many messages wait or have failed. */
  readonly waiting: number;
  #answer: SignOutChoice | Promise<SignOutChoice> = 'cancel';
  #isAnswered = false;

  constructor(waiting: number) {
    super('trunk-sign-out', {bubbles: true, composed: true, cancelable: true});
    this.waiting = waiting;
  }

  /** What the page or the person decided. */
  get answer(): SignOutChoice | Promise<SignOutChoice> {
    return this.defaultPrevented ? 'cancel' : this.#answer;
  }

  /** Decides, while the event is told. */
  respondWith(choice: SignOutChoice | Promise<SignOutChoice>): void {
    if (!this.#isAnswered) this.#answer = choice;
    this.#isAnswered = true;
  }
}

declare global {
  interface HTMLElementEventMap {
    'trunk-sign-out': TrunkSignOutEvent;
  }
}
