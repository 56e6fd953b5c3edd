// <trunk-presence-stack>: who is here, one face a person and the number of the others. What it shows is a chunk of its own
// (presence-stack-view.ts).
import {property} from 'lit/decorators.js';
import {lateModule} from '../src/wire/late-module.js';
import {keepsDisplay} from './host-display.js';
import {LateElement, type View} from './late-element.js';
import type {Strings} from './strings.js';

const loadView = lateModule(() => import('./presence-stack-view.js'), 'PresenceStackView');

/**
 * Who is here: one face a person, whatever the number of their tabs and browsers, then “+N”. A press opens the list of everybody, with
 * status and when they were last active.
 *
 * @element trunk-presence-stack
 * @summary Who is here, one face a person.
 * @fires {TrunkErrorEvent} trunk-error - Its part of the script could not be loaded; `event.error` says why.
 * @csspart base - The whole.
 * @csspart button - The faces, which open the list.
 * @csspart face - One `<trunk-presence-avatar>`.
 * @csspart more - The number of people without a face; without one while nobody knows who is here, and “?” when that has a reason, which is its tooltip.
 * @csspart empty - What is said when nobody is here.
 * @csspart failed - Why the list can't be opened.
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
export class TrunkPresenceStack extends LateElement {
  readonly #internals = this.attachInternals();

  /** Where people are looked for; default: the whole site. */
  @property() scope = 'global';
  /** The number of faces. Default 5; 0 shows the number alone. */
  @property({type: Number}) max = 5;
  /** Width and height of a face in px. Default 32. */
  @property({type: Number}) size = 32;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  protected override async load(): Promise<View> {
    return new (await loadView())(this, this.#internals);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-presence-stack': TrunkPresenceStack;
  }
}
