// What a <trunk-presence-stack> shows and does, loaded with the first one. The list of all is yet another chunk (presence-list.ts), loaded
// when somebody asks for it.
import {html, nothing} from 'lit';
import {repeat} from 'lit/directives/repeat.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {PresenceController} from '../src/controllers/presence-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';
import type {PresentPerson} from '../src/wire/chat.js';
import {TrunkError, type ErrorCode} from '../src/wire/error.js';
import {lateModule} from '../src/wire/late-module.js';
import type {ConnectionStatus} from '../src/wire/status.js';
import {base, buttons} from './base.styles.js';
import {setCustomState} from './custom-state.js';
import {TrunkErrorEvent} from './error-event.js';
import type {View} from './late-element.js';
import {LatePart} from './late-part.js';
import {formatCount, localeOf} from './locale.js';
import type {TrunkPresenceList} from './presence-list.js';
import type {TrunkPresenceStack} from './presence-stack.js';
import {styles} from './presence-stack.styles.js';
import {withStrings, type FirstWords} from './strings.js';
import {sayError} from './words.js';

const loadList = lateModule(() => import('./presence-list.js'), 'definePresenceList');

const STATES = ['loading', 'empty', 'open'] as const;

export class PresenceStackView implements View {
  readonly styles = [base, buttons, styles];

  readonly #host: TrunkPresenceStack;
  readonly #internals: ElementInternals;
  readonly #client: ClientController;
  readonly #presence: PresenceController;
  /** Followed only while it has to say why nobody knows who is here. */
  readonly #status: SourceController<ConnectionStatus>;
  #isOpen = false;
  readonly #listPart: LatePart<boolean>;
  /** It was asked for, and is there. */
  #hasList = false;
  /** Why the list that was asked for can't be shown. */
  #problem: TrunkError | null = null;
  #faces: readonly string[] = [];
  /** A press outside the list closes it, on the button too, before the button hears of it. */
  #wasOpen = false;

  constructor(host: TrunkPresenceStack, internals: ElementInternals) {
    this.#host = host;
    this.#internals = internals;
    this.#listPart = new LatePart(host, async () => {
      (await loadList())();
      return true;
    });
    const client = (this.#client = new ClientController(host));
    this.#presence = new PresenceController(host, () => client.open && {client: client.open, scope: host.scope});
    this.#status = new SourceController(host, () => (this.#presence.people ? null : client.current?.status));
  }

  hostConnected(): void {
    this.#listPart.preload();
  }

  hostUpdated(): void {
    const {people} = this.#presence;
    const states = {loading: !people, empty: people?.size === 0, open: this.#isOpen};
    setCustomState(
      this.#internals,
      STATES,
      STATES.filter(name => states[name]),
    );
    this.#find('base')?.style.setProperty('--_size', `${this.#host.size > 0 ? this.#host.size : 32}px`);
  }

  /** Whoever has a face keeps it while they are here, so that faces don't jump; a free place goes to somebody online. */
  #chooseFaces(people: ReadonlyMap<string, PresentPerson>): readonly string[] {
    const faces = new Set(this.#faces.filter(id => people.has(id)).slice(0, this.#host.max));
    for (const status of ['online', 'away']) {
      for (const person of people.values()) {
        if (faces.size < this.#host.max && person.status === status) faces.add(person.userId);
      }
    }
    return [...faces];
  }

  async #toggle(): Promise<void> {
    const isOpen = this.#wasOpen || this.#list?.matches(':popover-open');
    this.#wasOpen = false;
    if (isOpen) return this.#list?.hidePopover();
    try {
      await this.#listPart.load();
      this.#hasList = true;
      this.#problem = null;
    } catch (thrown) {
      this.#problem = TrunkError.from(thrown);
      this.#host.dispatchEvent(new TrunkErrorEvent(this.#problem));
    }
    this.#host.requestUpdate();
    await this.#host.updateComplete;
    const button = this.#find('button');
    if (button) this.#list?.show(button);
  }

  #setOpen(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.#host.requestUpdate();
  }

  #find<T extends HTMLElement>(part: string): T | null {
    return this.#host.renderRoot.querySelector<T>(`[part~=${part}]`);
  }

  /** Why nobody knows who is here; empty while that is being found out. */
  #whyUnknown(strings: FirstWords): string {
    if (!this.#client.current && !this.#client.isProvided) return strings.notSetUpDetail;
    const {reason, detail} = this.#status.value ?? {};
    return detail ? sayError({code: reason as ErrorCode, message: detail}, strings) : '';
  }

  get #list(): TrunkPresenceList | null {
    return this.#find<TrunkPresenceList>('list');
  }

  render(): unknown {
    const strings = withStrings(this.#host.strings);
    const {people} = this.#presence;
    this.#faces = people ? this.#chooseFaces(people) : [];
    return html`<div part="base">${this.#renderFaces(people, strings)}</div>`;
  }

  #renderFaces(people: ReadonlyMap<string, PresentPerson> | undefined, strings: FirstWords): unknown {
    if (!people) {
      const why = this.#whyUnknown(strings);
      const label = why || strings.lookingWho;
      return html`<div part="more" role="img" aria-label=${label} title=${label}>${why ? '?' : nothing}</div>`;
    }
    if (people.size === 0) return html`<span part="empty">${strings.nobodyHere}</span>`;
    const locale = localeOf(this.#host);
    const more = people.size - this.#faces.length;
    return html`
      <button
        part="button"
        type="button"
        aria-haspopup="dialog"
        aria-expanded=${this.#isOpen}
        @pointerdown=${() => (this.#wasOpen = this.#isOpen)}
        @click=${() => void this.#toggle()}
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
              scope=${this.#host.scope}
              size=${this.#host.size}
              .strings=${this.#host.strings}
            ></trunk-presence-avatar>`,
        )}
      </button>
      ${
        this.#hasList
          ? html`<trunk-presence-list
              part="list"
              popover
              scope=${this.#host.scope}
              .strings=${this.#host.strings}
              @toggle=${(event: ToggleEvent) => this.#setOpen(event.newState === 'open')}
            ></trunk-presence-list>`
          : nothing
      }
      ${this.#problem ? html`<span part="failed" role="alert">${sayError(this.#problem, strings)}</span>` : nothing}
    `;
  }
}
