let kept: string | undefined;

/**
 * A one-time link is `/link#<token>`. The token leaves the address bar, and with it the history, before anything else
 * happens; it stays in memory until it is used, or the page is left.
 */
export function keepLinkToken(): void {
  if (location.pathname !== '/link' && location.pathname !== '/link/') return;
  kept = location.hash.slice(1);
  history.replaceState(null, '', '/console/link');
}

/** The token of the link that was followed; undefined when none was, or it was only ever in a page that is gone. */
export const linkToken = (): string | undefined => kept;

/** It was used up. */
export function forgetLinkToken(): void {
  kept = undefined;
}
