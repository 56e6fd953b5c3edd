// <trunk-presence-avatar>: one person as a picture or initials, with a lamp that says whether they are here.
import {LitElement, html, nothing} from 'lit';
import {property, query, state} from 'lit/decorators.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {PresenceController} from '../src/controllers/presence-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';
import type {PresentPerson} from '../src/wire/chat.js';
import {base} from './base.styles.js';
import {setCustomState} from './custom-state.js';
import {hueOf, initialsOf, pictureUrl} from './face.js';
import {keepsDisplay} from './host-display.js';
import {formatAgo, localeOf} from './locale.js';
import {styles} from './presence-avatar.styles.js';
import {withStrings, type Strings} from './strings.js';

const STATES = ['online', 'away', 'offline'] as const;

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
 */
@keepsDisplay('inline-block')
export class TrunkPresenceAvatar extends LitElement {
  static override styles = [base, styles];

  readonly #internals = this.attachInternals();
  readonly #client = new ClientController(this);
  readonly #people = new SourceController(this, () => this.#client.current?.people);
  readonly #presence = new PresenceController(this, () => {
    const client = this.#client.open;
    return client && this.userId && !this.plain ? {client, scope: 'global'} : null;
  });

  @query('[part~=base]') private readonly baseElement!: HTMLElement | null;

  /** Whose avatar it is: their user id. */
  @property({attribute: 'user-id'}) userId = '';
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

  /** Whether the person is here; null when nobody knows. */
  get presence(): PresentPerson['status'] | 'offline' | null {
    const people = this.#presence.people;
    return people ? (people.get(this.userId)?.status ?? 'offline') : null;
  }

  /** The name shown. */
  get displayName(): string {
    return this.name || (this.#people.value?.get(this.userId)?.name ?? '');
  }

  protected override updated(): void {
    setCustomState(this.#internals, STATES, this.presence ? [this.presence] : []);
    // Through CSSOM, never a style attribute, which a strict Content-Security-Policy refuses.
    const style = this.baseElement?.style;
    style?.setProperty('--_size', `${this.size > 0 ? this.size : 36}px`);
    style?.setProperty('--_hue', String(hueOf(this.userId || this.displayName)));
  }

  #describe(strings: Strings): string {
    const name = this.displayName || strings.someone;
    if (!this.presence) return name;
    const person = this.#presence.people?.get(this.userId);
    const words = [name, strings.presence[this.presence]];
    if (person?.status === 'away') words.push(strings.lastSeen(formatAgo(person.lastSeen, Date.now(), localeOf(this))));
    return words.join(', ');
  }

  protected override render(): unknown {
    const strings = withStrings(this.strings);
    const picture = pictureUrl(this.src || this.#people.value?.get(this.userId)?.avatarUrl || '');
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
        ${this.presence ? html`<span part="dot" aria-hidden="true"></span>` : nothing}
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-presence-avatar': TrunkPresenceAvatar;
  }
}
