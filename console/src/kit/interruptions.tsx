/** What the server wants first, in the middle of something else: the session has ended, or it is to be shown who is there. */
export function Interruptions() {
  return null;
}
