// The page's default hub, for elements that stand under no provider. A script tag with `data-url` sets it; so may anybody.
import type {HubClient} from './hub-client.js';
import {Signal} from './source.js';

/** The client elements use when no `<trunk-provider>` is above them; null until somebody sets one. */
export const defaultClient = new Signal<HubClient | null>(null);
