// The worker that hosts a hub, in either of two ways, so that a site has one file to serve. As a SharedWorker: one hub for all tabs of
// this origin that ask for the same project and person; tabs that come in before it is ready wait at their ports. As the worker of
// a tab that leads and holds the seat: a hub that the tabs reach over the channel of its name.
import {createHub} from '../src/hub/browser-environment.js';
import {PROTOCOL_VERSION} from '../src/wire/protocol.js';

const scope = globalThis as unknown as (SharedWorkerGlobalScope | DedicatedWorkerGlobalScope) & {trunklineHub?: true};

// WebKit (2.50) runs a worker's own module a second time when one of its chunks imports from it, as bundlers have them do. A second
// hub would open a second socket.
if (!scope.trunklineHub) {
  scope.trunklineHub = true;
  if ('SharedWorkerGlobalScope' in globalThis) {
    const hub = createHub(scope.name);
    (scope as SharedWorkerGlobalScope).addEventListener('connect', event => {
      const [port] = event.ports;
      if (port) hub.attach(port);
    });
  } else if ('DedicatedWorkerGlobalScope' in globalThis) {
    void createHub(scope.name, 'seated').ready.then(({lock}) =>
      (scope as DedicatedWorkerGlobalScope).postMessage({serving: lock, protocol: PROTOCOL_VERSION}),
    );
  }
}
