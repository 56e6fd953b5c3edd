// What Vite puts into the demo's scripts.
interface ImportMetaEnv {
  /** `site` in the built demo; only there is a service worker. */
  readonly MODE: string;
}
interface ImportMeta {
  readonly env: ImportMetaEnv;
}
