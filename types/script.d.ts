// A script to be run, as a worker or a service worker; there is nothing to import from it.
export {};
