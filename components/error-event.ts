// The event with which elements tell the page of an error.
import type {TrunkError} from '../src/wire/error.js';

/** Something a person asked for could not be done, a chat could not be opened, or the connection has less than it should. */
export class TrunkErrorEvent extends Event {
  readonly error: TrunkError;
  constructor(error: TrunkError) {
    super('trunk-error', {bubbles: true, composed: true});
    this.error = error;
  }
}

declare global {
  interface HTMLElementEventMap {
    'trunk-error': TrunkErrorEvent;
  }
}
