import { emailAddress } from './names.ts';

export type MailAddress = { name: string; address: string };

/** Reads `address`, `Name <address>` or `"Name" <address>`; undefined for anything else, as for a name that would need more than quotes. */
export function mailAddress(text: string): MailAddress | undefined {
  const [, quoted, plain, enclosed] = /^(?:"([^"\\<>]*)"|([^"\\<>@,;:]*?))\s*<([^<>]+)>$/.exec(text) ?? [];
  const name = (quoted ?? plain ?? '').trim();
  const address = enclosed ?? text;
  return emailAddress.safeParse(address).success ? { name, address } : undefined;
}
