// Made by the build: worker/inline.ts with all it needs, as one module's text.
declare module 'trunkline:hub-source' {
  const text: string;
  export default text;
}
