// The page's default hub, for elements that stand under no provider. Whoever calls connect() may set it.
import type {HubClient} from './hub-client.js';
import {Signal} from './source.js';

/** The client elements use when no `<trunk-provider>` is above them; null until somebody sets one. */
export const defaultClient = new Signal<HubClient | null>(null);
