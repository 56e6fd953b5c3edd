// The end of a `switch` over a union: what the compiler knows can't be reached, made loud should it happen.
import {TrunkError} from '../wire/error.js';

export function assertNever(value: never): never {
  throw new TrunkError('internal', `Unexpected ${JSON.stringify(value)}.`);
}
