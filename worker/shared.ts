// The SharedWorker: one hub for all tabs of this origin that ask for the same project and person. Tabs that come in before the
// hub is ready wait at their ports.
import {createHub} from '../src/hub/browser-environment.js';

declare const self: SharedWorkerGlobalScope;

const hub = createHub(self.name);
self.addEventListener('connect', event => {
  const [port] = event.ports;
  if (port) hub.attach(port);
});
