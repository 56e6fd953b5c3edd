// Holds a topic of the application's own open for an element, and follows its state. Reopens when the client, the topic or the options
// change.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {ChannelHandle, ChannelOptions, ChannelStatus} from '../client/channel-handle.js';
import type {HubClient} from '../client/hub-client.js';
import {TrunkError} from '../wire/error.js';
import type {PresenceEntries} from '../wire/topic.js';
import {SourceController} from './source-controller.js';

/** What to open; `client` null or `topic` empty: nothing. The options count as the same when they read the same. */
export interface ChannelChoice {
  client: HubClient | null;
  topic: string;
  options?: ChannelOptions;
}

const NOTHING: ChannelStatus = {state: 'closed', live: false, error: null};
const NOBODY: Readonly<PresenceEntries> = {};

export class ChannelController implements ReactiveController {
  readonly #host: ReactiveElement;
  readonly #choose: () => ChannelChoice;
  readonly #opened: ((handle: ChannelHandle) => void) | undefined;
  readonly #status: SourceController<ChannelStatus>;
  readonly #present: SourceController<Readonly<PresenceEntries>>;
  #client: HubClient | null = null;
  #chosen = '';
  #handle: ChannelHandle | null = null;
  /** Why there is no handle although a topic is chosen. */
  #refusal: ChannelStatus | null = null;

  /**
   * @param choose says what to open; asked again before every update
   * @param opened called with every handle that is opened: the place for `handle.on(…)`, which ends with the handle
   */
  constructor(host: ReactiveElement, choose: () => ChannelChoice, opened?: (handle: ChannelHandle) => void) {
    this.#host = host;
    this.#choose = choose;
    this.#opened = opened;
    host.addController(this);
    this.#status = new SourceController(host, () => this.#handle?.status);
    this.#present = new SourceController(host, () => this.#handle?.present);
  }

  /** The topic to send on; null while there is none. */
  get handle(): ChannelHandle | null {
    return this.#handle;
  }

  get status(): ChannelStatus {
    return this.#refusal ?? this.#status.value ?? NOTHING;
  }

  /** Who is present, by key. */
  get present(): Readonly<PresenceEntries> {
    return this.#present.value ?? NOBODY;
  }

  hostUpdate(): void {
    // An element is also updated while it is out of the document, but asks for nothing there.
    if (!this.#host.isConnected) return;
    const {client, topic, options} = this.#choose();
    const chosen = JSON.stringify([topic, options]);
    if (client === this.#client && chosen === this.#chosen) return;
    this.#close();
    this.#client = client;
    this.#chosen = chosen;
    if (!client || !topic) return;
    try {
      this.#handle = client.channel(topic, options);
    } catch (error) {
      this.#refusal = {state: 'failed', live: false, error: TrunkError.from(error)};
      return;
    }
    this.#opened?.(this.#handle);
  }

  hostDisconnected(): void {
    // An element that is only moved is back before this runs, and keeps its handle.
    queueMicrotask(() => {
      if (!this.#host.isConnected) this.#close();
    });
  }

  #close(): void {
    this.#handle?.release();
    this.#handle = null;
    this.#refusal = null;
    this.#client = null;
    this.#chosen = '';
  }
}
