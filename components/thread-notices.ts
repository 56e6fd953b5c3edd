// What a thread shows besides messages: lines about the connection, what stands over the oldest message, and what stands there
// instead of messages. Templates only: they are given everything and decide nothing but words.
import {html, nothing, type TemplateResult} from 'lit';
import type {ChatState} from '../src/client/chat-handle.js';
import type {TrunkError} from '../src/wire/error.js';
import type {ConnectionStatus} from '../src/wire/status.js';
import type {FirstWords} from './strings.js';
import {sayError} from './words.js';

export {whyNothing} from './words.js';

/**
 * Lines about the connection and the storage.
 * @param isCopy whether the list is a copy from before
 * @param errors what else went wrong
 * @param isTold whether an error of the connection is shown elsewhere
 */
export function renderBanners(
  status: ConnectionStatus | undefined,
  isCopy: boolean,
  errors: readonly TrunkError[],
  isTold: boolean,
  strings: FirstWords,
): TemplateResult[] {
  const warnings: (string | TemplateResult)[] = [];
  const failures = errors.map(error => sayError(error, strings));
  if (status?.state === 'disconnected') {
    const lost = status.reason === 'offline' ? strings.offlineBanner : strings.reconnectingBanner;
    if (status.reason === 'no-socket') warnings.push(strings.noSocketBanner);
    else warnings.push(isCopy ? strings.copyBanner : lost);
  }
  if (status?.state === 'error' && !isTold) failures.unshift(status.detail || strings.stopped);
  if (status?.storage === 'memory') {
    warnings.push(html`${strings.storageMemoryBanner} <code>storage-refused</code>`);
  }
  // A copy is up to date within a moment, as a rule: the line waits for that, out of sight and unsaid.
  const isUpdating = isCopy && (status?.state === 'connecting' || status?.state === 'connected');
  return [
    ...(isUpdating ? [html`<div part="banner" class="late">${strings.updatingBanner}</div>`] : []),
    ...warnings.map(line => html`<div part="banner">${line}</div>`),
    ...failures.map(line => html`<div part="banner" class="bad">${line}</div>`),
  ];
}

/** Over the oldest row; `isFirst`: it is the oldest message here. `retry` is set when loading more has failed. */
export function renderOlder(
  chat: ChatState,
  isFirst: boolean,
  retry: (() => void) | null,
  strings: FirstWords,
): TemplateResult | string | typeof nothing {
  if (chat.phase !== 'ready') return nothing;
  if (retry) {
    return html`${strings.olderFailed} <button class="word" type="button" @click=${retry}>${strings.tryAgain}</button>`;
  }
  if (chat.loadingOlder) return strings.loadingOlder;
  return isFirst && !chat.hasOlder ? strings.beginning : nothing;
}

/** Why there is nothing to read; `reopen` is set when it can be tried again. */
export function renderFailed(error: TrunkError, reopen: (() => void) | null, strings: FirstWords): TemplateResult {
  return html`
    <div part="failed" role="alert">
      <strong>${strings.failedTitle[error.code] ?? strings.failedTitle.other}</strong>
      <p>${sayError(error, strings)}</p>
      ${reopen ? html`<button class="word" type="button" @click=${reopen}>${strings.tryAgain}</button>` : nothing}
      <code>${error.code}</code>
    </div>
  `;
}

export function renderOpening(strings: FirstWords): TemplateResult {
  return html`
    <div part="skeleton" role="status">
      <span class="hidden">${strings.opening}</span>
      <i></i><i class="end"></i><i></i><i></i><i class="end"></i>
    </div>
  `;
}
