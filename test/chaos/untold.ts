// What a tab was told to do and died, or hung, before it told what it did it to. Each such order explains one message at most, of
// its own person and chat, that the tab can have shown when it got the order.
import type {Evidence, Op, Row} from './evidence.js';

export class Untold {
  /** Not yet used to explain anything; oldest first, whose choice is the smallest. */
  readonly #left: Set<Op>;
  readonly #edits: readonly Op[];
  /** When a message was first shown as stored. */
  readonly #storedAt = new Map<string, number>();

  constructor(ops: Evidence['ops'], confirmed: Evidence['confirmed']) {
    const untold = ops.filter(op => op.life !== null && op.begun === null);
    this.#left = new Set(untold.toSorted((a, b) => a.given - b.given));
    this.#edits = untold.filter(({kind}) => kind === 'edit' || kind === 'amend');
    for (const {id, at} of confirmed) this.#storedAt.set(id, Math.min(at, this.#storedAt.get(id) ?? Infinity));
  }

  /** The send that this row without a text comes from. */
  claimSend({chat, sender}: Row): Op | undefined {
    return this.#claim(op => op.kind === 'send' && op.chat === chat && op.person === sender);
  }

  /** Whether one of them can have discarded this message, which was accepted and is nowhere. */
  claimDiscard(send: Op): boolean {
    return this.#claim(op => op.kind === 'discard' && this.#isWaitingFor(op, send)) !== undefined;
  }

  /** Whether one of them can have deleted this message. */
  claimDeletion(send: Op): boolean {
    const isRemove = (op: Op) => op.kind === 'remove' && isShownTo(op, send, send.begun);
    const isDiscard = (op: Op) => op.kind === 'discard' && this.#isWaitingFor(op, send);
    return this.#claim(op => isRemove(op) || isDiscard(op)) !== undefined;
  }

  /** Those whose text tells that they are of this message, if it is there. */
  edits(send: Op): Op[] {
    return this.#edits.filter(op => isShownTo(op, send, send.begun));
  }

  #isWaitingFor(op: Op, send: Op): boolean {
    return isShownTo(op, send, send.settled) && (this.#storedAt.get(send.id ?? '') ?? Infinity) > op.given;
  }

  #claim(fits: (op: Op) => boolean): Op | undefined {
    for (const op of this.#left) {
      if (!fits(op)) continue;
      this.#left.delete(op);
      return op;
    }
    return undefined;
  }
}

/** @param since when the message was there: before the order, or sent just before it in the same burst */
function isShownTo(op: Op, send: Op, since: number | null): boolean {
  if (op.person !== send.person || op.chat !== send.chat) return false;
  const isOfBurst = send.life === op.life && send.given === op.given && send.n < op.n;
  return isOfBurst || (since !== null && since <= op.given);
}
