// `trunkline/controllers`: what the author of an element on Trunkline imports. Inside the house, import the file.
export {ChannelController, type ChannelChoice} from './channel-controller.js';
export {ChatController, type ChatChoice, type ChatWishes} from './chat-controller.js';
export {clientContext} from './client-context.js';
export {ClientController} from './client-controller.js';
export {CurrentChatController} from './current-chat-controller.js';
export {PresenceController, type PresenceChoice} from './presence-controller.js';
export {SourceController, withNextFrame} from './source-controller.js';
