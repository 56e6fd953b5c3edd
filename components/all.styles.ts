// The styles of all elements, side by side in what the build writes: gzip looks back 32 kB for what it has seen, and the elements
// lie further apart. 0.6 kB of the page come of it. Holds nothing.
import './base.styles.js';
import './chat-thread.styles.js';
import './composer.styles.js';
import './connection-status.styles.js';
import './presence-avatar.styles.js';
import './thread-message.styles.js';
import './typing-indicator.styles.js';
