/** The TAXII service that a fresh install has (TAXII 2.1 §8.2.1: at least one API root exists). */
export const DEFAULT_SERVICE = {
  name: 'Intelligence',
  path: 'intel',
  title: 'Taxiway intelligence',
  description: 'Collections of the organizations, communities and sources that you may see.',
  all_organizations: 1,
  default_page_size: 1000,
  max_page_size: 10_000,
  max_page_bytes: 20_000_000,
  max_content_length: 10_485_760,
  strict: 0,
  responsible_account_id: null,
} as const;
