// What every socket and channel of one Realtime server shares. Wiring only.
import type {Keys} from '../keys.js';
import type {Listener} from '../listener.js';
import type {Tuning} from '../options.js';
import type {Stats} from '../stats.js';
import type {Authorization} from './authorization.js';
import type {ChangesFeed} from './changes/changes-feed.js';
import type {MessageFeed} from './message-feed.js';
import type {Meter} from './rate.js';
import type {Rooms} from './room.js';

export interface RealtimeContext {
  keys: Keys;
  tuning: Tuning;
  /** What a project's owner may change while it runs. */
  settings: {privateOnly: boolean};
  stats: Stats;
  rooms: Rooms;
  authorization: Authorization;
  messages: MessageFeed;
  changes: ChangesFeed;
  listener: Listener;
  /** Rates are the project's, not a socket's. */
  rates: {joins: Meter; messages: Meter; presence: Meter; changes: Meter};
  log: (line: string) => void;
}
