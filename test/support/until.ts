// A wait for something to become true, as long as a test may last: the second that `waitUntil` gives by itself is less than a busy
// machine takes to load a part.
import {waitUntil} from '@open-wc/testing';

/** Settles when `condition` holds. */
export const until = (condition: () => unknown, what?: string): Promise<void> =>
  waitUntil(condition as () => boolean | Promise<boolean>, what, {timeout: 9_000});
