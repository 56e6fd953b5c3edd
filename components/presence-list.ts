// <trunk-presence-list>: everybody here with name and status, in a popover. Loaded when a <trunk-presence-stack> is first pressed.
import {LitElement, html, nothing} from 'lit';
import {property, query, state} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {PresenceController} from '../src/controllers/presence-controller.js';
import {SourceController, withNextFrame} from '../src/controllers/source-controller.js';
import type {PresentPerson} from '../src/wire/chat.js';
import {base, buttons} from './base.styles.js';
import {formatAgo, formatCount, localeOf} from './locale.js';
import {minute} from '../src/controllers/minute.js';
import {styles} from './presence-list.styles.js';
import {withStrings, type Strings, type FirstWords} from './strings.js';

/** People shown at first, and more with each press: a list of thousands must not be built at once. */
const PAGE = 50;
/** Between the popover and what opened it, and the edge of the window, in px. */
const GAP = 8;
/** Less room than this below, and the popover may go above, in px. */
const LEAST_ROOM = 260;

/**
 * Everybody here, in a popover. Part of `<trunk-presence-stack>`.
 *
 * @element trunk-presence-list
 * @summary Everybody here, with name and status.
 * @csspart base - The whole.
 * @csspart title - How many they are.
 * @csspart person - One person.
 * @csspart name - Their name.
 * @csspart status - Whether they are online or away, and since when.
 */
export class TrunkPresenceList extends LitElement {
  static override styles = [base, buttons, styles];

  readonly #client = new ClientController(this);
  readonly #presence = new PresenceController(this, () => {
    const client = this.isOpen ? this.#client.open : null;
    return client && {client, scope: this.scope};
  });
  readonly #profiles = new SourceController(
    this,
    () => (this.isOpen ? this.#client.current?.people : null),
    undefined,
    withNextFrame,
  );
  readonly #me = new SourceController(this, () => this.#client.current?.me);

  @query('.scroll') private readonly scroller!: HTMLElement | null;

  /** Where people are looked for. */
  @property() scope = 'global';
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  @state() private isOpen = false;
  @state() private shown = PAGE;
  /** By status and name when the list was opened; who comes later is added at the end, so that nothing jumps under a finger. */
  #order: readonly string[] | null = null;
  #anchor: HTMLElement | null = null;
  #end = new AbortController();

  constructor() {
    super();
    new SourceController(this, () => (this.isOpen ? minute : null));
    this.addEventListener('beforetoggle', event => event.newState === 'closed' && this.#close());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#close();
  }

  /** Opens beside `anchor`. */
  show(anchor: HTMLElement): void {
    this.#anchor = anchor;
    this.#order = null;
    this.shown = PAGE;
    this.isOpen = true;
    this.showPopover();
    this.#end = new AbortController();
    const {signal} = this.#end;
    addEventListener('scroll', () => this.#place(), {signal, capture: true, passive: true});
    addEventListener('resize', () => this.#place(), {signal});
    void this.updateComplete.then(() => this.scroller?.focus());
  }

  protected override updated(): void {
    if (this.isOpen) this.#place();
  }

  #close(): void {
    this.#end.abort();
    // The browser gives it back only where it sees no shadow root in between.
    if (this.isOpen && this.matches(':focus-within')) this.#anchor?.focus();
    this.isOpen = false;
  }

  #place(): void {
    if (!this.#anchor) return;
    const {top, bottom, left, right} = this.#anchor.getBoundingClientRect();
    const {clientWidth, clientHeight} = document.documentElement;
    const below = clientHeight - bottom;
    const isAbove = below < LEAST_ROOM && top > below;
    const isRtl = getComputedStyle(this).direction === 'rtl';
    const start = isRtl ? right - this.offsetWidth : left;
    const x = Math.max(GAP, Math.min(start, clientWidth - this.offsetWidth - GAP));
    const style: Record<string, string> = {
      left: `${x}px`,
      top: isAbove ? 'auto' : `${bottom + GAP}px`,
      bottom: isAbove ? `${clientHeight - top + GAP}px` : 'auto',
      '--_room': `${Math.max(isAbove ? top : below, 120) - 2 * GAP}px`,
    };
    // Through CSSOM, never a style attribute, which a strict Content-Security-Policy refuses.
    for (const [name, value] of Object.entries(style)) this.style.setProperty(name, value);
  }

  #nameOf(userId: string): string {
    return this.#profiles.value?.get(userId)?.name ?? '';
  }

  #sort(people: ReadonlyMap<string, PresentPerson>): readonly string[] {
    if (!this.#order) {
      const rank = (id: string) => (people.get(id)?.status === 'online' ? 0 : 1);
      const {compare} = new Intl.Collator(localeOf(this));
      const ids = [...people.keys()];
      this.#order = ids.sort((a, b) => rank(a) - rank(b) || compare(this.#nameOf(a), this.#nameOf(b)));
    }
    const known = new Set(this.#order);
    const late = [...people.keys()].filter(id => !known.has(id));
    return (this.#order = [...this.#order.filter(id => people.has(id)), ...late]);
  }

  protected override render(): unknown {
    const strings = withStrings(this.strings);
    const people = this.isOpen ? this.#presence.people : undefined;
    const order = people ? this.#sort(people) : [];
    const locale = localeOf(this);
    const title = people ? formatCount(strings.peopleHere, people.size, locale) : strings.lookingWho;
    return html`
      <div part="base" role="dialog" aria-labelledby="title">
        <p part="title" id="title"><bdi>${title}</bdi></p>
        <div class="scroll" tabindex="0" role="group" aria-labelledby="title">
          <ul role="list">
            ${repeat(
              order.slice(0, this.shown),
              id => id,
              id => this.#renderPerson(people?.get(id), strings, locale),
            )}
          </ul>
          ${
            order.length > this.shown
              ? html`<button class="word" type="button" @click=${() => (this.shown += PAGE)}>
                  ${strings.showMore} (${formatCount(strings.morePeople, order.length - this.shown, locale)})
                </button>`
              : nothing
          }
        </div>
      </div>
    `;
  }

  #renderPerson(person: PresentPerson | undefined, strings: FirstWords, locale: string | undefined): unknown {
    if (!person) return nothing;
    const {userId, status, lastSeen} = person;
    const words = [strings.presence[status]];
    if (status === 'away' && lastSeen > 0) words.push(strings.lastSeen(formatAgo(lastSeen, Date.now(), locale)));
    if (userId === this.#me.value?.userId) words.unshift(strings.you);
    return html`
      <li part="person">
        <trunk-presence-avatar
          user-id=${userId}
          scope=${this.scope}
          size="34"
          aria-hidden="true"
          .strings=${this.strings}
        ></trunk-presence-avatar>
        <span part="name"><bdi>${this.#nameOf(userId) || strings.someone}</bdi></span>
        <span part="status">${words.join(' · ')}</span>
      </li>
    `;
  }
}

/** Registers it, once. */
export function definePresenceList(): void {
  if (!customElements.get('trunk-presence-list')) customElements.define('trunk-presence-list', TrunkPresenceList);
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-presence-list': TrunkPresenceList;
  }
}
