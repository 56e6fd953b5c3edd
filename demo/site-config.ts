// Which backend this site talks to: config.json beside the page. It is not part of the build, because a service worker keeps the
// build and the backend changes with every start of the demo. The last answer is kept for when there is no network.

export interface SiteConfig {
  url: string;
  key: string;
}

/** A server that takes longer is taken for none, in ms. */
const PATIENCE_MS = 3_000;

/** From the network first; without it the last one known; empty when there never was one. */
export async function readSiteConfig(): Promise<SiteConfig> {
  const address = new URL('config.json', location.href).href;
  try {
    const response = await fetch(address, {cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS)});
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    const config = (await response.json()) as SiteConfig;
    keep(address, config);
    return config;
  } catch (error) {
    const kept = recall(address);
    if (!kept) console.warn('Where is the backend? config.json can’t be read.', error);
    return kept ?? {url: '', key: ''};
  }
}

// A browser that keeps no site data refuses both; then the demo works as long as there is a network.
function keep(address: string, config: SiteConfig): void {
  try {
    localStorage.setItem(address, JSON.stringify(config));
  } catch {}
}

function recall(address: string): SiteConfig | null {
  try {
    return JSON.parse(localStorage.getItem(address) ?? 'null') as SiteConfig | null;
  } catch {
    return null;
  }
}
