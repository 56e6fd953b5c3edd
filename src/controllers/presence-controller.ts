// Who is present, for an element. All elements of one client and scope share one handle, so that a page with a hundred avatars
// hears of each change once.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {HubClient} from '../client/hub-client.js';
import type {PresenceHandle} from '../client/presence-handle.js';
import type {PresentPerson} from '../wire/chat.js';
import {SourceController} from './source-controller.js';

interface SharedHandle {
  handle: PresenceHandle;
  uses: number;
}

const shared = new WeakMap<HubClient, Map<string, SharedHandle>>();

/** Where to look, or null to look nowhere. */
export interface PresenceChoice {
  client: HubClient;
  scope: string;
}

export class PresenceController implements ReactiveController {
  readonly #host: ReactiveElement;
  readonly #choose: () => PresenceChoice | null;
  readonly #people: SourceController<ReadonlyMap<string, PresentPerson>>;
  #choice: PresenceChoice | null = null;
  #handle: PresenceHandle | null = null;

  constructor(host: ReactiveElement, choose: () => PresenceChoice | null) {
    this.#host = host;
    this.#choose = choose;
    host.addController(this);
    this.#people = new SourceController(host, () => this.#handle?.people);
  }

  /** Everybody present by user id; undefined while the element looks nowhere. */
  get people(): ReadonlyMap<string, PresentPerson> | undefined {
    return this.#people.value;
  }

  hostUpdate(): void {
    // An element is also updated while it is out of the document, but asks for nothing there.
    if (!this.#host.isConnected) return;
    const choice = this.#choose();
    if (choice?.client === this.#choice?.client && choice?.scope === this.#choice?.scope) return;
    this.#close();
    this.#choice = choice;
    if (choice) this.#handle = take(choice);
  }

  hostDisconnected(): void {
    // An element that is only moved is back before this runs, and keeps its handle.
    queueMicrotask(() => {
      if (!this.#host.isConnected) this.#close();
    });
  }

  #close(): void {
    if (this.#choice) giveBack(this.#choice);
    this.#choice = null;
    this.#handle = null;
  }
}

function take({client, scope}: PresenceChoice): PresenceHandle {
  let scopes = shared.get(client);
  if (!scopes) shared.set(client, (scopes = new Map()));
  let entry = scopes.get(scope);
  if (!entry) scopes.set(scope, (entry = {handle: client.presence(scope), uses: 0}));
  entry.uses++;
  return entry.handle;
}

function giveBack({client, scope}: PresenceChoice): void {
  const scopes = shared.get(client);
  const entry = scopes?.get(scope);
  if (!scopes || !entry || --entry.uses > 0) return;
  scopes.delete(scope);
  entry.handle.release();
}
