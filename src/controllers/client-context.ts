// How a provider hands its client to the elements inside it: by the web components community's context protocol, so that whoever
// speaks it can ask, too. Knows nothing of what either does with the client.
import type {HubClient} from '../client/hub-client.js';

/** The key to ask by, for `@lit/context` or any other consumer. The client is null while the provider has none. */
export const clientContext = Symbol.for('trunkline.client') as symbol & {__context__: HubClient | null};

/** Told at once, and again whenever it is another client, until `stop()`. */
export type ClientCallback = (client: HubClient | null, stop?: () => void) => void;

/** Asks whichever provider is above the element that fires it. */
export class ClientRequestEvent extends Event {
  readonly context = clientContext;
  readonly subscribe = true;
  readonly callback: ClientCallback;
  constructor(callback: ClientCallback) {
    super('context-request', {bubbles: true, composed: true});
    this.callback = callback;
  }
}

/** Answers the elements inside `host`. */
export class ClientProvider {
  /** By callback, what ends it: the same one at each change, for a consumer takes another one for another provider's. */
  readonly #followers = new Map<ClientCallback, () => void>();
  #client: HubClient | null = null;

  constructor(host: EventTarget) {
    host.addEventListener('context-request', event => {
      const {context, callback, subscribe} = event as ClientRequestEvent;
      if (context !== clientContext) return;
      event.stopPropagation();
      const stop = this.#followers.get(callback) ?? (() => void this.#followers.delete(callback));
      if (subscribe) this.#followers.set(callback, stop);
      callback(this.#client, subscribe ? stop : undefined);
    });
  }

  get client(): HubClient | null {
    return this.#client;
  }
  set client(client: HubClient | null) {
    this.#client = client;
    for (const [callback, stop] of this.#followers) callback(client, stop);
  }
}
