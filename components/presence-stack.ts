// <trunk-presence-stack>: who is here, one face a person and the number of the others. The list of all is a chunk of its own
// (presence-list.ts), loaded when somebody asks for it.
import {LitElement, html, nothing} from 'lit';
import {property, query, state} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {PresenceController} from '../src/controllers/presence-controller.js';
import type {PresentPerson} from '../src/wire/chat.js';
import {base, buttons} from './base.styles.js';
import {setCustomState} from './custom-state.js';
import {keepsDisplay} from './host-display.js';
import {formatCount, localeOf} from './locale.js';
import type {TrunkPresenceList} from './presence-list.js';
import {styles} from './presence-stack.styles.js';
import {withStrings, type Strings} from './strings.js';

const STATES = ['loading', 'empty', 'open'] as const;

/**
 * Who is here: one face a person, whatever the number of their tabs and browsers, then “+N”. A press opens the list of everybody, with
 * status and when they were last active.
 *
 * @element trunk-presence-stack
 * @summary Who is here, one face a person.
 * @csspart base - The whole.
 * @csspart button - The faces, which open the list.
 * @csspart face - One `<trunk-presence-avatar>`.
 * @csspart more - The number of people without a face; an empty disc while nobody knows who is here.
 * @csspart empty - What is said when nobody is here.
 * @csspart list - The `<trunk-presence-list>`, once it was opened.
 * @cssprop [--trunk-avatar-size=32px] - Width and height of a face; wins over `size`.
 * @cssprop [--trunk-surface=light-dark(#fdfcf9, #14191a)] - What the faces stand on: the ring around each, and behind the list.
 * @cssprop [--trunk-raised=light-dark(#f0ece2, #22292a)] - Behind the number.
 * @cssprop [--trunk-text=light-dark(#1c2322, #e6ebe8)] - Names.
 * @cssprop [--trunk-muted=light-dark(#5c6562, #9aa6a2)] - The number, and what people do.
 * @cssprop [--trunk-line=light-dark(#d9d3c5, #343d3d)] - Around the list.
 * @cssprop [--trunk-radius=10px] - Roundness of the list.
 * @cssprop [--trunk-font=system-ui] - Font family.
 * @cssprop [--trunk-font-size=15px] - Base font size.
 * @cssstate loading - Nobody knows yet who is here.
 * @cssstate empty - Nobody is here.
 * @cssstate open - The list is open.
 */
@keepsDisplay('inline-block')
export class TrunkPresenceStack extends LitElement {
  static override styles = [base, buttons, styles];

  readonly #internals = this.attachInternals();
  readonly #client = new ClientController(this);
  readonly #presence = new PresenceController(this, () => {
    const client = this.#client.open;
    return client && {client, scope: this.scope};
  });

  @query('[part~=base]') private readonly baseElement!: HTMLElement | null;
  @query('[part~=button]') private readonly button!: HTMLElement | null;
  @query('[part~=list]') private readonly list!: TrunkPresenceList | null;

  /** Where people are looked for; default: the whole site. */
  @property() scope = 'global';
  /** The number of faces. Default 5; 0 shows the number alone. */
  @property({type: Number}) max = 5;
  /** Width and height of a face in px. Default 32. */
  @property({type: Number}) size = 32;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  @state() private isOpen = false;
  /** The list's chunk is there. */
  @state() private isLoaded = false;
  #faces: readonly string[] = [];
  /** A press outside the list closes it, on the button too, before the button hears of it. */
  #wasOpen = false;

  protected override updated(): void {
    const {people} = this.#presence;
    const states = {loading: !people, empty: people?.size === 0, open: this.isOpen};
    setCustomState(
      this.#internals,
      STATES,
      STATES.filter(name => states[name]),
    );
    this.baseElement?.style.setProperty('--_size', `${this.size > 0 ? this.size : 32}px`);
  }

  /** Whoever has a face keeps it while they are here, so that faces don't jump; a free place goes to somebody online. */
  #chooseFaces(people: ReadonlyMap<string, PresentPerson>): readonly string[] {
    const faces = new Set(this.#faces.filter(id => people.has(id)).slice(0, this.max));
    for (const status of ['online', 'away']) {
      for (const person of people.values()) {
        if (faces.size < this.max && person.status === status) faces.add(person.userId);
      }
    }
    return [...faces];
  }

  async #toggle(): Promise<void> {
    const isOpen = this.#wasOpen || this.list?.matches(':popover-open');
    this.#wasOpen = false;
    if (isOpen) return this.list?.hidePopover();
    const {definePresenceList} = await import('./presence-list.js');
    definePresenceList();
    this.isLoaded = true;
    await this.updateComplete;
    if (this.button) this.list?.show(this.button);
  }

  protected override render(): unknown {
    const strings = withStrings(this.strings);
    const {people} = this.#presence;
    this.#faces = people ? this.#chooseFaces(people) : [];
    return html`<div part="base">${this.#renderFaces(people, strings)}</div>`;
  }

  #renderFaces(people: ReadonlyMap<string, PresentPerson> | undefined, strings: Strings): unknown {
    if (!people) return html`<div part="more" role="img" aria-label=${strings.lookingWho}></div>`;
    if (people.size === 0) return html`<span part="empty">${strings.nobodyHere}</span>`;
    const locale = localeOf(this);
    const more = people.size - this.#faces.length;
    return html`
      <button
        part="button"
        type="button"
        aria-haspopup="dialog"
        aria-expanded=${this.isOpen}
        @pointerdown=${() => (this.#wasOpen = this.isOpen)}
        @click=${this.#toggle}
      >
        <span class="hidden">${formatCount(strings.peopleHere, people.size, locale)}</span>
        ${more > 0 ? html`<span part="more" aria-hidden="true">${formatCount(strings.morePeople, more, locale)}</span>` : nothing}
        ${repeat(
          this.#faces.toReversed(),
          id => id,
          id =>
            html`<trunk-presence-avatar
              part="face"
              aria-hidden="true"
              user-id=${id}
              scope=${this.scope}
              size=${this.size}
              .strings=${this.strings}
            ></trunk-presence-avatar>`,
        )}
      </button>
      ${
        this.isLoaded
          ? html`<trunk-presence-list
              part="list"
              popover
              scope=${this.scope}
              .strings=${this.strings}
              @toggle=${(event: ToggleEvent) => (this.isOpen = event.newState === 'open')}
            ></trunk-presence-list>`
          : nothing
      }
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-presence-stack': TrunkPresenceStack;
  }
}
