// `trunkline/client`: what an application imports. Inside the house, import the file.
export {connect, type ConnectOptions} from './connect.js';
export type {BroadcastMessage, ChannelHandle, ChannelOptions, ChannelStatus} from './channel-handle.js';
export type {ChatHandle, ChatState, ContinuityNotice, SendOptions} from './chat-handle.js';
export type {ChatListHandle, ChatListState} from './chat-list-handle.js';
export {defaultClient} from './default-client.js';
export type {HubClient} from './hub-client.js';
export type {OutboxHandle} from './outbox-handle.js';
export type {PresenceJoin, PresenceLeave} from './presence-changes.js';
export type {PresenceHandle} from './presence-handle.js';
export type {SiteUpdate} from './service-worker.js';
export type {Source} from './source.js';
export type {ClientStats} from './stats-source.js';
export type {ShownMessage, TabOwnStats} from './tab-record.js';
export type {
  Attachment,
  Chat,
  ChatMessage,
  ChatSummary,
  Person,
  PresentPerson,
  ReadState,
  StoredMessage,
  WaitingMessage,
} from '../wire/chat.js';
export {TrunkError, type ErrorCode} from '../wire/error.js';
export type {ChannelStats, Counters, HubStats, SendTiming, TabStats, Traffic, Transition} from '../wire/stats.js';
export type {ConnectionStatus, HostKind, StatusReason} from '../wire/status.js';
export type {ChangeFilter, DatabaseChange, PresenceEntries, PresenceEntry, Replay} from '../wire/topic.js';
