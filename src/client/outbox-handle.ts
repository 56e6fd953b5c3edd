// What this browser's person has written and the database has not stored yet, over all chats and from every tab. Knows nothing
// of ports; the client gives it a way to ask.
import {assertSendable, type WaitingMessage} from '../wire/chat.js';
import type {Call, OutboxEvent} from '../wire/protocol.js';
import {Signal, type Source} from './source.js';

type OutboxCall = Extract<Call, {kind: 'edit' | 'retry' | 'discard'}>;

export class OutboxHandle {
  readonly #messages = new Signal<readonly WaitingMessage[]>([]);
  readonly #ask: (call: OutboxCall) => Promise<unknown>;

  constructor(ask: (call: OutboxCall) => Promise<unknown>) {
    this.#ask = ask;
  }

  /** Queued, sending and failed messages, in the order they were written. */
  get messages(): Source<readonly WaitingMessage[]> {
    return this.#messages;
  }

  /** Tries a failed message again. */
  async retry(messageId: string): Promise<void> {
    await this.#ask({kind: 'retry', messageId});
  }

  /** Forgets a message that waits or failed. Throws `rejected` when it is being stored this very moment. */
  async discard(messageId: string): Promise<void> {
    await this.#ask({kind: 'discard', messageId});
  }

  /** Replaces the text of a message that waits or failed. */
  async edit(messageId: string, body: string): Promise<void> {
    assertSendable(body);
    await this.#ask({kind: 'edit', messageId, body});
  }

  /** For the client: what the hub says. */
  receive({reset, messages, dropped}: OutboxEvent): void {
    const gone = new Set([...dropped, ...messages.map(({id}) => id)]);
    const rest = reset ? [] : this.#messages.current.filter(({id}) => !gone.has(id));
    this.#messages.set([...rest, ...messages].sort((a, b) => a.order - b.order));
  }
}
