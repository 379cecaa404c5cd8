const ORIGIN = 'http://console.invalid';
/** Screens that lead on to others by themselves. */
const PASSING = /^\/(sign-in|link|setup)(\/|$)/;

/** Where to go after a sign-in: an address within the console, whatever the address bar says. */
export function safeBack(back: string | undefined): string {
  if (back === undefined || !/^\/(?![/\\])/.test(back) || !URL.canParse(back, ORIGIN)) return '/';
  const { origin, pathname, search, hash } = new URL(back, ORIGIN);
  return origin !== ORIGIN || pathname.startsWith('//') || PASSING.test(pathname)
    ? '/'
    : `${pathname}${search}${hash}`;
}
