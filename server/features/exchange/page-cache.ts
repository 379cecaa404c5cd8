import type { Micros } from '../../protocols/timestamp.ts';

/** A page as it is sent. */
export type CachedPage = {
  body: Uint8Array;
  /** Made when a client first asks for it. */
  gzipped?: Promise<Uint8Array>;
  /** `date_added` of the first and last record; undefined when there is none (TAXII 2.1 §3.2). */
  first: Micros | undefined;
  last: Micros | undefined;
  count: number;
  /** Nobody else holds the body: its memory may be given back as soon as it is sent. */
  isSentOnce?: boolean;
};

export type PageCache = {
  get(key: string): CachedPage | undefined;
  /** Whether it is kept; else nobody but who made it holds it. */
  set(key: string, page: CachedPage): boolean;
};

/** Keys whose page was made once, and octets of a key that is worth it. */
const SEEN_KEYS = 5000;
const LONGEST_KEY = 2000;

/**
 * The pages sent last, up to `maxBytes` of bodies. Keys carry the owner's change counter, so nothing here can be stale.
 * A page is kept when it is made for the second time: whoever walks through a collection makes thousands of pages that
 * nobody asks for again, which would push out those that everybody polls, and keep the garbage collector busy.
 */
export function createPageCache(maxBytes: number): PageCache {
  const pages = new Map<string, CachedPage>();
  const seen = new Set<string>();
  let bytes = 0;
  const remove = (key: string, page: CachedPage) => {
    pages.delete(key);
    bytes -= weight(key, page);
  };
  return {
    get(key) {
      const page = pages.get(key);
      if (page !== undefined) {
        // The order of a Map is that of insertion: the longest unused come first.
        pages.delete(key);
        pages.set(key, page);
      }
      return page;
    },
    set(key, page) {
      const old = pages.get(key);
      if (old !== undefined) remove(key, old);
      // One page must not push out all others.
      if (weight(key, page) > maxBytes / 4 || key.length > LONGEST_KEY) return false;
      if (old === undefined && !seen.delete(key)) {
        if (seen.size >= SEEN_KEYS) seen.clear();
        seen.add(key);
        return false;
      }
      pages.set(key, page);
      bytes += weight(key, page);
      for (const [oldestKey, oldest] of pages) {
        if (bytes <= maxBytes) break;
        remove(oldestKey, oldest);
      }
      return true;
    },
  };
}

/** Octets that a page may come to hold: its body, a compressed copy of at most that size, its key. */
function weight(key: string, page: CachedPage): number {
  return 2 * page.body.byteLength + 2 * key.length + 200;
}
