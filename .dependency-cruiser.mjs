/**
 * Who may import whom. `test/architecture.test.ts` plants a violation of each rule and expects it to be reported.
 *
 * Paths are matched with optional leading parts (`(^|/)node_modules/`), because the planted tree borrows its node_modules
 * through a symbolic link.
 */
const TESTS = '(^test/|^bench/|^server/testing/|\\.(test|soak)\\.tsx?$)';
const FEATURE_FILE = (layer) => `^server/features/.+\\.${layer}\\.ts$`;

const packages = (...names) => `(^|/)node_modules/(@types/)?(${names.join('|')})/`;
const SQL = `${packages('kysely', 'pg')}|^(node:)?sqlite$`;
const HTTP = packages('hono', '@hono/[^/]+');

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'What imports each other is one thing: put it together, or sink what both need.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'contract-imports-only-zod',
      comment: 'The console loads the contract in a browser.',
      severity: 'error',
      from: { path: '^contract/', pathNot: TESTS },
      to: { pathNot: `^contract/|${packages('zod')}` },
    },
    {
      name: 'console-imports-only-contract',
      comment: 'What the console must know from the server is in the contract.',
      severity: 'error',
      from: { path: '^console/' },
      to: { path: '^(server|bench|scripts|test)/' },
    },
    {
      name: 'protocols-are-pure',
      comment:
        'Knowledge of the outside world, testable without us: no package, no Node.js module, nothing of ours.',
      severity: 'error',
      from: { path: '^server/protocols/', pathNot: TESTS },
      to: { pathNot: '^server/protocols/' },
    },
    {
      name: 'access-is-pure',
      comment: 'Rights are decided from values: no database, no HTTP, no Node.js module, no package.',
      severity: 'error',
      from: { path: '^server/access/', pathNot: TESTS },
      to: { pathNot: '^(server/access|contract)/|^server/errors\\.ts$' },
    },
    {
      name: 'rules-are-pure',
      comment: 'Business rules are decided from values: no store, no HTTP, no Node.js module, no package.',
      severity: 'error',
      from: { path: '\\.rules\\.ts$' },
      to: {
        pathNot: '^(server/(access|protocols)|contract)/|^server/(errors|db/schema)\\.ts$|\\.rules\\.ts$',
      },
    },
    {
      name: 'rules-take-rows-as-types',
      comment: 'A rule may say which columns it decides from; it reads no row.',
      severity: 'error',
      from: { path: '\\.rules\\.ts$' },
      to: { path: '^server/db/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'errors-know-only-contract',
      comment: 'The pure folders may throw AppError, so it must be pure, too.',
      severity: 'error',
      from: { path: '^server/errors\\.ts$' },
      to: { pathNot: '^contract/' },
    },
    {
      name: 'sql-only-in-stores-and-db',
      comment: 'A query stands in a store, or in server/db.',
      severity: 'error',
      from: { path: '^(server|contract|console)/', pathNot: `^server/db/|\\.store\\.ts$|${TESTS}` },
      to: { path: SQL },
    },
    {
      name: 'db-is-the-ground',
      comment: 'server/db knows rows and engines, and nothing that stands on it.',
      severity: 'error',
      from: { path: '^server/db/', pathNot: TESTS },
      to: { path: '^server/(features|http|access|cli|app\\.ts|main\\.ts)' },
    },
    {
      name: 'stores-know-rows-not-rights',
      comment:
        'A store imports the database, the contract, protocols, errors, and rules, which are pure; rights only as types.',
      severity: 'error',
      from: { path: '\\.store\\.ts$' },
      to: {
        pathNot: `^server/(db|protocols|access)/|^contract/|^server/errors\\.ts$|\\.(rules|store)\\.ts$|^(node:)?timers/promises$|${SQL}`,
      },
    },
    {
      name: 'stores-take-rights-as-types',
      comment: 'A store may name an actor or a target; it asks for no right.',
      severity: 'error',
      from: { path: '\\.store\\.ts$' },
      to: { path: '^server/access/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'hono-only-in-http',
      comment: 'The framework is an affair of server/http.',
      severity: 'error',
      from: { path: '^(server|contract)/', pathNot: `^server/http/|${TESTS}` },
      to: { path: HTTP },
    },
    {
      name: 'http-knows-no-features',
      comment: 'server/app.ts hands the routes to server/http.',
      severity: 'error',
      from: { path: '^server/http/', pathNot: TESTS },
      to: { path: '^server/(features|cli|app\\.ts|main\\.ts)' },
    },
    {
      name: 'routes-never-ask-stores',
      comment: 'A route calls a service, which asks for the right and opens the transaction.',
      severity: 'error',
      from: { path: '\\.routes\\.ts$' },
      to: { path: '\\.store\\.ts$|^server/db/' },
    },
    {
      name: 'services-call-no-services',
      comment: 'Shared decisions sink into rules, shared queries into a store.',
      severity: 'error',
      from: { path: '\\.service\\.ts$' },
      to: { path: '\\.service\\.ts$' },
    },
    {
      name: 'services-know-no-http',
      comment: 'A service is also called by the command line and by tests.',
      severity: 'error',
      from: { path: '\\.service\\.ts$' },
      to: { path: `^server/(http|cli|app\\.ts|main\\.ts)|\\.routes\\.ts$|${HTTP}` },
    },
    {
      name: 'cli-goes-through-the-app',
      comment:
        'A command calls services with what openApp gave it, and does not reach below them. Only serve knows HTTP.',
      severity: 'error',
      from: { path: '^server/cli/', pathNot: TESTS },
      to: { path: `^server/db/|${FEATURE_FILE('(rules|store)')}` },
    },
    {
      name: 'main-only-starts-commands',
      comment: 'main.ts turns arguments into one command.',
      severity: 'error',
      from: { path: '^server/main\\.ts$' },
      to: { path: '^(server|contract)/', pathNot: '^server/(cli/|config\\.ts$|log\\.ts$)' },
    },
    {
      name: 'testing-only-for-tests',
      comment: 'What helps tests has no place in the product.',
      severity: 'error',
      from: { pathNot: `${TESTS}|^scripts/` },
      to: { path: '^(server/testing|test|bench|scripts)/' },
    },
    {
      name: 'no-development-packages',
      comment: 'The product runs without devDependencies.',
      severity: 'error',
      from: { path: '^(server|contract|console/src)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    // Types too: who may not know a value may not know its type either, unless the rule says so.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: '(^|/)node_modules/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js'],
    },
  },
};
