// Which client an element uses: that of the nearest provider, else the page's default one. Knows nothing of what the element
// does with it.
import {ContextConsumer, createContext} from '@lit/context';
import type {ReactiveController, ReactiveControllerHost, ReactiveElement} from 'lit';
import {defaultClient} from '../client/default-client.js';
import type {HubClient} from '../client/hub-client.js';

/** How `<trunk-provider>` hands its client down. Null while it has none yet. */
export const clientContext = createContext<HubClient | null>(Symbol.for('trunkline.client'));

export class ClientController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  /** Undefined while no provider has answered. */
  #provided: HubClient | null | undefined;
  #unfollowDefault: (() => void) | undefined;

  constructor(host: ReactiveElement) {
    this.#host = host;
    host.addController(this);
    new ContextConsumer(host, {
      context: clientContext,
      subscribe: true,
      callback: client => {
        this.#provided = client;
      },
    });
  }

  /** The client to use now; null when there is none. */
  get current(): HubClient | null {
    return this.#provided === undefined ? defaultClient.current : this.#provided;
  }

  /** The client to ask for something: null also when it was closed, which is said by its status only. */
  get open(): HubClient | null {
    return this.current?.status.current.reason === 'closed' ? null : this.current;
  }

  /** Whether a provider is above the element, with a client or not yet. */
  get isProvided(): boolean {
    return this.#provided !== undefined;
  }

  hostConnected(): void {
    this.#unfollowDefault = defaultClient.subscribe(() => this.#host.requestUpdate());
  }

  hostDisconnected(): void {
    this.#unfollowDefault?.();
    // The element may come back somewhere else, where no provider answers.
    this.#provided = undefined;
  }
}
