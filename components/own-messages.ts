// What a reader does to messages of their own, and how far they are with it: which one they change, and which one they are asked
// about. Knows nothing of looks.
import type {ChatHandle} from '../src/client/chat-handle.js';
import type {ChatMessage} from '../src/wire/chat.js';
import {TrunkError} from '../src/wire/error.js';
import type {ComposerEdit} from './composer.js';
import {isDeleted, isFrom} from './thread-rows.js';

export interface OwnMessagesSource {
  handle(): ChatHandle | null;
  messages(): readonly ChatMessage[];
  myId(): string | null;
  /** Something is to be shown differently. */
  changed(): void;
  /** An act went well (null) or failed; `isShown` when the failure is in sight already. */
  report(error: TrunkError | null, isShown: boolean): void;
  focusField(): void;
  isFieldEmpty(): boolean;
  /** The focus stays where it is, so nothing else tells that the field is another one now. */
  sayEditing(text: string): void;
  /** The message, or something in its row. */
  focusMessage(messageId: string, selector?: string): void;
}

export class OwnMessages {
  readonly #source: OwnMessagesSource;
  /** What the field has to change instead of writing something new. */
  editing: (ComposerEdit & {id: string}) | null = null;
  /** Of which message the reader is asked whether it may go, and why it could not go when they said yes. */
  asked: {id: string; error: TrunkError | null} | null = null;

  constructor(source: OwnMessagesSource) {
    this.#source = source;
  }

  /** Another chat, or another person. */
  reset(): void {
    this.editing = this.asked = null;
  }

  /** Puts the text of a message into the field; the reader goes back to the message afterwards. */
  edit(id: string): void {
    this.#edit(id, () => this.#source.focusMessage(id));
  }

  /** A key in the field: ArrowUp in an empty one does the same for the newest own message, and the reader stays in the field. */
  readonly onFieldKey = (event: KeyboardEvent): void => {
    const {key, isComposing, altKey, ctrlKey, metaKey, shiftKey} = event;
    if (key !== 'ArrowUp' || isComposing || altKey || ctrlKey || metaKey || shiftKey) return;
    const myId = this.#source.myId();
    const last = this.#source.messages().findLast(message => isFrom(message, myId) && !isDeleted(message));
    if (!last || this.editing || !this.#source.isFieldEmpty()) return;
    event.preventDefault();
    this.#edit(last.id, () => {});
    this.#source.sayEditing(last.body);
  };

  /** Asks whether a message may go. */
  ask(id: string, error: TrunkError | null = null): void {
    this.#show({id, error});
    // Where nothing is lost by another Enter.
    this.#source.focusMessage(id, '[part=keep]');
  }

  /** The reader said no. */
  keep(): void {
    this.#show(null);
  }

  /** The reader said yes: what is stored is deleted, what waits is discarded, whichever it is by now. */
  remove(id: string): void {
    this.#show(null);
    void this.#act(this.#source.handle()?.remove(id), error => {
      const canShow = !this.asked && this.#source.messages().some(message => message.id === id);
      if (canShow) this.ask(id, error);
      return canShow;
    });
  }

  retry(id: string): void {
    void this.#act(this.#source.handle()?.retry(id));
  }

  discard(id: string): void {
    void this.#act(this.#source.handle()?.discard(id));
  }

  async #act(act: Promise<void> | undefined, show = (_: TrunkError) => false): Promise<void> {
    try {
      await act;
      this.#source.report(null, false);
    } catch (thrown) {
      const error = TrunkError.from(thrown);
      this.#source.report(error, show(error));
    }
  }

  #edit(id: string, back: () => void): void {
    const handle = this.#source.handle();
    const body = this.#source.messages().find(message => message.id === id)?.body;
    if (!handle || body === undefined) return;
    const end = () => {
      if (this.editing !== editing) return;
      this.editing = null;
      this.#source.changed();
      back();
    };
    const editing = {
      id,
      body,
      cancel: end,
      save: async (text: string) => {
        try {
          if (text !== body) await handle.edit(id, text);
          end();
        } catch (thrown) {
          this.#source.report(TrunkError.from(thrown), this.editing === editing);
          throw thrown;
        }
      },
    };
    this.editing = editing;
    this.#show(null);
    this.#source.focusField();
  }

  #show(asked: OwnMessages['asked']): void {
    this.asked = asked;
    this.#source.changed();
  }
}
