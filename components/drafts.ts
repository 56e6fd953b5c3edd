// What a person has typed and not sent, by person and chat. A thread that is taken away and made anew finds its text again, and so
// does the thread after a reload of the tab: sessionStorage is the tab's own and ends with it.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {HubClient} from '../src/client/hub-client.js';

const drafts = new WeakMap<HubClient, Map<string, string>>();

/** Puts a text aside until `takeDraft`. */
export function keepDraft(client: HubClient | null, chat: string, text: string): void {
  if (!client || !chat || !text) return;
  const chats = drafts.get(client) ?? new Map<string, string>();
  drafts.set(client, chats.set(chat, text));
  withStorage(storage => storage.setItem(keyOf(client.me.current?.userId, chat), text));
}

/** The text put aside, which is then forgotten; empty when there is none. Ask again once the client knows who the person is. */
export function takeDraft(client: HubClient | null, chat: string): string {
  if (!client || !chat) return '';
  const chats = drafts.get(client);
  let text = chats?.get(chat) ?? '';
  chats?.delete(chat);
  // What was typed before anybody was signed in is nobody else's: no other tab can see it.
  for (const owner of [client.me.current?.userId, undefined]) {
    withStorage(storage => {
      text ||= storage.getItem(keyOf(owner, chat)) ?? '';
      storage.removeItem(keyOf(owner, chat));
    });
  }
  return text;
}

/** Throws away all that was put aside of the person whom `client` still knows, in whichever chat of this browser tab. */
function forgetDrafts(client: HubClient): void {
  drafts.delete(client);
  for (const owner of [client.me.current?.userId, undefined]) {
    withStorage(storage => {
      const gone = Object.keys(storage).filter(key => key.startsWith(keyOf(owner, '')));
      for (const key of gone) storage.removeItem(key);
    });
  }
}

function keyOf(userId: string | undefined, chat: string): string {
  return `trunk-draft:${userId ?? ''}:${chat}`;
}

/** Where the browser refuses storage, a draft lives as long as the page. */
function withStorage(act: (storage: Storage) => void): void {
  try {
    act(sessionStorage);
  } catch {}
}

/** Where a text is typed: the field, and which chat of which client it is for. */
export interface DraftPlace {
  client: HubClient | null;
  chat: string;
  field: {value: string} | null;
}

/** Puts what is typed in a field aside when the page goes, and brings it back. */
export class DraftKeeper implements ReactiveController {
  readonly #place: () => DraftPlace;
  #recalled = '';

  constructor(host: ReactiveElement, place: () => DraftPlace) {
    this.#place = place;
    host.addController(this);
  }

  /** Another chat is opened, or it is known by now who the person is. */
  recall(): void {
    const {client, chat} = this.#place();
    this.#recalled ||= takeDraft(client, chat);
  }

  /** The field is another chat's from now on. */
  keep(client: HubClient | null, chat: string): void {
    const {field} = this.#place();
    if (!field) return;
    keepDraft(client, chat, field.value);
    if (client) field.value = '';
  }

  /** The person signed out: nothing they typed stays. */
  forget(): void {
    const {client, field} = this.#place();
    if (client) forgetDrafts(client);
    if (field) field.value = '';
    this.#recalled = '';
  }

  hostUpdated(): void {
    const {field} = this.#place();
    if (!this.#recalled || !field) return;
    field.value = field.value ? `${this.#recalled}\n${field.value}` : this.#recalled;
    this.#recalled = '';
  }

  hostConnected(): void {
    addEventListener('pagehide', this.#onPageHide);
    addEventListener('pageshow', this.#onPageShow);
  }

  hostDisconnected(): void {
    removeEventListener('pagehide', this.#onPageHide);
    removeEventListener('pageshow', this.#onPageShow);
  }

  // A reload must not take what was typed.
  readonly #onPageHide = (): void => {
    const {client, chat, field} = this.#place();
    keepDraft(client, chat, field?.value ?? '');
  };

  /** Out of the back/forward cache the page comes with its text. */
  readonly #onPageShow = (event: PageTransitionEvent): void => {
    const {client, chat} = this.#place();
    if (event.persisted) takeDraft(client, chat);
  };
}
