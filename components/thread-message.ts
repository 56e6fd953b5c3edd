// How one message and one day separator look. Templates only: they are given everything and decide nothing.
import {html, nothing, type TemplateResult} from 'lit';
import {guard} from 'lit/directives/guard.js';
import type {ChatMessage, Person} from '../src/wire/chat.js';
import {check, clock, warning} from './icons.js';
import {findLinks} from './links.js';
import {formatDay, formatTime, tellMoment} from './locale.js';
import type {OwnMessages} from './own-messages.js';
import type {FirstWords} from './strings.js';
import type {ThreadLater} from './thread-later.js';
import {isDeleted, type MessageRow, type ThreadRow} from './thread-rows.js';
import {nameOf, sayError} from './words.js';

export {nameOf} from './words.js';

/** What all rows of a thread share. */
export interface RowContext {
  strings: FirstWords;
  locale: string | undefined;
  now: number;
  people: ReadonlyMap<string, Person> | undefined;
  /** Does something to an own message, as soon as it can be; null where nothing may be done. */
  act: ((act: (own: OwnMessages) => void) => void) | null;
  /** What else may be done to own messages; null until it is loaded, and where nothing may. */
  later: ThreadLater | null;
}

export function renderRow(row: ThreadRow, context: RowContext): unknown {
  if (row.kind === 'message') {
    return guard(inputsOf(row, context), () => renderMessage(row, context));
  }
  if (row.kind === 'day') return renderDay(row.time, context);
  return html`<div part="missed" role="separator" aria-label=${row.text}><span dir="auto">${row.text}</span></div>`;
}

function renderDay(time: number, {strings, locale, now}: RowContext): TemplateResult {
  const day = new Date(time).toDateString();
  const yesterday = new Date(now);
  yesterday.setDate(yesterday.getDate() - 1);
  const label =
    day === new Date(now).toDateString()
      ? strings.today
      : day === yesterday.toDateString()
        ? strings.yesterday
        : formatDay(time, now, locale);
  return html`<div part="day" role="separator" aria-label=${label}><span>${label}</span></div>`;
}

/** All that a message's row is made of: with one message more, the rows of the others are left alone. */
function inputsOf({message, isOwn, isFirst, isLast, time}: MessageRow, context: RowContext): unknown[] {
  const {strings, locale, later, act} = context;
  const own = later?.own;
  const isEdited = own?.editing?.id === message.id;
  const asked = own?.asked?.id === message.id ? own.asked : null;
  const name = isOwn ? null : nameOf(message.senderId, context);
  return [message, isOwn, isFirst, isLast, time, name, strings, locale, later, act, isEdited, asked];
}

function renderMessage(row: MessageRow, context: RowContext): TemplateResult {
  const {message, isOwn, isFirst, isLast, time} = row;
  const {strings, locale} = context;
  const later = isOwn ? context.later : null;
  const name = isOwn ? strings.you : nameOf(message.senderId, context);
  const classes = `message ${isOwn ? 'own' : 'other'}${isFirst ? ' first' : ''}${isLast ? ' last' : ''} ${message.status}${later?.own.editing?.id === message.id ? ' editing' : ''}`;
  const id = message.id;
  return html`
    <div
      part=${isOwn ? 'message message-own' : 'message'}
      class=${classes}
      role="article"
      tabindex="-1"
      aria-labelledby=${`author-${id} body-${id} meta-${id}`}
    >
      ${
        isOwn
          ? nothing
          : html`<span class="face" aria-hidden="true"
              >${
                isFirst
                  ? html`<trunk-presence-avatar
                      part="avatar"
                      plain
                      size="32"
                      user-id=${message.senderId ?? ''}
                      name=${name}
                    ></trunk-presence-avatar>`
                  : nothing
              }</span
            >`
      }
      <div class="stack">
        <span part="author" id=${`author-${id}`} class=${isFirst && !isOwn ? '' : 'hidden'} dir="auto">${name}</span>
        <div part="bubble">
          ${renderBody(message, strings)}${renderAttachments(message, strings)}
          <span part="meta" id=${`meta-${id}`}
            >${'editedAt' in message && message.editedAt && !message.deletedAt ? html`<span part="edited">${strings.edited}</span>` : nothing}<time
              part="time"
              datetime=${new Date(time).toISOString()}
              @pointerenter=${tellMoment}
              >${formatTime(time, locale)}</time
            >${isOwn ? renderState(message, strings) : nothing}</span
          >
          ${later?.renderTools(message)}
        </div>
        ${later?.renderQuestion(message) ?? renderFailure(message, isOwn ? context.act : null, strings)}
      </div>
    </div>
  `;
}

function renderBody(message: ChatMessage, strings: FirstWords): TemplateResult {
  const isGone = isDeleted(message);
  const content = isGone
    ? strings.deleted
    : findLinks(message.body).map(piece =>
        piece.href
          ? html`<a part="link" dir="auto" href=${piece.href} target="_blank" rel="noopener noreferrer nofollow"
              >${piece.text}</a
            >`
          : piece.text,
      );
  // On one line: the text keeps its own white space, so the template must add none.
  return html`<div part=${isGone ? 'body deleted' : 'body'} id=${`body-${message.id}`} dir="auto">${content}</div>`;
}

function renderAttachments(message: ChatMessage, strings: FirstWords): unknown {
  return message.attachments.map(({url, name}) => {
    const [piece] = findLinks(url);
    const label = name || strings.attachment;
    // Only what is one whole web address becomes a link.
    return piece?.href && piece.text === url
      ? html`<a part="attachment" dir="auto" href=${piece.href} target="_blank" rel="noopener noreferrer nofollow"
          >${label}</a
        >`
      : html`<span part="attachment" dir="auto">${label}</span>`;
  });
}

function renderState({status}: ChatMessage, strings: FirstWords): TemplateResult {
  const [picture, words] = {
    queued: [clock, strings.queuedMessage] as const,
    sending: [clock, strings.sendingMessage] as const,
    sent: [check, strings.sentMessage] as const,
    failed: [warning, strings.failedMessage] as const,
  }[status];
  return html`<span part="state" title=${words}>${picture}<span class="hidden">${words}</span></span>`;
}

/** Under the bubble: why the message failed. */
function renderFailure(message: ChatMessage, act: RowContext['act'], strings: FirstWords): unknown {
  if (message.status !== 'failed') return nothing;
  const {id, error} = message;
  return html`<div part="failure">
    <span part="reason">${error ? sayError(error, strings) : strings.failedMessage}</span>
    ${
      act
        ? html`<span class="buttons"
            ><button part="retry" class="word" type="button" @click=${() => act(own => own.retry(id))}>
              ${strings.retry}</button
            ><button part="edit" class="word" type="button" @click=${() => act(own => own.edit(id))}>
              ${strings.edit}</button
            ><button part="discard" class="word" type="button" @click=${() => act(own => own.discard(id))}>
              ${strings.discard}
            </button></span
          >`
        : nothing
    }
  </div>`;
}
