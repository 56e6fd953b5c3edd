// A tab's port to whichever hub leads, over a BroadcastChannel. Finds the hub, keeps what is said before it is found, and finds the
// next one when it announces itself. Knows nothing of what is said.
import {isChannelFrame, type Channel} from '../wire/channel.js';
import type {Port} from '../wire/protocol.js';

type Listener = (event: {data: unknown}) => void;

export class ChannelPort implements Port {
  readonly #channel: Channel;
  readonly #tab: string;
  readonly #listeners = new Set<Listener>();
  /** Said before a hub was found. */
  #waiting: unknown[] = [];
  /** Heard before somebody listens, as a MessagePort keeps it; null since `start()`. */
  #heard: unknown[] | null = [];
  #hub: string | null = null;
  /** The hub that said last that it leads. */
  #announced: string | null = null;
  /** Told when a tab has taken the seat and starts its hub. */
  onSeated: () => void = () => {};
  #found: () => void = () => {};
  /** Resolves when a hub has answered. */
  readonly found = new Promise<void>(resolve => (this.#found = resolve));

  /** @param tab an address nobody else has */
  constructor(channel: Channel, tab: string) {
    this.#channel = channel;
    this.#tab = tab;
    channel.addEventListener('message', ({data}) => this.#hear(data));
    this.#knock();
  }

  postMessage(data: unknown): void {
    if (this.#hub === null) this.#waiting.push(data);
    else this.#channel.postMessage({to: 'hub', from: this.#tab, hub: this.#hub, data});
  }

  addEventListener(_type: 'message', listener: Listener): void {
    this.#listeners.add(listener);
  }

  start(): void {
    const heard = this.#heard ?? [];
    this.#heard = null;
    for (const data of heard) this.#tell(data);
  }

  /** This tab has the seat: the others give it time. */
  announceSeat(): void {
    this.#channel.postMessage({to: 'tabs', hub: null});
  }

  close(): void {
    this.#listeners.clear();
    this.#channel.close();
  }

  #knock(): void {
    this.#channel.postMessage({to: 'hub', from: this.#tab, hub: this.#announced});
  }

  #hear(frame: unknown): void {
    if (!isChannelFrame(frame)) return;
    if (frame.to === 'tabs' && frame.hub === null) this.onSeated();
    else if (frame.to === 'tabs' && frame.hub !== this.#hub) {
      // Another hub leads. What was said to the one before is said again once this one has said hello.
      this.#hub = null;
      this.#announced = frame.hub;
      this.#knock();
    } else if (frame.to === 'tab' && frame.tab === this.#tab) {
      // One that was robbed of its seat may still answer; the announcement says who leads.
      if (this.#hub === null && (this.#announced ?? frame.hub) === frame.hub) this.#bind(frame.hub);
      if (frame.hub !== this.#hub) return;
      this.#tell(frame.data);
    }
  }

  #tell(data: unknown): void {
    if (this.#heard) this.#heard.push(data);
    else for (const listener of this.#listeners) listener({data});
  }

  #bind(hub: string): void {
    this.#hub = hub;
    for (const data of this.#waiting.splice(0)) this.postMessage(data);
    this.#found();
  }
}
