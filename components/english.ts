// All words in one, for translators and for pages that change a few.
import {chatListEnglish} from './chat-list-words.js';
import {withStrings, type Strings} from './strings.js';
import {threadEnglish} from './thread-words.js';
import {typingEnglish} from './typing-words.js';

export const english: Strings = {...withStrings(undefined), ...chatListEnglish, ...threadEnglish, ...typingEnglish};
