import type { CommunityRole, OrganizationRole, SystemRole } from '../../../contract/roles.ts';

/** The organizations, people and machines of the demo. All of them are invented. */

export const HOME = 'Tarnholm Line';
export const STAFF = 'Harbour Operations';
export const COMMUNITY = 'Breakwater Exchange';
export const SOURCE = 'Lanternfish Labs';
export const GRAUWERTH = 'Grauwerth Port Authority';
export const SKERRY = 'Skerry Freight';
export const NORDLYS = 'Nordlys Ferries';
/** When that was disabled. */
export const LEFT_DAYS_AGO = 26;
export const RESEARCH = 'Lanternfish Research';

type Organization = {
  name: string;
  domain: string;
  daysAgo: number;
  description: string;
  limits?: { users?: number; apiUsers?: number; taxiiUsers?: number };
};

export const ORGANIZATIONS: readonly Organization[] = [
  {
    name: HOME,
    domain: 'tarnholm.example',
    daysAgo: 236,
    description: 'Passenger and car ferries between eleven harbours; runs its own security operations.',
    limits: { users: 70, apiUsers: 8, taxiiUsers: 15 },
  },
  {
    name: GRAUWERTH,
    domain: 'grauwerth.example',
    daysAgo: 214,
    description: 'The port at the mouth of the Grau: terminals, locks and vessel traffic.',
    limits: { users: 10, taxiiUsers: 2 },
  },
  {
    name: SKERRY,
    domain: 'skerry-freight.example',
    daysAgo: 190,
    description: 'Container feeders. Shrank its contract in spring.',
  },
  {
    name: NORDLYS,
    domain: 'nordlys.example',
    daysAgo: 170,
    description: 'Left the exchange when it was sold.',
  },
  {
    name: RESEARCH,
    domain: 'lanternfish.example',
    daysAgo: 229,
    description: 'Publishes the daily feed of Lanternfish Labs.',
  },
];

export type Owner = { kind: 'community' | 'source'; name: string; anonymous: boolean; description: string };
export const OWNERS: readonly Owner[] = [
  {
    kind: 'community',
    name: COMMUNITY,
    anonymous: true,
    description: 'Ferry and port operators tell each other what they see.',
  },
  {
    kind: 'source',
    name: SOURCE,
    anonymous: false,
    description: 'A daily feed of indicators.',
  },
];

export const MEMBERS: readonly { owner: string; organization: string; defaultRole: CommunityRole }[] = [
  { owner: COMMUNITY, organization: HOME, defaultRole: 'User' },
  { owner: COMMUNITY, organization: GRAUWERTH, defaultRole: 'Commenter' },
  { owner: COMMUNITY, organization: SKERRY, defaultRole: 'Subscriber' },
  { owner: COMMUNITY, organization: NORDLYS, defaultRole: 'Banned' },
  { owner: COMMUNITY, organization: RESEARCH, defaultRole: 'Contributor' },
  { owner: SOURCE, organization: HOME, defaultRole: 'User' },
  { owner: SOURCE, organization: GRAUWERTH, defaultRole: 'User' },
  { owner: SOURCE, organization: RESEARCH, defaultRole: 'Editor' },
];

type SignIn = {
  role: string;
  name: string;
  organization: string;
  systemRole: SystemRole;
  organizationRole: OrganizationRole;
};
const staff = (name: string, systemRole: SystemRole): SignIn => ({
  ...{ role: systemRole, name, organization: STAFF, systemRole },
  organizationRole: 'Organization Administrator',
});

/** Those whose sign-in is printed. The first one sets the instance up. */
export const SIGN_INS: readonly [SignIn, ...SignIn[]] = [
  staff('Edda Marwick', 'Administrator'),
  staff('Ruben Castellan', 'Operations Administrator'),
  staff('Salome Okafor', 'Accounts Administrator'),
  {
    ...{ role: 'Organization Administrator', name: 'Mirela Kovac', organization: HOME, systemRole: 'User' },
    organizationRole: 'Organization Administrator',
  },
  {
    ...{ role: 'Standard User', name: 'Jonas Feld', organization: HOME, systemRole: 'User' },
    organizationRole: 'Standard User',
  },
  {
    ...{ role: 'Read Only User', name: 'Tove Lindqvist', organization: HOME, systemRole: 'Read Only User' },
    organizationRole: 'Read Only User',
  },
];

/** What somebody's account has come to; without one it is used every few days. */
export type Fate =
  | 'invited'
  | 'invitation ended'
  | 'locked'
  | 'locked by the system'
  | 'disabled'
  | 'expired'
  | 'expires soon'
  | 'never used'
  | 'not used lately'
  | 'second factor'
  | 'second factor to be set up'
  | 'terms to be accepted'
  | 'deleted';

export type Somebody = {
  name: string;
  organization: string;
  daysAgo: number;
  role: OrganizationRole;
  isReadOnly?: boolean;
  fate?: Fate;
};

const FATES: Readonly<Record<string, Fate>> = {
  'Ilse Vantongeren': 'invited',
  'Pavel Dornik': 'invited',
  'Amara Osei': 'invited',
  'Henrik Solvang': 'invitation ended',
  'Bogdan Ilic': 'locked',
  'Carla Mendizabal': 'locked',
  'Timo Raske': 'locked by the system',
  'Yusuf Karadag': 'disabled',
  'Leonie Achterberg': 'disabled',
  'Nils Brandvold': 'disabled',
  'Giulia Sartori': 'expired',
  'Oskar Wendt': 'expires soon',
  'Priya Raman': 'expires soon',
  'Dag Torgersen': 'never used',
  'Wiebke Harms': 'never used',
  'Stefan Lupu': 'never used',
  'Anneke Dijkstra': 'not used lately',
  'Marek Zielny': 'not used lately',
  'Fatima Belkacem': 'not used lately',
  'Kerstin Olander': 'second factor',
  'Rafael Quiroga': 'second factor',
  'Hanna Tiedemann': 'second factor',
  'Sunniva Aas': 'second factor to be set up',
  'Milan Petrik': 'terms to be accepted',
  'Ewa Gradowska': 'terms to be accepted',
  'Viktor Holm': 'deleted',
};

/** The people of the ferry company, in the order in which they came. */
const CREW =
  `Kerstin Olander, Rafael Quiroga, Bogdan Ilic, Anneke Dijkstra, Dag Torgersen, Hanna Tiedemann, Marek Zielny,
  Viktor Holm, Nils Brandvold, Astrid Fjeldheim, Tomas Havel, Ingrid Nyqvist, Paolo Ferrante, Sanne de Wit, Lukas Baumgart,
  Freya Haugland, Mateo Carranza, Birgit Stolz, Aino Korpela, Emil Rosander, Chiara Bellandi, Jakub Wolny, Lina Farouk,
  Yusuf Karadag, Fatima Belkacem, Wiebke Harms, Carla Mendizabal, Torben Asmussen, Noor van Beek, Radka Simova, Arvid Ekholm,
  Giulia Sartori, Greta Lindholm, Diego Anchorena, Maja Krogh, Stefan Lupu, Oskar Wendt, Leonie Achterberg, Ivo Marinov,
  Selma Aydin, Anton Rybak, Clara Weissen, Timo Raske, Priya Raman, Mikkel Thorup, Rosa Almeda, Janne Heikkila, Petra Novotna,
  Samuel Adeyemi, Henrik Solvang, Sunniva Aas, Milan Petrik, Ewa Gradowska, Pavel Dornik, Amara Osei, Ilse Vantongeren`
    .split(',')
    .map((name) => name.trim());

const ROLES: readonly OrganizationRole[] = [
  'Standard User',
  'Sharing User',
  'Standard User',
  'App Developer',
  'Standard User',
  'Read Only Commenter',
];
/** Came lately: since the terms of service must be accepted, or to be invited. */
const NEWCOMERS = 6;

function crewOf(names: readonly string[]): Somebody[] {
  const early = names.length - NEWCOMERS;
  return names.map((name, index) => {
    const fate = FATES[name];
    const isReadOnly = index % 11 === 9;
    return {
      name,
      organization: HOME,
      daysAgo: index < early ? 228 - (index * 190) / early : 5 - (index - early) * 0.7,
      role: isReadOnly ? 'Read Only User' : (ROLES[index % ROLES.length] ?? 'Standard User'),
      ...(isReadOnly ? { isReadOnly } : {}),
      ...(fate === undefined ? {} : { fate }),
    };
  });
}

/** The people of another organization; the first administers it. */
function small(organization: string, daysAgo: number, names: string): Somebody[] {
  return names.split(',').map((name, index) => ({
    name: name.trim(),
    organization,
    daysAgo: daysAgo - index * 4,
    role: index === 0 ? 'Organization Administrator' : 'Standard User',
  }));
}

export const PEOPLE: readonly Somebody[] = [
  ...crewOf(CREW),
  ...small(
    GRAUWERTH,
    210,
    'Dorte Haller, Bastian Kroll, Nele Voss, Rikard Strand, Ulla Pohl, Cem Yalcin, Jo Martens, Anke Rieger, Sven Ottesen',
  ),
  ...small(SKERRY, 186, 'Fergus Tait, Isla Munro, Callum Reid, Morag Baird, Ewan Leask, Shona Drever'),
  ...small(NORDLYS, 166, 'Liv Aamodt, Jens Hovland, Marit Sande'),
  ...small(RESEARCH, 225, 'Quentin Abara, Mei Castellanos, Dario Fusco'),
];

export const GROUPS: readonly { name: string; description: string; members: readonly string[] }[] = [
  {
    name: 'Security operations',
    description: 'The watch on shore, around the clock.',
    members: [
      'Kerstin Olander',
      'Rafael Quiroga',
      'Hanna Tiedemann',
      'Tomas Havel',
      'Ingrid Nyqvist',
      'Jonas Feld',
    ],
  },
  {
    name: 'Fleet IT',
    description: 'Networks and systems on board.',
    members: ['Paolo Ferrante', 'Sanne de Wit', 'Lukas Baumgart', 'Freya Haugland', 'Arvid Ekholm'],
  },
  {
    name: 'Incident response',
    description: 'Whoever is called when it burns.',
    members: ['Rafael Quiroga', 'Aino Korpela', 'Emil Rosander', 'Mirela Kovac'],
  },
  {
    name: 'Auditors',
    description: 'Look, and change nothing.',
    members: ['Tove Lindqvist', 'Astrid Fjeldheim'],
  },
];

/** Roles of single accounts in the community and the source. */
export const COMMUNITY_ROLES_GIVEN: readonly { owner: string; name: string; role: CommunityRole }[] = [
  { owner: COMMUNITY, name: 'Mirela Kovac', role: 'Director' },
  { owner: COMMUNITY, name: 'Rafael Quiroga', role: 'Contributor' },
  { owner: COMMUNITY, name: 'Hanna Tiedemann', role: 'Editor' },
  { owner: COMMUNITY, name: 'Bogdan Ilic', role: 'Banned' },
  { owner: COMMUNITY, name: 'Dorte Haller', role: 'Editor' },
  { owner: SOURCE, name: 'Quentin Abara', role: 'Director' },
];

/** Where somebody's mail goes, which is the user name. */
export function emailOf({ name, organization }: { name: string; organization: string }): string {
  const domain =
    organization === STAFF
      ? 'harbour-operations.example'
      : (ORGANIZATIONS.find((each) => each.name === organization)?.domain ?? 'nowhere.example');
  return `${name.toLowerCase().replaceAll(' ', '.')}@${domain}`;
}

export function namesOf(name: string): { firstName: string; lastName: string } {
  const [firstName = '', ...rest] = name.split(' ');
  return { firstName, lastName: rest.join(' ') };
}
