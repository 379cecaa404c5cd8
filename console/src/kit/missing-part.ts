/** How browsers, and the loader of styles, say that a part of a program was not there. */
const SAID =
  /dynamically imported module|importing a module script failed|module script failed|unable to preload css/i;

/** Whether a part of the console could not be loaded: after an upgrade, those of the version before are gone. */
export function isPartMissing(error: unknown): boolean {
  return error instanceof Error && SAID.test(error.message);
}
