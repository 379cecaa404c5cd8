import { inTransaction } from '../../../server/db/transaction.ts';
import { endCredentials, insertCredential } from '../../../server/features/accounts/accounts.store.ts';
import { accounts, edit, people, some } from './edits.ts';
import { fresh, type Operation, type Routes, type Sent } from './operation.ts';

/** On one's own account, which has no second factor, on a server whose address has no name. */
const own = (status?: number, body?: unknown, params?: Sent['params']): Operation => ({
  on: ['own account'],
  needs: ['account.profile'],
  ...(status === undefined ? {} : { status }),
  send: () => ({ ...(body === undefined ? {} : { body }), ...(params === undefined ? {} : { params }) }),
});

/** In the form of what a browser answers. */
const signedBy = (response: object) => ({
  challenge: '00000000-0000-4000-8000-000000000000',
  passkey: {
    id: 'AA',
    rawId: 'AA',
    type: 'public-key',
    response: { clientDataJSON: 'AA', authenticatorData: 'AA', ...response },
  },
});

/** The account with a password, or with none: for which of the links can be made. */
const withPassword =
  (has: boolean): NonNullable<Operation['send']> =>
  async ({ world: { app }, thing }) => {
    const stored = { algorithm: 'sha256', hash: app.secrets.digest(app.secrets.generate(128)) } as const;
    await inTransaction(app.db, async (tx) => {
      await endCredentials(tx, Number(thing.id), 'password', 'now');
      if (has) await insertCredential(tx, Number(thing.id), { kind: 'password', stored }, app.clock.now());
    });
    return {};
  };

const others = people.filter((each) => each !== 'own account');

const deadLink = (body: object = {}): Operation => ({
  on: ['instance'],
  isPublic: true,
  status: 404,
  send: () => ({ body: { token: 'txwl_none', ...body } }),
});

export const SESSIONS: Routes = {
  'POST /setup': [
    {
      on: ['instance'],
      isPublic: true,
      status: 409,
      send: () => ({ body: { setupCode: 'x', email: 'x@example.com', password: 'correct horse battery' } }),
    },
  ],
  'POST /session': [
    {
      on: ['instance'],
      isPublic: true,
      status: 401,
      send: () => ({ body: { email: `${fresh('no')}@example.com`, password: 'wrong' } }),
    },
  ],
  'GET /session': [{ on: ['instance'] }],
  'DELETE /session': [{ on: ['instance'] }],
  'GET /instance': [{ on: ['instance'], isPublic: true }],
  'GET /password-policy': [{ on: ['instance'], isPublic: true }],
  // They have no password: what changing one does is in the tests of passwords.
  'PUT /session/password': [
    {
      on: ['instance'],
      status: 409,
      send: async ({ world, asker }) => {
        // Unless somebody here was given one before.
        if (asker !== undefined)
          await inTransaction(world.app.db, (tx) => endCredentials(tx, asker.accountId, 'password', 'now'));
        return { body: { currentPassword: 'x', newPassword: 'correct horse battery' } };
      },
    },
  ],
  'GET /session/profile': [own()],
  'PATCH /session/profile': [
    edit('names', ['own account'], 'account.profile', () => ({ firstName: 'Some' })),
    edit('pseudonym', ['own account'], 'account.pseudonym', (stored) => ({ pseudonym: stored.pseudonym })),
  ],
  'POST /session/second-factor': [own(409, { code: '123456' })],
  'POST /session/second-factor/challenge': [own(409)],
  'POST /session/passkey/challenge': [{ on: ['instance'], isPublic: true, status: 409 }],
  'POST /session/passkey': [
    { on: ['instance'], isPublic: true, status: 409, send: () => ({ body: signedBy({ signature: 'AA' }) }) },
  ],
  'POST /session/verification': [own(400, { recoveryCode: 'none' })],
  'GET /session/authenticator': [own()],
  'POST /session/authenticator/totp': [own()],
  'POST /session/authenticator/totp/confirmation': [own(400, { code: '123456' })],
  'DELETE /session/authenticator/totp': [own(404)],
  'POST /session/passkeys/challenge': [own(409)],
  'POST /session/passkeys': [own(409, { ...signedBy({ attestationObject: 'AA' }), name: 'Key' })],
  'PATCH /session/passkeys/:passkey': [own(404, { name: 'Key' }, { passkey: 1 })],
  'DELETE /session/passkeys/:passkey': [own(404, undefined, { passkey: 1 })],
  'POST /session/recovery-codes': [own(409)],
  'POST /accounts/:account/authenticator/reset': [
    {
      on: people,
      needs: ['account.authenticator'],
      send: () => ({ body: { reason: 'lost', next: 'set_up_again' } }),
    },
    {
      does: 'off',
      on: some,
      needs: ['account.authenticator'],
      send: () => ({ body: { reason: 'lost', next: 'off' } }),
    },
  ],
  'GET /accounts/:account/sessions': [{ on: accounts, needs: ['account.sessions'] }],
  'DELETE /accounts/:account/sessions': [{ on: accounts, needs: ['account.sessions'] }],
  'DELETE /accounts/:account/sessions/:session': [
    {
      on: people,
      needs: ['account.sessions'],
      send: async ({ world, thing }) => ({
        params: { account: thing.id, session: (await world.session(Number(thing.id))).id },
      }),
    },
  ],

  'POST /password-resets': [
    {
      on: ['instance'],
      isPublic: true,
      send: async ({ world }) => {
        // All actors come from one address, which may not ask that often.
        await inTransaction(world.app.db, (tx) => tx.deleteFrom('throttles').execute());
        return { body: { email: `${fresh('no').replace(' ', '.')}@example.com` } };
      },
    },
  ],
  'POST /links/look': [deadLink()],
  'POST /links/password': [deadLink({ password: 'correct horse battery' })],
  'POST /links/email': [deadLink()],
  // No mail server is configured.
  'POST /session/email': [
    {
      on: ['own account'],
      needs: ['account.userName'],
      status: 409,
      send: () => ({ body: { email: `${fresh('new').replace(' ', '.')}@example.com` } }),
    },
  ],
  'POST /accounts/:account/invitation': [
    { on: others, needs: ['account.credential'], status: 201, send: withPassword(false) },
  ],
  'POST /accounts/:account/password-reset': [
    { on: others, needs: ['account.credential'], status: 201, send: withPassword(true) },
  ],
  'DELETE /accounts/:account/links': [{ on: accounts, needs: ['account.credential'] }],
};
