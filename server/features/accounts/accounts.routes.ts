import {
  createApiUserEndpoint,
  createReadOnlyUserEndpoint,
  createTaxiiUserEndpoint,
  createUserEndpoint,
  deleteAccountEndpoint,
  editAccountEndpoint,
  editCredentialEndpoint,
  editProfileEndpoint,
  getAccountEndpoint,
  listAccountsEndpoint,
  listAllAccountsEndpoint,
  moveAccountEndpoint,
  moveResponsibilitiesEndpoint,
  previewDeletionEndpoint,
  previewEditEndpoint,
  replaceCredentialEndpoint,
  revokeCredentialEndpoint,
} from '../../../contract/account-endpoints.ts';
import { getAttentionEndpoint, getInstanceAttentionEndpoint } from '../../../contract/attention.ts';
import { lockDownAccountEndpoint } from '../../../contract/lockdown.ts';
import { getProfileEndpoint } from '../../../contract/profile.ts';
import type { App } from '../../context.ts';
import { bind, type RestRoute } from '../../http/rest-face.ts';
import { deleteAccount, moveResponsibilities, previewDeletion } from '../account-changes/deletion.service.ts';
import { editAccount, previewEdit } from '../account-changes/editing.service.ts';
import { lockDownAccount } from '../account-changes/lockdown.service.ts';
import { moveAccount } from '../account-changes/moving.service.ts';
import { createApiUser } from '../account-creation/api-users.service.ts';
import { createReadOnlyUser, createUser, type NewPerson } from '../account-creation/people.service.ts';
import { createTaxiiUser } from '../account-creation/taxii-users.service.ts';
import { getAttention } from '../attention/attention.service.ts';
import { editCredential } from '../credentials/binding.service.ts';
import { replaceCredential, revokeCredential } from '../credentials/credentials.service.ts';
import { shownLink } from '../links/new-link.ts';
import { shown } from './account-view.rules.ts';
import { getAccount, listAccounts } from './listing.service.ts';
import { editProfile, getProfile } from './profile.service.ts';

/** The REST endpoints of accounts. Instants become texts here. */
export function createAccountRoutes(app: App): RestRoute[] {
  return [
    bind(listAllAccountsEndpoint, async (caller, { query }) => listAccounts(app, caller, undefined, query)),
    bind(listAccountsEndpoint, async (caller, { params, query }) =>
      listAccounts(app, caller, params.organization, query),
    ),
    bind(createUserEndpoint, async (caller, { params, body }) =>
      shownPerson(await createUser(app, caller, { ...body, ...params })),
    ),
    bind(createReadOnlyUserEndpoint, async (caller, { params, body }) =>
      shownPerson(await createReadOnlyUser(app, caller, { ...body, ...params })),
    ),
    bind(createApiUserEndpoint, async (caller, { params, body }) => {
      const { tokenExpiresAt, ...created } = await createApiUser(app, caller, { ...body, ...params });
      return { ...created, tokenExpiresAt: shown(tokenExpiresAt) };
    }),
    bind(createTaxiiUserEndpoint, async (caller, { params, body }) =>
      createTaxiiUser(app, caller, { ...body, ...params }),
    ),
    bind(getAccountEndpoint, async (caller, { params }) => getAccount(app, caller, params)),
    bind(editAccountEndpoint, async (caller, { params, body: { version, ...changes } }) =>
      editAccount(app, caller, { ...params, version, changes }),
    ),
    bind(getProfileEndpoint, async (caller) => getProfile(app, caller)),
    bind(editProfileEndpoint, async (caller, { body: { version, ...changes } }) =>
      editProfile(app, caller, { version, changes }),
    ),
    bind(previewEditEndpoint, async (caller, { params, body: { version, ...changes } }) =>
      previewEdit(app, caller, { ...params, version, changes }),
    ),
    bind(previewDeletionEndpoint, async (caller, { params }) => previewDeletion(app, caller, params)),
    bind(deleteAccountEndpoint, async (caller, { params, body }) =>
      deleteAccount(app, caller, { ...params, ...body }),
    ),
    bind(moveResponsibilitiesEndpoint, async (caller, { params, body }) =>
      moveResponsibilities(app, caller, { ...params, ...body }),
    ),
    bind(moveAccountEndpoint, async (caller, { params, body }) =>
      moveAccount(app, caller, { ...params, ...body }),
    ),
    bind(lockDownAccountEndpoint, async (caller, { params, body }) =>
      lockDownAccount(app, caller, { ...params, ...body }),
    ),
    bind(getInstanceAttentionEndpoint, async (caller) => getAttention(app, caller, undefined)),
    bind(getAttentionEndpoint, async (caller, { params }) => getAttention(app, caller, params.organization)),
    bind(replaceCredentialEndpoint, async (caller, { params, body }) => {
      const replaced = await replaceCredential(app, caller, { ...params, ...body });
      return {
        ...replaced,
        expiresAt: shown(replaced.expiresAt),
        previousValidUntil: shown(replaced.previousValidUntil),
      };
    }),
    bind(editCredentialEndpoint, async (caller, { params, body }) => {
      await editCredential(app, caller, { ...params, ...body });
      return await getAccount(app, caller, { account: params.account });
    }),
    bind(revokeCredentialEndpoint, async (caller, { params }) => {
      await revokeCredential(app, caller, { account: params.account }, params.credential);
      return undefined;
    }),
  ];
}

function shownPerson({ invitation, ...created }: NewPerson) {
  return { ...created, invitation: invitation === null ? null : shownLink(invitation) };
}
