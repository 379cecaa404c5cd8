import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateTaxiiUserInput } from '../../../contract/taxii.ts';
import { deleteTaxiiUser, listTaxiiUsers } from '../../testing/account-changes.ts';
import { auditTrail, newOrganization, newPerson, refusalOf, type Someone } from '../../testing/builders.ts';
import { ENGINES, openTestApp, type TestApp } from '../../testing/test-app.ts';
import { findAccount, listAllowedOwners } from '../accounts/accounts.store.ts';
import { addMember, createOwner } from '../owners/owners.service.ts';
import { createTaxiiService } from '../taxii-services/taxii-services.service.ts';
import { createTaxiiUser } from './taxii-users.service.ts';

let number = 0;
const fresh = (word: string) => `${word}-${++number}`;

describe.each(ENGINES)('creating a TAXII user on %s', (engine) => {
  let app: TestApp;
  let organization: Awaited<ReturnType<typeof newOrganization>>;
  let administrator: Someone;
  beforeAll(async () => {
    app = await openTestApp(engine);
    organization = await newOrganization(app);
    administrator = organization.administrator;
  });
  afterAll(async () => await app?.close());

  const create = (changes: Partial<CreateTaxiiUserInput> = {}, caller = administrator) =>
    createTaxiiUser(app, caller, { userName: fresh('siem'), organization: organization.name, ...changes });
  const stored = async (userName: string) => {
    const account = await findAccount(app.db.read, userName);
    if (account === undefined) throw new Error(`${userName} was not stored`);
    return account;
  };
  const credentials = async (accountId: number) =>
    await app.db.read
      .selectFrom('credentials')
      .selectAll()
      .where('account_id', '=', accountId)
      .orderBy('id')
      .execute();

  describe('“your user account must have an Organization role of Organization Administrator”', () => {
    it('works as Organization Administrator', async () => {
      const user = await create();
      expect(await stored(user.userName)).toMatchObject({ organization_id: organization.id, kind: 'taxii' });
    });

    it.each(['Super User', 'Accounts Administrator', 'Operations Administrator', 'Administrator'] as const)(
      'works as %s of another organization',
      async (person) => {
        const caller = await newPerson(app, person, await newOrganization(app));
        expect(await create({}, caller)).toMatchObject({ organization: organization.name });
      },
    );

    it.each(['Standard User', 'Read Only User', 'Community Leader'] as const)(
      'is forbidden as %s of the organization',
      async (person) => {
        const caller = await newPerson(app, person, organization);
        const userName = fresh('siem');
        expect(await refusalOf(create({ userName }, caller))).toEqual({
          code: 'forbidden',
          details: { permission: 'account.create' },
        });
        expect(await findAccount(app.db.read, userName)).toBeUndefined();
      },
    );

    it('is refused as Organization Administrator of another organization, as if this one did not exist', async () => {
      const stranger = (await newOrganization(app)).administrator;
      const refusal = await refusalOf(create({}, stranger));
      const unknown = await refusalOf(create({ organization: 'No such one' }, stranger));
      expect(refusal.code).toBe('not_found');
      expect(unknown).toEqual({
        code: 'not_found',
        details: { message: refusal.details.message?.replace(organization.name, 'No such one') },
      });
    });

    it('is refused as a TAXII user, even one of the organization', async () => {
      const user = await create();
      const { createAccess } = await import('../../access/access.ts');
      const { findActor } = await import('../accounts/accounts.store.ts');
      const actor = await findActor(app.db.read, user.id, app.clock.now());
      if (actor === undefined) throw new Error('the TAXII user may not act');
      const refusal = await refusalOf(
        createTaxiiUser(
          app,
          { access: createAccess(actor) },
          {
            userName: fresh('siem'),
            organization: organization.name,
          },
        ),
      );
      expect(refusal.code).toBe('forbidden');
    });
  });

  describe('“a pseudonym is created automatically and cannot be edited”', () => {
    it('gives each account one of its own', async () => {
      const users = await Promise.all([create(), create(), create()]);
      const pseudonyms = users.map((user) => user.pseudonym);
      expect(new Set(pseudonyms).size).toBe(3);
      for (const pseudonym of pseudonyms) expect(pseudonym).toMatch(/^[a-z]+-[a-z]+-[a-z0-9]+$/);
      expect((await stored(users[0].userName)).pseudonym).toBe(pseudonyms[0]);
    });

    it('takes another where the first is in use, by a deleted account as well', async () => {
      const deleted = await create();
      await deleteTaxiiUser(app, administrator, deleted.userName);
      // The random source gives the octets of one and the same pseudonym until it is asked a third time.
      let asked = 0;
      const repeating = {
        ...app,
        secrets: {
          ...app.secrets,
          generate: (bits: number) => (bits === 40 && ++asked <= 3 ? 'AAAAAAA' : app.secrets.generate(bits)),
        },
      };
      const make = () =>
        createTaxiiUser(repeating, administrator, {
          userName: fresh('siem'),
          organization: organization.name,
        });
      const first = await make();
      await deleteTaxiiUser(app, administrator, first.userName);
      const second = await make();
      expect(second.pseudonym).not.toBe(first.pseudonym);
      expect(asked).toBeGreaterThan(3);
    });

    it.each(['pseudonym', 'systemRole', 'organizationRole', 'kind', 'id'])(
      'refuses a request that brings a %s of its own',
      async (field) => {
        const input = { userName: fresh('siem'), organization: organization.name, [field]: 'Administrator' };
        const refusal = await refusalOf(createTaxiiUser(app, administrator, input));
        expect(refusal.code).toBe('invalid_input');
        expect(refusal.details.message).toContain(field);
      },
    );
  });

  it('“an Organization role of Standard User is selected automatically”, with the System role Taxii User', async () => {
    const user = await create();
    expect(user.organizationRole).toBe('Standard User');
    expect(await stored(user.userName)).toMatchObject({
      organization_role: 'Standard User',
      system_role: 'Taxii User',
    });
  });

  describe('the user name', () => {
    it.each([
      ['as it is', 'North-Feed', 'North-Feed'],
      ['in another letter case', 'East-Feed', 'eAST-fEED'],
      ['in another Unicode composition', 'Säule', 'Sa\u0308ule'],
      ['in another letter case beyond ASCII', 'STRASSE', 'straße'],
      ['in full width', 'West-1', 'Ｗｅｓｔ－１'],
      ['with a ligature', 'office-siem', 'o\ufb03ce-siem'],
      ['with the other small sigma', 'ΑΣ-feed', 'ας-feed'],
    ])('is refused %s when it is taken in any organization', async (_, taken, again) => {
      const elsewhere = await newOrganization(app);
      await createTaxiiUser(app, elsewhere.administrator, {
        userName: taken,
        organization: elsewhere.name,
      });
      expect(await refusalOf(create({ userName: again }))).toEqual({
        code: 'name_taken',
        details: { message: `The user name "${again}" is already in use.` },
      });
    });

    it('is refused when an account of another kind has it', async () => {
      const refusal = await refusalOf(create({ userName: administrator.userName.toUpperCase() }));
      expect(refusal.code).toBe('name_taken');
    });

    it('is kept as it was written', async () => {
      const userName = fresh('Größe/Ω 1');
      await create({ userName });
      expect((await stored(userName.toLowerCase())).user_name).toBe(userName);
    });

    it.each([
      ['empty', ''],
      ['longer than 100 characters', 'x'.repeat(101)],
      ['with a colon, at which the user name ends in HTTP Basic', 'a:b'],
      ['with a control character', 'a\u0000b'],
      ['with an invisible character', 'a\u200bb'],
      ['with a text direction override', 'a\u202eb'],
      ['with half a surrogate pair', 'a\ud800'],
      ['that begins with a blank', ' siem'],
      ['that ends with a blank', 'siem\u00a0'],
    ])('is refused %s', async (_, userName) => {
      const refusal = await refusalOf(create({ userName }));
      expect(refusal).toMatchObject({
        code: 'invalid_input',
        details: { problems: [{ path: 'userName' }] },
      });
    });
  });

  describe('the credentials', () => {
    it('are generated, shown once and stored only as a hash', async () => {
      const user = await create({ apiKey: true });
      const { password = '', apiKey = '' } = user;
      expect(password).toMatch(/^[A-Za-z0-9_-]{32}$/);
      expect(apiKey).toMatch(/^txwk_[A-Za-z0-9_-]{32}[0-9a-f]{8}$/);
      const rows = await credentials(user.id);
      expect(rows.map((row) => [row.kind, row.algorithm, row.expires_at])).toEqual([
        ['password', 'sha256', null],
        ['api_key', 'sha256', null],
      ]);
      // Neither in any list, nor in the trail, nor in the log, nor anywhere among the stored rows.
      const everything = JSON.stringify([
        rows,
        await stored(user.userName),
        await listTaxiiUsers(app, administrator, organization.name),
        await auditTrail(app),
        app.logged,
      ]);
      expect(everything).toContain(user.userName);
      for (const secret of [password, apiKey, apiKey.slice(4)]) expect(everything).not.toContain(secret);
    });

    it('are different for each account', async () => {
      const users = await Promise.all([create({ apiKey: true }), create({ apiKey: true })]);
      expect(new Set(users.flatMap((user) => [user.password, user.apiKey])).size).toBe(4);
    });

    it('include an API key only where one is asked for', async () => {
      const user = await create();
      expect(user).not.toHaveProperty('apiKey');
      expect(await credentials(user.id)).toHaveLength(1);
    });

    it('keep a typed password as Argon2id and never give it back', async () => {
      const user = await create({ password: 'a Phrase: of five words' });
      expect(user).not.toHaveProperty('password');
      const [row] = await credentials(user.id);
      expect(row?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect(JSON.stringify([await auditTrail(app), app.logged])).not.toContain('of five words');
    });

    it.each([
      ['shorter than 15 characters', 'fourteen-chars', 'at least 15'],
      ['longer than 1024 octets', 'äbcd'.repeat(205), 'at most 1024'],
      ['with a control character', 'line one\nline two', 'control characters'],
      ['with half a surrogate pair, which no client can send', 'enough letters \ud83d', 'control characters'],
      ['of fewer than 4 different characters', 'abcabcabcabcabc', 'at least 4 different'],
      [
        'that is the user name',
        'Rotterdam-Port-Feed',
        'the name of the product, the organization or the account',
      ],
    ])('refuse a typed password %s', async (_, password, why) => {
      const refusal = await refusalOf(create({ userName: 'rotterdam-port-feed', password }));
      expect(refusal.code).toBe('invalid_input');
      expect(refusal.details.message).toContain(why);
      // The refusal does not repeat what was typed.
      expect(JSON.stringify(refusal)).not.toContain(password);
    });

    it('accept a typed password of exactly 15 characters that are no ASCII letters', async () => {
      await expect(create({ password: 'пароль🔑длиннее…' })).resolves.toMatchObject({
        id: expect.any(Number),
      });
    });
  });

  describe('the TAXII service', () => {
    it('is the only one that the organization can use, when none is named', async () => {
      expect((await create()).service).toEqual({ name: 'Intelligence', path: 'intel' });
    });

    it('must be named where there are several, by name or by path', async () => {
      const own = await openTestApp(engine);
      try {
        const there = await newOrganization(own);
        await createTaxiiService(own, own.operator, { name: 'Partner Feed', path: 'partners/feed' });
        const make = (service?: string) =>
          createTaxiiUser(own, there.administrator, {
            userName: fresh('siem'),
            organization: there.name,
            ...(service === undefined ? {} : { service }),
          });
        const refusal = await refusalOf(make());
        expect(refusal.details.message).toBe('service: must be one of: Intelligence, Partner Feed');
        expect((await make('partner feed')).service.path).toBe('partners/feed');
        expect((await make('/partners/feed/')).service.path).toBe('partners/feed');
        const users = await listTaxiiUsers(own, there.administrator, there.name);
        expect(users.map((user) => user.service?.path)).toEqual(['partners/feed', 'partners/feed']);
      } finally {
        await own.close();
      }
    });

    it('is not found when the organization may not use it, as if it did not exist', async () => {
      const other = await newOrganization(app);
      const name = fresh('Private');
      await createTaxiiService(app, app.operator, {
        name,
        path: fresh('private'),
        organizations: [other.name],
      });
      const refusal = await refusalOf(create({ service: name }));
      const unknown = await refusalOf(create({ service: 'Nothing' }));
      expect(refusal.code).toBe('not_found');
      expect(unknown.details.message).toBe(refusal.details.message?.replace(name, 'Nothing'));
      const theirs = await createTaxiiUser(app, other.administrator, {
        userName: fresh('siem'),
        organization: other.name,
        service: name,
      });
      expect(theirs.service.name).toBe(name);
    });
  });

  it('may leave it locked or disabled, or neither', async () => {
    const states = async (changes: Partial<CreateTaxiiUserInput>) => {
      const { userName } = await create(changes);
      const users = await listTaxiiUsers(app, administrator, organization.name);
      const user = users.find((each) => each.userName === userName);
      return [user?.status.state, user?.locked, user?.disabled];
    };
    expect(await states({})).toEqual(['active', false, false]);
    expect(await states({ locked: true })).toEqual(['locked', true, false]);
    expect(await states({ disabled: true })).toEqual(['disabled', false, true]);
    expect(await states({ locked: true, disabled: true })).toEqual(['disabled', true, true]);
  });

  describe('an allow-list', () => {
    const newCommunity = async () =>
      await createOwner(app, app.operator, { kind: 'community', name: fresh('Community') });

    it('narrows the account to its organization and to owners that it is a member of', async () => {
      const community = await newCommunity();
      await addMember(app, app.operator, {
        owner: community.name,
        organization: organization.name,
        defaultRole: 'User',
      });
      const user = await create({
        onlyOwners: [organization.name, community.name.toUpperCase(), community.name],
      });
      const rows = await listAllowedOwners(app.db.read, [user.id]);
      expect(rows.map((row) => row.owner_name)).toEqual([organization.name, community.name]);
      expect((await stored(user.userName)).narrowed).toBe(1);
    });

    it('is refused with an owner that the organization is no member of, as if it did not exist', async () => {
      const community = await newCommunity();
      const userName = fresh('siem');
      const refusal = await refusalOf(create({ userName, onlyOwners: [organization.name, community.name] }));
      const unknown = await refusalOf(create({ onlyOwners: ['Nothing'] }));
      expect(refusal.code).toBe('not_found');
      expect(unknown.details.message).toBe(refusal.details.message?.replace(community.name, 'Nothing'));
      expect(await findAccount(app.db.read, userName)).toBeUndefined();
    });

    it('is refused with another organization', async () => {
      const other = await newOrganization(app);
      expect((await refusalOf(create({ onlyOwners: [other.name] }))).code).toBe('not_found');
    });

    it('is refused empty, which would mean everything or nothing', async () => {
      expect((await refusalOf(create({ onlyOwners: [] }))).code).toBe('invalid_input');
    });
  });

  it('keeps the contact e-mail, and refuses what is none', async () => {
    const user = await create({ contactEmail: 'soc@example.org' });
    expect((await stored(user.userName)).contact_email).toBe('soc@example.org');
    expect((await refusalOf(create({ contactEmail: 'nobody' }))).code).toBe('invalid_input');
  });
});
