// Importing stacks of a Portainer server, end to end, with the lab's Portainer behind the node.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asReadOnly, type OpenReadOnly } from '../../../src/cli/host/open.ts';
import { planHost } from '../../../src/cli/host/plan-host.ts';
import { importHost } from '../../../src/cli/import/import.ts';
import { validate } from '../../../src/cli/validate.ts';
import { TOKEN_FILE } from '../../../src/managers/portainer-api/service.ts';
import { withoutLiteralSecrets } from '../../../src/managers/stack/import-compose.ts';
import { CERTIFICATE, declared } from '../../managers/portainer/configuration.ts';
import { changeDatabase, databaseOf, prepared } from '../../managers/portainer/environment.ts';
import type { LabHost } from '../../support/host/lab-host.ts';
import { LONG_TEST } from '../../support/long.ts';
import { captured } from '../captured.ts';

const mention = (name: string) => `\${${name}}`;
const SHOP = `# The shop
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: hunter2-of-the-db # ask Kim
  web:
    image: shop:1.2
    environment:
      - DB_PASSWORD=hunter2-of-the-db
      - API_KEY=\${API_KEY}
      - "DATABASE=postgres://shop:hunter2-in-a-url@db/shop"
`;

const makeHost = prepared(declared({ version: '2.33.6' }), ['portainer/server', 'portainer/environment.docker host']);
let folder: string;
let host: LabHost;
let open: OpenReadOnly;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phoenix-import-stacks-'));
  host = await makeHost();
  open = async () => asReadOnly({ ...host, close: async () => {} });
  await host.write('/etc/hosts', `10.0.0.111 ${CERTIFICATE.commonName}\n10.0.0.102 agent.example.internal\n`);
  changeDatabase(host, ({ endpoints, stacks }) => {
    const [{ Id: EndpointId = 0 } = {}] = endpoints;
    const own = { Type: 2, EndpointId, Status: 1, CreationDate: 1, UpdateDate: 1 } as const;
    const variables = [
      { name: 'API_KEY', value: 'hunter2-of-the-api' },
      { name: 'PORT', value: '8080' },
      { name: 'PHOENIX_TARGET', value: 'stack/9.other' },
    ];
    stacks.push(
      { ...own, Id: 901, Name: 'shop', Env: variables, file: SHOP },
      { ...own, Id: 902, Name: 'built', Env: [], file: 'services:\n  web:\n    build: .\n' },
      {
        ...own,
        Id: 903,
        Name: 'leaky',
        Env: [],
        file: 'services:\n  web:\n    image: web\n    command: [--url, "https://a:hunter2@b.example"]\n',
      },
      { ...own, Id: 904, Name: 'swarm', Type: 1 as 2, Env: [], file: 'services: {}\n' },
    );
  });
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, await host.read('/usr/local/share/ca-certificates/phoenix-root.crt'));
  await writeFile(join(folder, 'token'), `${await host.read(TOKEN_FILE)}\n`);
  env = { PHOENIX_PORTAINER_TOKEN_FILE: join(folder, 'token'), PHOENIX_CA_FILE: ca };
});
afterAll(async () => {
  await host.close();
  await rm(folder, { recursive: true, force: true });
});

const portainer = `https://${CERTIFICATE.commonName}:9443`;
const bringIn = (out: string, more: object = {}, own: Record<string, string> = env) =>
  captured((io) => importHost({ host: 'local', out, portainer, json: true, ...more }, io, open), own);

test(
  'each is written as its compose file and its variables, no secret among them, and nothing would change',
  LONG_TEST,
  async () => {
    const out = join(folder, 'home');
    const said = await bringIn(out);
    expect(said.err).toBe('');
    const { files, secrets, left } = JSON.parse(said.out);
    expect(files.filter((path: string) => /stack/.test(path))).toEqual([
      'etc/schemas/stack.schema.json',
      'stacks/shop/docker-compose.yml',
      'stacks/shop/phoenix.json',
    ]);
    const compose = await readFile(join(out, 'stacks/shop/docker-compose.yml'), 'utf8');
    const hidden = SHOP.replace('hunter2-of-the-db # ask', `"${mention('POSTGRES_PASSWORD')}" # ask`)
      .replace('DB_PASSWORD=hunter2-of-the-db', `"DB_PASSWORD=${mention('DB_PASSWORD')}"`)
      .replace('postgres://shop:hunter2-in-a-url@db/shop', mention('DATABASE'));
    expect(compose).toBe(hidden);
    const reference = (name: string) => ({ name, value: { $secret: `file:/etc/phoenix/secrets/stack-shop.${name}` } });
    expect(JSON.parse(await readFile(join(out, 'stacks/shop/phoenix.json'), 'utf8'))).toMatchObject({
      $schema: '../../etc/schemas/stack.schema.json',
      environments: {
        production: {
          variables: [
            reference('API_KEY'),
            { name: 'PORT', value: '8080' },
            ...['POSTGRES_PASSWORD', 'DB_PASSWORD', 'DATABASE'].map(reference),
          ],
        },
      },
    });
    expect(secrets.map((one: { for: string; put: string; line: number }) => [one.for, one.put, one.line > 0])).toEqual([
      ['stack shop, variable API_KEY', 'What the stack has as API_KEY in Portainer', true],
      ['stack shop, variable POSTGRES_PASSWORD', 'What stood in its compose file as POSTGRES_PASSWORD of db', true],
      ['stack shop, variable DB_PASSWORD', 'What stood in its compose file as DB_PASSWORD of web', true],
      ['stack shop, variable DATABASE', 'What stood in its compose file as DATABASE of web', true],
    ]);
    const reasons = Object.fromEntries(left.map((one: { what: string; why: string }) => [one.what, one.why]));
    expect(reasons['stack swarm of docker host']).toContain('not those of Swarm');
    expect(reasons['stack leaky of docker host']).toContain('in plain text');
    expect(reasons['stack built of docker host']).toContain('it is built from .');
    const readme = await readFile(join(out, 'README.md'), 'utf8');
    expect(readme).toContain('Portainer goes on running them as it is: shop.');
    const all = await Promise.all(files.map((path: string) => readFile(join(out, path), 'utf8')));
    expect(`${said.out}${all.join('')}`).not.toContain('hunter2');
    const checked = JSON.parse((await captured((io) => validate({ path: out, json: true }, io))).out);
    expect(checked).toMatchObject({ ok: true, counts: { error: 0 } });
    const plan = await captured((io) => planHost({ path: out, host: 'local', json: true }, io, open), {});
    expect(JSON.parse(plan.out)).toMatchObject({ steps: [], unknown: [] });
    await bringIn(join(folder, 'again'));
    expect(await readFile(join(folder, 'again/stacks/shop/phoenix.json'), 'utf8')).toBe(
      await readFile(join(out, 'stacks/shop/phoenix.json'), 'utf8'),
    );
  },
);

test('a refused or missing token, an untrusted certificate, and an unreachable server each get a remedy', async () => {
  const out = join(folder, 'none');
  const token = { PHOENIX_CA_FILE: env['PHOENIX_CA_FILE'] ?? '', PHOENIX_PORTAINER_TOKEN: 'ptr_of-somebody-else' };
  await expect(bringIn(out, {}, token)).rejects.toMatchObject({
    exit: 3,
    message: `Portainer at ${portainer} refuses the token (status 401)`,
    hint: expect.stringMatching(/Access tokens.*PHOENIX_PORTAINER_TOKEN_FILE/),
  });
  const trusting = { PHOENIX_PORTAINER_TOKEN: 'x' };
  await expect(bringIn(out, {}, trusting)).rejects.toMatchObject({
    exit: 3,
    message: expect.stringMatching(/does not answer at .*certificate.*PHOENIX_CA_FILE/s),
  });
  await expect(bringIn(out, { portainer: 'https://10.0.0.99:9443' })).rejects.toMatchObject({
    exit: 3,
    message: expect.stringContaining('Portainer does not answer at https://10.0.0.99:9443'),
    hint: expect.stringContaining('the Proxmox host asks it'),
  });
  expect(await bringIn(out, {}, {})).toMatchObject({
    exit: 2,
    err: expect.stringContaining('set PHOENIX_PORTAINER_TOKEN'),
  });
  expect(await bringIn(out, { portainer: undefined, only: ['stack'] })).toMatchObject({
    exit: 2,
    err: expect.stringContaining('give its address with --portainer'),
  });
  for (const wrong of ['http://10.0.0.111:9000', 'https://kim:pw@10.0.0.111:9443', 'portainer'])
    expect(await bringIn(out, { portainer: wrong })).toMatchObject({
      exit: 2,
      err: expect.stringContaining('write it as https://'),
    });
  expect(await readdir(folder)).not.toContain('none');
  expect(databaseOf(host)?.stacks.length).toBeGreaterThan(3);
});

test('a variable that means something else already keeps its meaning', () => {
  const text =
    'services:\n  db:\n    environment:\n      DB_PASSWORD: "first"\n  web:\n    environment: {DB_PASSWORD: second, TOKEN_FILE: /run/token, OTHER_TOKEN: $OTHER}\n';
  expect(withoutLiteralSecrets(text, new Set(['DB_PASSWORD']))).toMatchObject({
    text: text
      .replace('"first"', `"${mention('DB_DB_PASSWORD')}"`)
      .replace('second', `"${mention('WEB_DB_PASSWORD')}"`),
    hidden: [
      { variable: 'DB_DB_PASSWORD', value: 'first' },
      { variable: 'WEB_DB_PASSWORD', value: 'second' },
    ],
  });
});
