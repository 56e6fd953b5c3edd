// The element classes and their events, for users who register or extend them by themselves. `define.ts` registers all.
export {TrunkChatList, TrunkChatSelectEvent} from './chat-list.js';
export {TrunkChatThread} from './chat-thread.js';
export {TrunkComposer, TrunkSendEvent} from './composer.js';
export {TrunkConnectionStatus, TrunkStatusChangeEvent} from './connection-status.js';
export {english} from './english.js';
export {TrunkErrorEvent} from './error-event.js';
export {TrunkMonitor} from './monitor.js';
export type {MonitorStrings} from './monitor-strings.js';
export {TrunkPresenceAvatar} from './presence-avatar.js';
export {TrunkPresenceStack} from './presence-stack.js';
export {TrunkProvider} from './provider.js';
export {TrunkSignOutEvent, type SignOutChoice} from './sign-out-event.js';
export type {Counted, Strings} from './strings.js';
export {TrunkTypingIndicator} from './typing-indicator.js';
