// Why a topic, or what it hears of the database, isn't there now, in words and a code that say what to do. Pure.
import {TrunkError} from '../wire/error.js';
import {isRateLimit, PARKED} from './channels.js';

/** What the server says to a public topic where a project allows private ones only. */
export function isPrivateOnly(reason: string): boolean {
  return /only allows private/i.test(reason);
}

/** Null when it is only the connection, whose own state says so. */
export function whyLost(topic: string, reason: string): TrunkError | null {
  if (reason === 'socket-closed') return null;
  if (reason === PARKED) {
    const why = 'more is open in this browser than one connection holds, and what is in sight comes first';
    return new TrunkError('rate-limited', `"${topic}" is parked: ${why}. Open fewer topics at a time.`);
  }
  if (isPrivateOnly(reason)) {
    return new TrunkError(
      'forbidden',
      `The project allows private channels only: open "${topic}" with {private: true} and a policy on realtime.messages.`,
    );
  }
  const code = isRateLimit(reason)
    ? 'rate-limited'
    : /permission|unauthorized/i.test(reason)
      ? 'forbidden'
      : 'unreachable';
  const advice = {
    'rate-limited': '. It is joined again in half a minute; the limits are in the project’s Realtime settings.',
    forbidden: '. Its policies on realtime.messages decide; Trunkline’s are in its migrations.',
    unreachable: '',
  }[code];
  return new TrunkError(code, `The server let go of "${topic}": ${reason}${advice}`);
}

export function whyNotPresent(topic: string): TrunkError {
  return new TrunkError(
    'forbidden',
    `Nobody sees this person on "${topic}": its policies refuse presence. Allow INSERT on realtime.messages for the extension "presence".`,
  );
}

/** The same for changes of the database that `topic` asked for. */
export function whyNoChanges(topic: string, reason: string): TrunkError | null {
  if (!/permission|unauthorized/i.test(reason)) return whyLost(topic, reason);
  return new TrunkError(
    'forbidden',
    `"${topic}" hears no changes: the project allows private channels only, and no policy lets this person read topics ` +
      'that begin with "changes:". Apply Trunkline’s migrations, or allow public channels in the project’s Realtime settings.',
  );
}
