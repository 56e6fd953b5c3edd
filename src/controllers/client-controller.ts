// Which client an element uses: that of the nearest provider, else the page's default one. Knows nothing of what the element
// does with it.
import type {ReactiveController, ReactiveElement} from 'lit';
import {defaultClient} from '../client/default-client.js';
import type {HubClient} from '../client/hub-client.js';
import {ClientRequestEvent} from './client-context.js';

export class ClientController implements ReactiveController {
  readonly #host: ReactiveElement;
  /** Undefined while no provider has answered. */
  #provided: HubClient | null | undefined;
  #unfollowProvider: (() => void) | undefined;
  #unfollowDefault: (() => void) | undefined;

  constructor(host: ReactiveElement) {
    this.#host = host;
    host.addController(this);
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
    const request = new ClientRequestEvent((client, stop) => {
      this.#provided = client;
      this.#unfollowProvider = stop;
      this.#host.requestUpdate();
    });
    this.#host.dispatchEvent(request);
  }

  hostDisconnected(): void {
    this.#unfollowDefault?.();
    this.#unfollowProvider?.();
    // The element may come back somewhere else, where no provider answers.
    this.#provided = undefined;
  }
}
