// The scopes in which tabs of this browser look at who is present: one PresenceScope a name, which outlives its last handle a little.
import type {PresenceEvent} from '../wire/protocol.js';
import type {LastSeen} from './last-seen.js';
import {PresenceScope, type PresenceWorld} from './presence.js';
import type {Held} from './session.js';

/** A scope outlives its last handle by this, in ms. */
const LINGER_MS = 3_000;
/** The same when the handle went with its tab, which may be about to show another page of the site. */
const LINGER_GONE_MS = 500;

export class PresenceScopes {
  readonly #world: PresenceWorld;
  readonly #lastSeen: LastSeen;
  readonly #scopes = new Map<string, PresenceScope>();

  constructor(world: PresenceWorld, lastSeen: LastSeen) {
    this.#world = world;
    this.#lastSeen = lastSeen;
  }

  /** Tells a handle who is in the scope; while there is one, this person is too. */
  open(name: string, userId: string, tell: (event: PresenceEvent) => void, isSeen: () => boolean): Held {
    const scope = this.#scopes.get(name) ?? new PresenceScope(name, userId, this.#world);
    this.#scopes.set(name, scope);
    this.#lastSeen.update(this.#world.attention());
    const stop = scope.add(tell, isSeen);
    return {
      release: isOver => {
        stop();
        // A page that takes its elements out and puts them in again is no leave; a person without a tab is, as `update()` is told.
        if (scope.empty) scope.linger(isOver ? LINGER_GONE_MS : LINGER_MS, () => this.#close(name, scope));
      },
    };
  }

  /** The tabs know something new. */
  update(): void {
    const tabs = this.#world.attention();
    // Who asks for nobody's presence says nothing of their own.
    if (this.#scopes.size > 0) this.#lastSeen.update(tabs);
    for (const [name, scope] of this.#scopes) {
      if (tabs.length === 0) this.#close(name, scope);
      else scope.update();
    }
  }

  close(): void {
    for (const scope of this.#scopes.values()) scope.close();
    this.#scopes.clear();
  }

  #close(name: string, scope: PresenceScope): void {
    if (!scope.empty || this.#scopes.get(name) !== scope) return;
    this.#scopes.delete(name);
    scope.close();
  }
}
