// The same worker as one text, for scripts of another origin, whose workers can only be made from a blob: as a SharedWorker it tells the
// other tabs its address by the name of a lock that it holds.
import {createHub} from '../src/hub/browser-environment.js';
import {PROTOCOL_VERSION} from '../src/wire/protocol.js';
import {relayName} from '../src/wire/channel.js';

declare const self: SharedWorkerGlobalScope | DedicatedWorkerGlobalScope;

if ('SharedWorkerGlobalScope' in globalThis) {
  const scope = self as SharedWorkerGlobalScope;
  const hub = createHub(scope.name);
  // Whoever is answered may tell others where: the address is published first.
  const published = new Promise<void>(resolve => {
    void navigator.locks.request(relayName(scope.name, scope.location.href), () => {
      resolve();
      return new Promise(() => {});
    });
  });
  scope.addEventListener('connect', event => {
    const [port] = event.ports;
    if (port) void published.then(() => hub.attach(port));
  });
} else {
  const scope = self as DedicatedWorkerGlobalScope;
  void createHub(scope.name, 'seated').ready.then(({lock}) =>
    scope.postMessage({serving: lock, protocol: PROTOCOL_VERSION}),
  );
}
