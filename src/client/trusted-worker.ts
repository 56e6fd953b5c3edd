// `SharedWorker` and `Worker` as the rungs make them: of this page's own origin, and vouched for by a policy of ours where the site
// demands Trusted Types. They bear the names of the real ones, because bundlers find a worker by `new SharedWorker(new URL(…))`.

/** The name of our policy, for a site's `trusted-types` directive. It lets workers of the page's own origin pass, and nothing else. */
export const POLICY_NAME = 'trunkline';

/** As far as it is used; TypeScript's library of the DOM has none. */
interface TrustedTypes {
  createPolicy(name: string, rules: {createScriptURL(url: string): string}): {createScriptURL(url: string): string};
}

type WorkerConstructor<T> = new (address: string | URL, options: WorkerOptions) => T;

export const SharedWorker = trusted(() => globalThis.SharedWorker);
export const Worker = trusted(() => globalThis.Worker);

/** Undefined until it is needed; null where there is no such thing, or the site refuses it. */
let policy: ReturnType<TrustedTypes['createPolicy']> | null | undefined;

/** @throws the constructor, for a script of another origin, which browsers refuse in ways of their own */
function trusted<T extends object>(real: () => WorkerConstructor<T>): WorkerConstructor<T> {
  return function (address: string | URL, options: WorkerOptions): T {
    const url = ownUrl(String(address));
    if (policy === undefined) policy = makePolicy();
    return new (real())(policy?.createScriptURL(url) ?? url, options);
  } as unknown as WorkerConstructor<T>;
}

function makePolicy(): ReturnType<TrustedTypes['createPolicy']> | null {
  try {
    const {trustedTypes} = globalThis as {trustedTypes?: TrustedTypes};
    return trustedTypes?.createPolicy(POLICY_NAME, {createScriptURL: ownUrl}) ?? null;
  } catch {
    // The `trusted-types` directive doesn't name it. Where it is demanded all the same, the constructors throw.
    return null;
  }
}

function ownUrl(address: string): string {
  // A frame made by its page has the page's origin and base, and an address without either.
  const {origin, href} = new URL(address, document.baseURI);
  if (origin !== self.origin) throw new TypeError(`${origin} is another origin.`);
  return href;
}
