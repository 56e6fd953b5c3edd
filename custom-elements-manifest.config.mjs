// What `npm run manifest` reads to write custom-elements.json, the machine-readable description of the elements.
export default {
  globs: ['components/*.ts'],
  exclude: ['components/*.styles.ts'],
  litelement: true,
  packagejson: false,
  plugins: [onlyWhatIsPublic()],
};

/** Leaves what a user of the elements can use: elements and their events, without private members and inner workings. */
function onlyWhatIsPublic() {
  return {
    name: 'only-what-is-public',
    packageLinkPhase({customElementsManifest}) {
      for (const module of customElementsManifest.modules) {
        for (const declaration of module.declarations ?? []) {
          declaration.members = declaration.members?.filter(
            ({privacy, name}) => privacy === undefined && !/^(#|_)/.test(name),
          );
          // The analyzer also lists every dispatchEvent() it sees, under the name of whatever variable is passed.
          declaration.events = declaration.events?.filter(({name}) => name?.startsWith('trunk-'));
        }
      }
      customElementsManifest.modules = customElementsManifest.modules.filter(
        ({path, declarations}) => /\/(index|define)\.ts$/.test(path) || declarations?.some(({tagName}) => tagName),
      );
    },
  };
}
