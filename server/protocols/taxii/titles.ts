/** What to tell whoever gives something a title that TAXII clients will see, though the title is allowed. */
export function titleWarnings(title: string): string[] {
  if (!title.includes('.')) return [];
  // OpenCTI's TAXII 2 connector is told "root.title" and splits it at the dot.
  return [`Clients that choose by title may stumble over the dot in "${title}".`];
}
