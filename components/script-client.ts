// Connects to the project that the script tag names, if it names one. That client serves all elements under no provider, and is
// `window.trunkline`. A second copy on the page leaves both to the first.
import {connect} from '../src/client/connect.js';
import {defaultClient} from '../src/client/default-client.js';
import type {HubClient} from '../src/client/hub-client.js';
import {readScriptTag} from '../src/client/script-tag.js';
import {TrunkError} from '../src/wire/error.js';

declare global {
  interface Window {
    /** The client of the project that the script tag names; undefined when it names none. */
    trunkline?: HubClient;
  }
}

const tag = readScriptTag(document, import.meta.url);
// An element with that id would be in the window, too, but not as the window's own.
const first = Object.hasOwn(window, 'trunkline') ? window.trunkline : undefined;
const client = typeof first?.chat === 'function' ? first : tag && connect(tag.options);

if (client) {
  defaultClient.set(client);
  if (first === undefined) window.trunkline = client;
  if (tag?.isContradicted) {
    const message =
      'This page’s script tags name two projects, and the first counts. Use <trunk-provider> for the other.';
    client.report(new TrunkError('bad-config', message));
    console.warn(`[trunkline] ${message}`);
  }
}
