/** What a client is configured with. */
export type Connection = {
  userName: string;
  discoveryUrl: string;
  apiRootUrl: string;
  collection: { id: string; title: string; url: string };
};

/** How one client is configured: the values of its form by the names of the fields, what is pasted, and what to know. */
export type Client = {
  id: string;
  name: string;
  where: string;
  settings: readonly (readonly [field: string, value: string])[];
  paste?: { label: string; text: string };
  notes: readonly string[];
};

/** Stands where the password is filled in by hand: settings that are copied around hold no secret. */
const PASSWORD = 'the password (or the API key), as it was shown once';

/** The settings of the usual clients for one collection. */
export function clientsFor(connection: Connection): Client[] {
  return [
    curl(connection),
    python(connection),
    sentinel(connection),
    splunk(connection),
    elastic(connection),
    openCti(connection),
    misp(connection),
  ];
}

function curl({ userName, collection }: Connection): Client {
  return {
    id: 'curl',
    name: 'curl',
    where: 'In a terminal. curl asks for the password, so that it stands in no history.',
    settings: [],
    paste: {
      label: 'Command',
      text: [
        `curl -sS -u ${quoted(userName)} \\`,
        "  -H 'Accept: application/taxii+json;version=2.1' \\",
        `  ${quoted(`${slashed(collection.url)}objects/?limit=100`)}`,
      ].join('\n'),
    },
    notes: ['While “more” is true in an answer, ask again with “next” of that answer as a parameter.'],
  };
}

function python({ userName, collection }: Connection): Client {
  return {
    id: 'python',
    name: 'Python',
    where:
      'With taxii2-client of OASIS: pip install taxii2-client. The password is read from the environment.',
    settings: [],
    paste: {
      label: 'Program',
      text: [
        'import os',
        '',
        'from taxii2client.v21 import Collection, as_pages',
        '',
        'collection = Collection(',
        `    ${JSON.stringify(slashed(collection.url))},`,
        `    user=${JSON.stringify(userName)},`,
        '    password=os.environ["TAXII_PASSWORD"],',
        ')',
        'for envelope in as_pages(collection.get_objects, per_request=500):',
        '    for stix_object in envelope.get("objects", []):',
        '        print(stix_object["id"])',
      ].join('\n'),
    },
    notes: ['To go on where the last run ended, pass added_after with the date of the last object read.'],
  };
}

function sentinel({ userName, apiRootUrl, collection }: Connection): Client {
  return {
    id: 'sentinel',
    name: 'Microsoft Sentinel',
    where:
      'Content hub: Threat Intelligence; then Data connectors: Threat intelligence – TAXII, once for each collection.',
    settings: [
      ['Friendly name (for server)', `Taxiway ${collection.title}`],
      ['API root URL', slashed(apiRootUrl)],
      ['Collection ID', collection.id],
      ['Username', userName],
      ['Password', PASSWORD],
      ['Import indicators', 'All available'],
      ['Polling frequency', 'Once an hour'],
    ],
    notes: ['Sentinel connects from Azure: this server must be reachable there over HTTPS.'],
  };
}

function splunk({ userName, apiRootUrl, collection }: Connection): Client {
  return {
    id: 'splunk',
    name: 'Splunk',
    where:
      'Enterprise Security 8.2 or later. Keep user name and password under Configure, General settings, Credentials; then add a TAXII 2 threat source for each collection.',
    settings: [
      ['Credential: Username', userName],
      ['Credential: Password', PASSWORD],
      ['Name', `taxiway_${collection.id.slice(0, 8)}`],
      ['URL', slashed(apiRootUrl)],
      ['Collection', collection.id],
    ],
    notes: [
      'Enterprise Security before 8.2 reads TAXII 1.x only, which this server does not speak.',
      'The names of the fields differ a little between versions.',
    ],
  };
}

function elastic({ userName, collection }: Connection): Client {
  return {
    id: 'elastic',
    name: 'Elastic',
    where:
      'Elastic Agent with the integration “Custom Threat Intelligence”: STIX 2.1 data via CEL input, once for each collection.',
    settings: [
      ['URL API endpoint', `${slashed(collection.url)}objects/`],
      ['Enable TAXII 2.1', 'on'],
      ['Basic Auth Username', userName],
      ['Basic Auth Password', PASSWORD],
      ['Interval', '5m'],
      ['Initial Interval', '720h'],
      ['Limit', '500'],
      ['Feed name', `Taxiway ${collection.title}`],
    ],
    notes: [
      'User name, password and limit are among the advanced options.',
      'Filebeat’s own threat intelligence module does not read TAXII 2.1: use the Agent.',
    ],
  };
}

function openCti({ userName, discoveryUrl, apiRootUrl, collection }: Connection): Client {
  const root = new URL(apiRootUrl).pathname.split('/').filter(Boolean).at(-1) ?? '*';
  // The connector separates API root and title by a dot, and collections by commas.
  const title = /[.,]/.test(collection.title) ? '*' : collection.title;
  return {
    id: 'opencti',
    name: 'OpenCTI',
    where: 'Built in: Data, Ingestion, TAXII feeds. Or the connector “taxii2”, as below.',
    settings: [
      ['TAXII server URL', apiRootUrl.replace(/\/$/, '')],
      ['TAXII version', '2.1'],
      ['TAXII collection', collection.id],
      ['Authentication type', 'Basic user / password'],
      ['Username', userName],
      ['Password', PASSWORD],
    ],
    paste: {
      label: 'Environment of the connector (docker-compose.yml)',
      text: [
        `- TAXII2_DISCOVERY_URL=${discoveryUrl}`,
        `- TAXII2_USERNAME=${userName}`,
        '- TAXII2_PASSWORD=$TAXII_PASSWORD',
        '- TAXII2_USE_TOKEN=false',
        '- TAXII2_V21=true',
        JSON.stringify(`TAXII2_COLLECTIONS=${root}.${title}`).replace(/^/, '- '),
        '- TAXII2_INITIAL_HISTORY=720',
        '- TAXII2_INTERVAL=1',
        '- TAXII2_VERIFY_SSL=true',
      ].join('\n'),
    },
    notes: [
      'History and interval are in hours.',
      ...(title === '*'
        ? [
            'The title of the collection has a dot or a comma, which the connector cannot name: it reads all of them.',
          ]
        : []),
    ],
  };
}

function misp({ userName, discoveryUrl, apiRootUrl, collection }: Connection): Client {
  const { origin, pathname } = new URL(apiRootUrl);
  return {
    id: 'misp',
    name: 'MISP',
    where:
      'Sync actions, TAXII servers, Add. MISP adds its events to the collection, and lists what is there.',
    settings: [
      ['Name', `Taxiway ${collection.title}`],
      ['Discovery URL', discoveryUrl],
      ['Authentication type', 'Basic'],
      ['Username', userName],
      ['Password', PASSWORD],
      ['API root', slashed(apiRootUrl)],
      ['Collection', collection.id],
    ],
    notes: [
      `Versions with the fields Base URL, API root and API key want ${origin}, ${pathname.replaceAll(/^\/|\/$/g, '')}, and user name and password with a colon between them in base64.`,
      'To take the objects of a collection in as events, use the import module “taxii21” of misp-modules with the same values.',
    ],
  };
}

const slashed = (url: string) => (url.endsWith('/') ? url : `${url}/`);

/** For a POSIX shell. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
