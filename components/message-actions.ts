// What can be done to an own message, as buttons: beside the bubble what is wanted seldom, under it what needs an answer. Templates
// only.
import {html, nothing} from 'lit';
import type {ChatMessage} from '../src/wire/chat.js';

import {bin, pencil} from './icons.js';
import {isDeleted, type OwnMessages} from './own-messages.js';
import type {Strings} from './strings.js';
import {sayError} from './words.js';

export {sayError} from './words.js';

/** Beside the bubble. The list makes them stops of the Tab key in the one row where the focus is. */
export function renderTools(message: ChatMessage, own: OwnMessages | null, strings: Strings): unknown {
  if (!own || message.status === 'failed' || isDeleted(message)) return nothing;
  const {id} = message;
  const remove = removeLabel(message, strings);
  const body = `body-${id}`;
  return html`<span part="actions"
    ><button
      part="edit"
      type="button"
      tabindex="-1"
      aria-label=${strings.edit}
      aria-describedby=${body}
      title=${strings.edit}
      @click=${() => own.edit(id)}
    >
      ${pencil}</button
    ><button
      part="delete"
      type="button"
      tabindex="-1"
      aria-label=${remove}
      aria-describedby=${body}
      title=${remove}
      @click=${() => own.ask(id)}
    >
      ${bin}
    </button></span
  >`;
}

/** Under the bubble: whether the message may go, or why it failed. */
export function renderBelow(message: ChatMessage, own: OwnMessages | null, strings: Strings): unknown {
  const {id} = message;
  const asked = own?.asked?.id === id && !isDeleted(message) ? own.asked : null;
  const error = asked?.error ?? ('error' in message ? message.error : null);
  if (own && asked) {
    const onKeydown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation(); // it means this question, and nothing around it
      own.keep();
    };
    return html`<div part="question" role="group" aria-label=${strings.removeQuestion} @keydown=${onKeydown}>
      ${error ? html`<span part="reason" role="alert">${sayError(error, strings)}</span>` : nothing}
      <span>${strings.removeQuestion}</span>
      <span class="buttons"
        ><button part="keep" class="word" type="button" @click=${() => own.keep()}>${strings.keep}</button
        ><button part="confirm" class="word" type="button" @click=${() => own.remove(id)}>
          ${removeLabel(message, strings)}
        </button></span
      >
    </div>`;
  }
  if (message.status !== 'failed') return nothing;
  return html`<div part="failure">
    <span part="reason">${error ? sayError(error, strings) : strings.failedMessage}</span>
    ${
      own
        ? html`<span class="buttons"
            ><button part="retry" class="word" type="button" @click=${() => own.retry(id)}>${strings.retry}</button
            ><button part="edit" class="word" type="button" @click=${() => own.edit(id)}>${strings.edit}</button
            ><button part="discard" class="word" type="button" @click=${() => own.discard(id)}>
              ${strings.discard}
            </button></span
          >`
        : nothing
    }
  </div>`;
}

function removeLabel({status}: ChatMessage, strings: Strings): string {
  return status === 'sent' ? strings.delete : strings.discard;
}
