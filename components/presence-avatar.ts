// <trunk-presence-avatar>: one person as a picture or initials, with a lamp that says whether they are here.
import {LitElement, html, nothing} from 'lit';
import {property, query, state} from 'lit/decorators.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {PresenceController} from '../src/controllers/presence-controller.js';
import {SourceController, withNextFrame} from '../src/controllers/source-controller.js';
import type {PresentPerson} from '../src/wire/chat.js';
import {base} from './base.styles.js';
import {setCustomState} from './custom-state.js';
import {hueOf, initialsOf, pictureUrl} from './face.js';
import {keepsDisplay} from './host-display.js';
import {formatAgo, localeOf} from './locale.js';
import {minute} from '../src/controllers/minute.js';
import {styles} from './presence-avatar.styles.js';
import {withStrings, type Strings, type FirstWords} from './strings.js';

const STATES = ['online', 'away', 'offline', 'unknown'] as const;

/**
 * A person's picture, or initials in a colour of their own, with a presence lamp. With `user-id` alone it takes name, picture
 * and presence from the connection.
 *
 * @element trunk-presence-avatar
 * @summary A person, and whether they are here.
 * @csspart base - The whole.
 * @csspart image - The picture.
 * @csspart initials - The letters shown when there is no picture.
 * @csspart dot - The presence lamp.
 * @cssprop [--trunk-avatar-size=36px] - Width and height; wins over `size`.
 * @cssprop [--trunk-avatar-radius=50%] - Roundness.
 * @cssprop [--trunk-surface=light-dark(#fdfcf9, #14191a)] - What the avatar stands on; the ring around the lamp.
 * @cssprop [--trunk-raised=light-dark(#f0ece2, #22292a)] - Behind a picture that is still loading.
 * @cssprop [--trunk-online=light-dark(#1f7a45, #57c787)] - Lamp of somebody online.
 * @cssprop [--trunk-away=light-dark(#96690a, #e2b04a)] - Lamp of somebody away.
 * @cssprop [--trunk-offline=light-dark(#747c79, #84908c)] - Lamp of somebody offline.
 * @cssprop [--trunk-font=system-ui] - Font family of the initials.
 * @cssstate online - The person is here and active.
 * @cssstate away - The person is here, but not active.
 * @cssstate offline - The person is not here.
 * @cssstate unknown - Nobody knows yet, or any more, whether the person is here; there is no lamp.
 */
@keepsDisplay('inline-block')
export class TrunkPresenceAvatar extends LitElement {
  static override styles = [base, styles];

  readonly #internals = this.attachInternals();
  readonly #client = new ClientController(this);
  // A page that nobody sees draws nobody.
  readonly #profile = new SourceController(
    this,
    () => (this.userId ? this.#client.current?.person(this.userId) : null),
    undefined,
    withNextFrame,
  );
  readonly #presence = new PresenceController(this, () => {
    const client = this.#client.open;
    return client && this.userId && !this.plain ? {client, scope: this.scope, userId: this.userId} : null;
  });

  @query('[part~=base]') private readonly baseElement!: HTMLElement | null;

  /** Whose avatar it is: their user id. */
  @property({attribute: 'user-id'}) userId = '';
  /** Where to look for the person; default: the whole site. */
  @property() scope = 'global';
  /** Name to use instead of the profile's. */
  @property() name = '';
  /** Picture to use instead of the profile's. */
  @property() src = '';
  /** Width and height in px. Default 36. */
  @property({type: Number}) size = 36;
  /** Only the picture: no lamp, and nobody asks where the person is. */
  @property({type: Boolean}) plain = false;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  /** A picture that could not be loaded. */
  @state() private broken = '';

  constructor() {
    super();
    // Only what is shown as so long ago grows old.
    new SourceController(this, () => (this.lastSeen === null ? null : minute));
  }

  /** Whether the person is here: `unknown` until the server has said so; null when it isn't asked. */
  get presence(): PresentPerson['status'] | 'offline' | 'unknown' | null {
    const person = this.#presence.person;
    if (person === undefined) return this.#presence.isLooking ? 'unknown' : null;
    return person?.status ?? 'offline';
  }

  /** When the person was last here, in ms since 1970; null while they are online, or when nobody knows. */
  get lastSeen(): number | null {
    if (this.presence === 'away') return this.#presence.person?.lastSeen || null; // a client of another make may not say
    return this.presence === 'offline' ? (this.#profile.value?.lastSeen ?? null) : null;
  }

  /** The name shown. */
  get displayName(): string {
    return this.name || (this.#profile.value?.name ?? '');
  }

  protected override updated(): void {
    setCustomState(this.#internals, STATES, this.presence ? [this.presence] : []);
    // Through CSSOM, never a style attribute, which a strict Content-Security-Policy refuses.
    const style = this.baseElement?.style;
    style?.setProperty('--_size', `${this.size > 0 ? this.size : 36}px`);
    style?.setProperty('--_hue', String(hueOf(this.userId || this.displayName)));
  }

  #describe(strings: FirstWords): string {
    const name = this.displayName || strings.someone;
    const {presence, lastSeen} = this;
    if (presence === null || presence === 'unknown') return name;
    const words = [name, strings.presence[presence]];
    if (lastSeen !== null) words.push(strings.lastSeen(formatAgo(lastSeen, Date.now(), localeOf(this))));
    return words.join(', ');
  }

  protected override render(): unknown {
    const strings = withStrings(this.strings);
    const picture = pictureUrl(this.src || this.#profile.value?.avatarUrl || '');
    const label = this.#describe(strings);
    return html`
      <div part="base" class=${this.presence ?? ''} role="img" aria-label=${label} title=${label}>
        ${
          picture && picture !== this.broken
            ? html`<img
                part="image"
                src=${picture}
                alt=""
                loading="lazy"
                decoding="async"
                referrerpolicy="no-referrer"
                @error=${() => (this.broken = picture)}
              />`
            : html`<div part="initials" aria-hidden="true">${initialsOf(this.displayName || strings.someone)}</div>`
        }
        ${this.presence && this.presence !== 'unknown' ? html`<span part="dot" aria-hidden="true"></span>` : nothing}
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-presence-avatar': TrunkPresenceAvatar;
  }
}
