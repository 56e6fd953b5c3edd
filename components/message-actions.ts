// What can be done to an own message beside trying it again: buttons beside the bubble, and under it whether it may go. Templates only.
import {html, nothing, svg} from 'lit';
import type {ChatMessage} from '../src/wire/chat.js';
import {icon} from './icons.js';
import type {OwnMessages} from './own-messages.js';
import {isDeleted} from './thread-rows.js';
import type {ThreadStrings} from './thread-words.js';
import {sayError} from './words.js';

const pencil = icon(svg`<path d="M10.6 3 13 5.4 5.6 12.8l-3 .6.6-3Z" />`);
const bin = icon(svg`<path d="M2.8 4.4h10.4M6 4.2V2.8h4v1.4M4.2 4.6l.6 8.6h6.4l.6-8.6" />`);

/** Beside the bubble. The list makes them stops of the Tab key in the one row where the focus is. */
export function renderTools(message: ChatMessage, own: OwnMessages, strings: ThreadStrings): unknown {
  if (message.status === 'failed' || isDeleted(message)) return nothing;
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

/** Under the bubble: whether the message may go; null while that is no question. */
export function renderQuestion(message: ChatMessage, own: OwnMessages, strings: ThreadStrings): unknown {
  if (own.asked?.id !== message.id || isDeleted(message)) return null;
  const error = own.asked.error ?? ('error' in message ? message.error : null);
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
      ><button part="confirm" class="word" type="button" @click=${() => own.remove(message.id)}>
        ${removeLabel(message, strings)}
      </button></span
    >
  </div>`;
}

function removeLabel({status}: ChatMessage, strings: ThreadStrings): string {
  return status === 'sent' ? strings.delete : strings.discard;
}
