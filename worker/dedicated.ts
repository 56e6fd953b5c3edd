// The worker of a tab that leads: a hub that all tabs reach over the channel of its name. Its tab holds the seat.
import {createHub} from '../src/hub/browser-environment.js';

declare const self: DedicatedWorkerGlobalScope;

void createHub(self.name, true).ready.then(() => self.postMessage('serving'));
