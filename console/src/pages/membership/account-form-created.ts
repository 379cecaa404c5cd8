import type { AccountKind } from '../../../../contract/roles.ts';
import type { Secret } from '../../kit/secrets.tsx';

/** What the creation of an account of any kind answers with. */
type Answered = {
  id: number;
  userName?: string;
  accessId?: string;
  password?: string | undefined;
  apiKey?: string | undefined;
  secretKey?: string | undefined;
  token?: string | undefined;
  invitation?: { link: string | null; to: string; sent: boolean; expiresAt: string } | null;
  accountInfo?: { to: string; subject: string; text: string; sent: boolean } | null;
};

/** A new account, with what is shown of it once. */
export type Created = {
  id: number;
  kind: AccountKind;
  userName: string;
  secrets: Secret[];
  /** What there is to try the credentials out with. */
  credentials: Pick<Answered, 'password' | 'apiKey' | 'secretKey' | 'token'>;
  /** What has happened beside, for its creator to know. */
  sent: string[];
  /** What is for the creator to pass on, and no secret. */
  message: { to: string; subject: string; text: string } | null;
};

export function createdOf(kind: AccountKind, answer: Answered): Created {
  const { id, password, apiKey, secretKey, token, invitation, accountInfo } = answer;
  const userName = answer.userName ?? answer.accessId ?? '';
  const link = invitation?.link ?? undefined;
  const prefix = { user: 'TAXIWAY', read_only: 'TAXIWAY', api: 'TAXIWAY', taxii: 'TAXII' }[kind];
  const found: [string, string | undefined, string][] = [
    ['Password', password, `${prefix}_PASSWORD`],
    ['API key', apiKey, `${prefix}_API_KEY`],
    ['Secret Key', secretKey, `${prefix}_SECRET_KEY`],
    ['Token', token, `${prefix}_TOKEN`],
    ['Invitation', link, `${prefix}_INVITATION`],
  ];
  const secrets = found.flatMap(([label, value, variable]): Secret[] =>
    value === undefined ? [] : [{ label, value, variable }],
  );
  const name: Secret =
    kind === 'api'
      ? { label: 'Access ID', value: userName, variable: `${prefix}_ACCESS_ID`, isOpen: true }
      : { label: 'User name', value: userName, variable: `${prefix}_USERNAME`, isOpen: true };
  return {
    id,
    kind,
    userName,
    secrets: secrets.length === 0 ? [] : [name, ...secrets],
    credentials: { password, apiKey, secretKey, token },
    sent: [
      ...(invitation?.sent === true ? [`The invitation is on its way to ${invitation.to}.`] : []),
      ...(accountInfo?.sent === true ? [`The account information is on its way to ${accountInfo.to}.`] : []),
    ],
    message: accountInfo?.sent === false ? accountInfo : null,
  };
}

/** The same without what was shown once. */
export function withoutSecrets(created: Created): Created {
  return { ...created, secrets: [], credentials: {} };
}
