// What the documentation shows works as it is shown.

import { existsSync, globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PROBLEMS } from '../src/messages/problems/explanations.ts';
import { TROUBLE_KINDS } from '../src/model/notification.ts';
import { COMMAND_VERBS } from '../src/model/verbs.ts';
import { CHANNEL_SERVICES } from '../src/settings/channels.ts';
import { signingKeys } from '../src/settings/signing-keys.ts';
import { OWN_VARIABLES } from '../src/settings/variables.ts';
import { readSettings } from '../src/settings.ts';
import { environment, loadFiles } from './load/environment.ts';
import { SCENARIOS } from './torture/scenarios.ts';

const HOST = 'etc/phoenix_hypervisor_config.json';

/** The code blocks of a page, in their order. */
async function blocks(page: string, language: string): Promise<string[]> {
  const text = await readFile(new URL(`../docs/${page}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, of, block = '']) =>
    of === language ? [block] : [],
  );
}

test('the policy of docs/policy.md is read without a problem', async () => {
  const [example = ''] = await blocks('policy.md', 'json');
  const files = environment();
  files[HOST] = { ...files[HOST], ...JSON.parse(example) };
  const { config, problems } = loadFiles(files);
  expect(problems).toEqual([]);
  expect(config?.hypervisor.policy).toEqual({
    approvals: { destroy: 2, recreate: 1, restart: 0, live: 0, secrets: 1 },
    approvers: ['ada', 'bob', 'grace'],
    approvalsBy: 'comment',
    maxDeletePercent: 25,
    protected: ['lxc/101', '1001'],
    applyWindows: [{ cron: '0 2 * * 1-5', minutes: 180, timezone: 'Europe/Berlin' }],
    signedCommits: 'head',
  });
});

test('the keys of docs/policy.md are taken', async () => {
  const [example = ''] = await blocks('policy.md', '');
  expect(signingKeys(example)).toMatchObject({
    value: { openpgp: [expect.any(String)], ssh: [/^ada/, /^bob/].map((name) => expect.stringMatching(name)) },
  });
});

test('every promise of docs/guarantees.md names tests that are there, and every scenario is named', async () => {
  const text = await readFile(new URL('../docs/guarantees.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (?!-|promise)(.*?) +\| (.*?) +\|$/gm)];
  const named = rows.map(([, promise, shown = '']) => ({
    promise,
    files: [...shown.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
  }));
  const isThere = (file: string) =>
    ['', '.ts', '.test.ts'].some((end) => /\.ts$/.test(file + end) && existsSync(pathOf(file + end)));
  expect(named.length).toBeGreaterThan(12);
  expect(named.filter(({ files }) => files.length === 0 || !files.every(isThere))).toEqual([]);
  const shown = new Set(named.flatMap(({ files }) => files));
  const scenarios = SCENARIOS.map(({ name }) => `torture/scenarios/${name}`);
  expect(scenarios.filter((file) => !shown.has(file))).toEqual([]);
  // The command that tries them is the one that runs their file.
  const isLong = (await readFile(pathOf('torture/torture.test.ts'), 'utf8')).includes('@module-tag long');
  expect(text).toContain(`\`${isLong ? 'npm run test:long' : 'npm test'}\` tries each of them a few times`);
});

test('pages for developers name files and folders that are there', async () => {
  const root = pathOf('..');
  const pages = globSync(['ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/{develop,decisions}/*.md'], { cwd: root });
  const texts = await Promise.all(pages.map((page) => readFile(pathOf(`../${page}`), 'utf8')));
  const named = [...texts.join('\n').matchAll(/`((?:src|test|lab|scripts|deploy)\/[\w./*-]+)`/g)];
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter(([, path = '']) => globSync(path, { cwd: root }).length === 0);
  expect(missing.map(([path]) => path)).toEqual([]);
});

test('docs/migration.md says of every verb what becomes of it, and names codes that there are', async () => {
  const text = await readFile(new URL('../docs/migration.md', import.meta.url), 'utf8');
  expect(COMMAND_VERBS.filter((verb) => !new RegExp(`^\\|.*\\|.*\\b${verb}\\b.*\\|.*\\|$`, 'm').test(text))).toEqual(
    [],
  );
  const codes = [...text.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code = '']) => code);
  expect(codes.length).toBeGreaterThan(8);
  expect(codes.filter((code) => !Object.hasOwn(PROBLEMS, code))).toEqual([]);
});

test('every setting of the agent, kind of notification and channel is in its table', async () => {
  const textOf = (page: string) => readFile(pathOf(`../docs/${page}`), 'utf8');
  const [agent, notifications] = [await textOf('agent.md'), await textOf('notifications.md')];
  const rows = settingRows(agent);
  // Those of commands and of the lab are in the sentences below the table.
  const ofCommands = ['PHOENIX_URL', 'PHOENIX_PORTAINER_URL', 'PHOENIX_PORTAINER_TOKEN', 'PHOENIX_LAB'];
  expect(ofCommands.filter((name) => !agent.includes(`\`${name}\``))).toEqual([]);
  const own = [...OWN_VARIABLES].filter((name) => !/_(FILE|BEFORE)$|^SOPS_/.test(name) && !ofCommands.includes(name));
  expect(own.length).toBeGreaterThan(35);
  expect(own.filter((name) => !rows.has(name) && !rows.has(`${name}_FILE`))).toEqual([]);
  const listed = [...TROUBLE_KINDS, ...CHANNEL_SERVICES];
  expect(listed.filter((name) => !new RegExp(`^\\| \`${name}\` .*\\|$`, 'm').test(notifications))).toEqual([]);
});

test('the defaults of the settings are those of the agent', async () => {
  const rows = settingRows(await readFile(pathOf('../docs/agent.md'), 'utf8'));
  const needed = {
    PHOENIX_REPO_URL: 'https://git.example/infra.git',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.example',
  };
  const { settings } = readSettings({ ...needed, HOME: '~' }, () => '', { receiving: false });
  expect(settings).not.toBeNull();
  const { host, port } = settings?.listen ?? {};
  const defaults = {
    PHOENIX_BRANCH: settings?.branch,
    PHOENIX_WEBHOOK_CONTENT_TYPE: settings?.webhookContentType,
    PHOENIX_LISTEN: `${host}:${port}`,
    PHOENIX_PAGES: settings?.pages,
    PHOENIX_DATA_DIR: settings?.dataDir,
    PHOENIX_INSTALLATION: settings?.installation,
    PHOENIX_HOST: settings?.host.kind,
    PHOENIX_POLL_SECONDS: settings?.pollSeconds,
    PHOENIX_DRIFT_SECONDS: settings?.driftSeconds,
    PHOENIX_MAX_PACK_MB: settings?.maxPackMb,
    PHOENIX_LOG: settings?.log,
    PHOENIX_STRICT_SECRETS: Number(settings?.strictSecrets),
    PHOENIX_PLAN_FORKS: Number(settings?.planForks),
    OTEL_SERVICE_NAME: settings?.traces?.service,
  };
  const shown = [...rows].filter(([, text]) => text.startsWith('`'));
  expect(Object.fromEntries(shown)).toEqual(
    Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, `\`${value}\``])),
  );
});

/** Names of the table in docs/agent.md, each with its cell of the defaults: one for each name, or one for all of the row. */
function settingRows(page: string): Map<string, string> {
  const rows = [...page.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) +\| ([^|]+?) +\|/gm)];
  return new Map(
    rows.flatMap(([, names = '', defaults = '']) => {
      const each = defaults.split(', ');
      return names.split(', ').map((name, at) => [name.slice(1, -1), each[at] ?? each[0] ?? ''] as const);
    }),
  );
}

test('every page of docs is in the sidebar of the site, decisions by their index', async () => {
  const sidebar = await readFile(new URL('../site/.vitepress/sidebar.mjs', import.meta.url), 'utf8');
  const pages = globSync('{*,reference/*,examples/README,develop/README}.md', { cwd: pathOf('../docs') });
  const places = pages.map((page) => `/${page.replace(/(README)?\.md$/, '')}`);
  expect(places.length).toBeGreaterThan(20);
  expect(places.filter((place) => !sidebar.includes(`'${place}'`))).toEqual([]);
});

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));
