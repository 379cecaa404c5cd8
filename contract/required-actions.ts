/**
 * What a person may be asked to do before the session reaches anything else, in this order: to show the second factor, to
 * set another password, to set up a second factor, to accept the terms of service.
 */
export const REQUIRED_ACTIONS = [
  'second_factor',
  'change_password',
  'set_up_authenticator',
  'accept_terms',
] as const;
export type RequiredAction = (typeof REQUIRED_ACTIONS)[number];
