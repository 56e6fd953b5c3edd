// Who is present, for an element: everybody, or one person. All elements of one client and scope share one handle, so that a page with
// a thousand avatars hears of each change once, and only the avatar it is about is updated.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {HubClient} from '../client/hub-client.js';
import type {PresenceHandle} from '../client/presence-handle.js';
import type {PresentPerson} from '../wire/chat.js';
import type {Source} from '../client/source.js';
import {SourceController, withNextFrame} from './source-controller.js';

interface SharedHandle {
  handle: PresenceHandle;
  uses: number;
}

const shared = new WeakMap<HubClient, Map<string, SharedHandle>>();

/** Where to look, or null to look nowhere. */
export interface PresenceChoice {
  client: HubClient;
  scope: string;
  /** Whom to look at; default: everybody. */
  userId?: string;
}

export class PresenceController implements ReactiveController {
  readonly #host: ReactiveElement;
  readonly #choose: () => PresenceChoice | null;
  #choice: PresenceChoice | null = null;
  #handle: PresenceHandle | null = null;

  constructor(host: ReactiveElement, choose: () => PresenceChoice | null) {
    this.#host = host;
    this.#choose = choose;
    host.addController(this);
    new SourceController(host, () => this.#source, undefined, withNextFrame);
  }

  /** Everybody present by user id; undefined while the element looks nowhere, or nobody knows yet who is here. */
  get people(): ReadonlyMap<string, PresentPerson> | undefined {
    return this.#handle?.isKnown ? this.#handle.current : undefined;
  }

  /** The one person looked at; null: not here; undefined: nobody knows, or the element looks nowhere. */
  get person(): PresentPerson | null | undefined {
    const userId = this.#choice?.userId;
    return userId === undefined ? undefined : this.#handle?.person(userId).current;
  }

  /** Whether the element looks somewhere. */
  get isLooking(): boolean {
    return this.#handle !== null;
  }

  hostUpdate(): void {
    // An element is also updated while it is out of the document, but asks for nothing there.
    if (!this.#host.isConnected) return;
    const choice = this.#choose();
    const before = this.#choice;
    this.#choice = choice;
    if (choice?.client === before?.client && choice?.scope === before?.scope) return;
    // The next before the last: between two people of one scope nobody lets go.
    this.#handle = choice && take(choice);
    if (before) giveBack(before);
  }

  hostDisconnected(): void {
    // An element that is only moved is back before this runs, and keeps its handle.
    queueMicrotask(() => {
      if (!this.#host.isConnected) this.#close();
    });
  }

  get #source(): Source<unknown> | null {
    const userId = this.#choice?.userId;
    return userId === undefined ? this.#handle : (this.#handle?.person(userId) ?? null);
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
