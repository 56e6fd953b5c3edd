// The hub as one module's text (worker/inline.ts), a chunk of its own: only a page whose script comes from another origin loads it.
/// <reference path="./hub-source-text.d.ts" />
import text from 'trunkline:hub-source';

export const hubSource: string = text;
