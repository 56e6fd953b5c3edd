// Every word of the monitor, in English; `strings.monitorWords` replaces any of them. Loaded with its panel. Codes (reasons, states of
// channels, topics) are shown as they are: they are what a log or an issue has to name.
import type {Counted} from './strings.js';

export interface MonitorStrings {
  asking: string;
  /** The hub tells nothing; a status beside it says why. */
  silent: string;
  asOf: (time: string) => string;
  pause: string;
  resume: string;
  paused: string;
  download: string;
  copy: string;
  copied: string;
  copyRefused: string;
  logNote: string;

  connection: string;
  state: string;
  since: string;
  host: string;
  sharedWorker: string;
  hubAge: string;
  heap: string;
  /** Label: why the hub lives on no better rung. */
  hostReason: string;
  storage: string;
  onDisk: string;
  unknown: string;
  /** The page is a frame of another site's. */
  frame: string;
  roundTrip: string;
  now: string;
  half: string;
  most: string;

  beats: string;
  beatsSummary: (now: string, half: string, most: string) => string;
  noBeats: string;
  beatsAgo: Counted;
  beat: string;
  rates: string;
  ratesSummary: (inward: string, outward: string) => string;
  noRates: string;
  inward: string;
  outward: string;
  perSecond: (count: string) => string;
  ago: (span: string) => string;
  table: string;

  traffic: string;
  received: string;
  sent: string;
  frames: Counted;
  tabFrames: string;
  tabMessages: string;
  catchUps: string;
  found: Counted;
  lastCatchUp: string;
  duplicates: string;
  gaps: string;

  tabs: Counted;
  tab: (number: string) => string;
  thisTab: string;
  visible: string;
  hidden: string;
  lastActive: string;
  holds: string;
  more: Counted;

  channels: string;
  budget: (used: string, budget: string) => string;
  noChannels: string;
  topic: string;
  handles: string;
  inTabs: (handles: string, tabs: string) => string;
  inHub: Counted;
  presenceCalls: string;

  outbox: string;
  waiting: string;
  failed: string;
  oldest: string;
  newest: string;

  messages: string;
  messagesNote: string;
  noMessages: string;
  message: string;
  queued: string;
  acked: string;
  echoed: string;
  shown: string;
  othersCount: Counted;
  others: (count: string, half: string, most: string) => string;

  history: string;
  noHistory: string;
  time: string;
  reason: string;
  lasted: string;
  problems: string;
  noProblems: string;
  code: string;
  what: string;
}

export const monitorEnglish: MonitorStrings = {
  asking: 'Asking the hub…',
  silent: 'The hub tells nothing right now.',
  asOf: time => `Figures of ${time}.`,
  pause: 'Pause',
  resume: 'Go on',
  paused: 'Paused: nothing is asked of the hub.',
  download: 'Download log',
  copy: 'Copy log',
  copied: 'Copied.',
  copyRefused: 'The browser refused to copy. Download the log instead.',
  logNote:
    'The log holds ids, times, counts, codes and the browser’s version. Topics that the site named are numbered: no message text, no names, no tokens.',

  connection: 'Connection',
  state: 'State',
  since: 'Since',
  host: 'Hub',
  sharedWorker: 'shared worker',
  hubAge: 'Hub runs for',
  heap: 'JS heap of this page',
  hostReason: 'Because of',
  storage: 'Unsent messages',
  onDisk: 'kept on disk',
  unknown: 'not told',
  frame: 'Frame',
  roundTrip: 'Round trip',
  now: 'now',
  half: 'half below',
  most: '95 % below',

  beats: 'Round trips',
  beatsSummary: (now, half, most) => `Round trips: ${now} now, half below ${half}, 95 % below ${most}.`,
  noBeats: 'No heartbeat was answered yet.',
  beatsAgo: {one: '# beat ago', other: '# beats ago'},
  beat: 'Beat',
  rates: 'Frames on the socket',
  ratesSummary: (inward, outward) => `Frames on the socket: ${inward} in and ${outward} out.`,
  noRates: 'Counting.',
  inward: 'In',
  outward: 'Out',
  perSecond: count => `${count}/s`,
  ago: span => `${span} ago`,
  table: 'As a table',

  traffic: 'Traffic',
  received: 'Received',
  sent: 'Sent',
  frames: {one: '# frame', other: '# frames'},
  tabFrames: 'Posts to this tab',
  tabMessages: 'Messages in them',
  catchUps: 'Catch-ups',
  found: {one: '# change found', other: '# changes found'},
  lastCatchUp: 'Last catch-up took',
  duplicates: 'Duplicates dropped',
  gaps: 'Gaps noticed',

  tabs: {one: '# tab', other: '# tabs'},
  tab: number => `Tab ${number}`,
  thisTab: 'This tab',
  visible: 'visible',
  hidden: 'hidden',
  lastActive: 'Last used',
  holds: 'Holds',
  more: {other: '+# more'},

  channels: 'Channels',
  budget: (used, budget) => `${used} of ${budget} on the socket`,
  noChannels: 'No channel is wanted.',
  topic: 'Topic',
  handles: 'Handles',
  inTabs: (handles, tabs) => `${handles} in ${tabs}`,
  inHub: {one: '# in the hub', other: '# in the hub'},
  presenceCalls: 'Presence calls left',

  outbox: 'Outbox',
  waiting: 'Waiting',
  failed: 'Failed',
  oldest: 'Oldest waits for',
  newest: 'Newest waits for',

  messages: 'Own messages',
  messagesNote: 'Time since the hub took each in. Shown: in a list of this tab as stored.',
  noMessages: 'None since the hub began.',
  message: 'Message',
  queued: 'Queued',
  acked: 'Acked',
  echoed: 'Echoed',
  shown: 'Shown',
  othersCount: {one: '# message', other: '# messages'},
  others: (count, half, most) =>
    `Others’ messages, from the database to a list here (by two clocks): ${count}, half within ${half}, 95 % within ${most}.`,

  history: 'Changes of the connection',
  noHistory: 'None yet.',
  time: 'Time',
  reason: 'Reason',
  lasted: 'Lasted',
  problems: 'Problems',
  noProblems: 'None.',
  code: 'Code',
  what: 'What',
};
