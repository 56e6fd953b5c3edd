// The hub as one text, for scripts of another origin, whose workers can only be made from a blob: a relayed SharedWorker, which tells the
// other tabs its address by the name of a lock it holds, or the worker of a tab that leads.
import {createHub} from '../src/hub/browser-environment.js';
import {relayName} from '../src/wire/channel.js';

declare const self: SharedWorkerGlobalScope | DedicatedWorkerGlobalScope;

if ('SharedWorkerGlobalScope' in globalThis) relay(self as SharedWorkerGlobalScope);
else {
  const scope = self as DedicatedWorkerGlobalScope;
  void createHub(scope.name, true).ready.then(() => scope.postMessage('serving'));
}

function relay(scope: SharedWorkerGlobalScope): void {
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
}
