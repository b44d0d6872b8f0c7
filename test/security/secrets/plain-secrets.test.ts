// Secrets in plain text in any field: reported at their line, and hidden in every display of a plan.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plan } from '../../../src/cli/plan.ts';
import type { Json } from '../../../src/model/json.ts';
import { hidePlainSecrets, plainSecretsIn } from '../../../src/model/secret-shapes.ts';
import { hideSecrets } from '../../../src/plan/secret.ts';
import { captured } from '../../cli/captured.ts';
import { environment, loadFiles, placesOf } from '../../load/environment.ts';
import { openConfigRepo } from '../../support/git/config-repo.ts';

const LXC = 'etc/phoenix_lxc_configs.json';
const VM = 'etc/phoenix_vm_configs.json';
const SHOP = 'stacks/shop/phoenix.json';
const COMPOSE = 'stacks/shop/docker-compose.yml';

/** A text, and the part that must be hidden. */
const PLAIN: readonly (readonly [text: string, secret: string])[] = [
  ['postgres://u:pw-in-url@db/x', 'pw-in-url'],
  ['postgres://u:p@ss/w"o#rd?x@db.example.internal:5432/x?sslmode=off', 'p@ss/w"o#rd?x'],
  ['postgres://u:p%40ss@db/x', 'p%40ss'],
  ['redis://:only-a-password@cache:6379/0', 'only-a-password'],
  ['https://oauth2:hunter2hunter2@git.example.internal/a.git', 'hunter2hunter2'],
  ['mongodb+srv://u:hunter2@c.example.net,d.example.net/a?b=c', 'hunter2'],
  ['amqp://guest:hunter2@rabbit:5672/%2f', 'hunter2'],
  ['jdbc:postgresql://h/db?user=u&password=hunter2&ssl=1', 'hunter2'],
  ['Server=db;User Id=u;Password=hunter,2;Encrypt=1', 'hunter,2'],
  ["host=db user=u password='hun ter2'", 'hun ter2'],
  ['u:hunter2@tcp(db:3306)/shop', 'hunter2'],
  [`postgres://u:\${DB_PASSWORD:-hunter2}@db/x`, 'hunter2'],
  [`ghp_${'a1B2'.repeat(9)}`, 'a1B2a1B2'],
  [`github_pat_${'a1B2_'.repeat(8)}`, 'a1B2_a1B2_'],
  [`glpat-${'a1B2-'.repeat(4)}`, 'a1B2-a1B2'],
  ['AKIAIOSFODNN7EXAMPLE', 'IOSFODNN7EXAMPLE'],
  [`xoxb-${'1234567890-'.repeat(2)}abc`, '1234567890-1234567890'],
  [`https://hooks.slack.com/services/T0${'00/B00/abcdefgh'.repeat(2)}`, 'abcdefgh'],
  [`sk-proj-${'a1B2'.repeat(8)}`, 'a1B2a1B2'],
  [`sk_live_${'a1B2'.repeat(6)}`, 'a1B2a1B2'],
  [`hf_${'a1B2'.repeat(9)}`, 'a1B2a1B2'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl', 'eyJzdWIi'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----', 'b3BlbnNzaA'],
  ['-----BEGIN RSA PRIVATE KEY----- MIIEow', 'MIIEow'],
  [`AGE-SECRET-KEY-1${'QPZRY9X8'.repeat(7)}`, 'QPZRY9X8'],
  ['lxc.environment = DB_PASSWORD=hun ter,2', 'hun ter,2'],
  ['--model a --api-key hunter2 --port 80', 'hunter2'],
  ['{"model":"a","api_key":"hunter2"}', 'hunter2'],
  ['curl -H "Authorization: Bearer hunter2hunter2" http://a', 'hunter2hunter2'],
  ['curl -fs -u admin:hunter2 http://a:8080/health', 'hunter2'],
  ["/usr/bin/curl --user='admin:hunter2' http://a", 'hunter2'],
  ['["curl","-u","admin:hunter2","http://a"]', 'hunter2'],
];

const HARMLESS = [
  `postgres://u:\${DB_PASSWORD}@db/x`,
  'postgres://u:$DB_PASSWORD@db/x',
  'redis://cache:6379/0?name=a@b',
  'http://registry:4873/@scope/package',
  `curl -u admin:\${PASSWORD} -H 'Accept: text/plain' http://a:8080`,
  'docker run -u 1000:1000 curl http://a:8080',
  'https://git.example.internal/a.git',
  'ssh://git@git.example.internal:22/a.git',
  'docker://nginx:1.25@sha256:0123',
  `DB_PASSWORD=\${DB_PASSWORD}`,
  'DB_PASSWORD_FILE=/run/secrets/db',
  'local-lvm:vm-1001-disk-0,size=32G',
  'lxc.idmap = u 0 100000 65536',
  'lxc.cgroup2.devices.allow: c 195:* rwm',
  'traefik.http.routers.shop.rule=Host(`shop.example.internal`)',
  '--max-num-batched-tokens 2048 --tokenizer-mode auto',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExa ada@example',
  'The password is asked for at the first login, see the token docs.',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
];

describe('a literal secret', () => {
  test.each(PLAIN)('is found in %s and hidden completely', (text, secret) => {
    for (const around of [text, `before ${text}`, `say "${text}", then`]) {
      if (around.includes('"') && secret.includes('"') && around !== text) continue;
      expect(plainSecretsIn(around)).not.toEqual([]);
      expect(hidePlainSecrets(around)).not.toContain(secret);
    }
  });

  test.each(HARMLESS)('is not found in %s', (text) => {
    expect(hidePlainSecrets(text)).toBe(text);
  });

  test('in a URL is hidden without the rest of the URL', () => {
    expect(hidePlainSecrets('postgres://u:hunter2@db:5432/x?a=b')).toBe('postgres://u:‹secret›@db:5432/x?a=b');
  });

  test('in a URL is hidden, whatever it contains', () => {
    const password = fc
      .stringMatching(/^[!-~]{1,40}$/)
      .filter((text) => !/^\d{1,5}[/?#]/.test(text) && !/[<>"'{}$*[\]]/.test(text));
    fc.assert(
      fc.property(fc.constantFrom('postgres', 'redis', 'amqps', 'mysql+pymysql'), password, (scheme, word) => {
        fc.pre(word.length > 3 && !/^(true|false|null|none|\.{3,}|x{3,})$/i.test(word));
        expect(hidePlainSecrets(`${scheme}://user:${word}@host/base`)).toBe(`${scheme}://user:‹secret›@host/base`);
      }),
    );
  });
});

describe('a configuration', () => {
  test.each(PLAIN)('with %s anywhere gets a problem at its line, without the secret', (text, secret) => {
    const files = environment();
    files[SHOP].environments.production.variables.push({ name: 'CONN', value: text });
    files[LXC].lxc_configs[101].lxc_options = [text.split('\n')[0]];
    files[VM].vms[1].description = text;
    const { problems } = loadFiles(files);
    const found = problems.filter(({ code }) => code === 'PLAINTEXT_SECRET');
    expect(found.map(({ file, path }) => `${file}:${path}`)).toEqual(
      expect.arrayContaining([
        `${SHOP}:/environments/production/variables/1/value`,
        `${LXC}:/lxc_configs/101/lxc_options/0`,
        `${VM}:/vms/1/description`,
      ]),
    );
    for (const { line } of found) expect(line).toBeGreaterThan(1);
    expect(JSON.stringify(problems)).not.toContain(JSON.stringify(secret).slice(1, -1));
  });

  test('without secrets gets no problem', () => {
    const files = environment();
    files[SHOP].environments.production.variables.push(
      ...HARMLESS.map((value, index) => ({ name: `HARMLESS_${index}`, value })),
    );
    expect(placesOf('PLAINTEXT_SECRET', files)).toEqual([]);
  });

  test('with literals in a compose file gets a problem for each, in maps and lists, but not for variables', () => {
    const files = environment();
    files[COMPOSE] = [
      'services:',
      '  web:',
      '    image: nginx:1.27',
      '    environment:',
      '      DB_PASSWORD: hunter2',
      '      DB_USER: shop',
      `      API_KEY: \${API_KEY:?}`,
      '      TOKEN_FILE: /run/secrets/token',
      '  db:',
      '    image: postgres:17',
      '    command: --url postgres://u:hunter3@db/x',
      '    environment:',
      '      - POSTGRES_PASSWORD=hunter4',
      '      - POSTGRES_USER=shop',
      `      - POSTGRES_DB=\${POSTGRES_DB:-shop}`,
      'volumes:',
      '  shop_data:',
      '    external: true',
      '',
    ].join('\n');
    files[SHOP].environments.production.variables.push({ name: 'API_KEY', value: { $secret: 'env:PHOENIX_SECRET_A' } });
    const { problems } = loadFiles(files);
    const found = problems.filter(({ code }) => code === 'PLAINTEXT_SECRET');
    expect(found.map(({ file, line, path }) => [file, line, path])).toEqual([
      [COMPOSE, 5, '/services/web/environment/DB_PASSWORD'],
      [COMPOSE, 11, '/services/db/command'],
      [COMPOSE, 13, '/services/db/environment/0'],
    ]);
    expect(JSON.stringify(found)).not.toMatch(/hunter/);
    const strict = loadFiles(files, { strictSecrets: true }).problems.filter(({ code }) => code === 'PLAINTEXT_SECRET');
    expect(strict.map(({ severity }) => severity)).toEqual(['error', 'error', 'error']);
  });
});

describe('a plan', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'phoenix-plain-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(PLAIN)('hides the secret in %s, before and after, in lists and in arguments', (text, secret) => {
    const values: readonly [Json, Json][] = [
      [text, 'other'],
      [['a', text], ['a']],
      [{ deep: [{ value: text }] }, null],
      [['--api-key', text.trim()], []],
    ];
    for (const [before, after] of values) {
      const changes = [
        { path: '/variables/0/value', before, after },
        { path: '/raw', before: after, after: before },
      ];
      const shown = hideSecrets({ from: null, to: 'x', steps: [{ changes } as never] });
      expect(JSON.stringify(shown)).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
  });

  test('hides user and password of curl in arguments, and no user of another program', () => {
    const shown = (before: Json) =>
      hideSecrets({ from: null, to: 'x', steps: [{ changes: [{ path: '/raw', before, after: null }] } as never] });
    expect(JSON.stringify(shown(['CMD', '/usr/bin/curl', '-u', 'admin:hunter2', 'http://a']))).not.toContain('hunter2');
    expect(JSON.stringify(shown(['docker', 'run', '-u', '1000:1000']))).toContain('1000:1000');
  });

  test('on the command line, as text and as JSON, shows the field without the password', async () => {
    const repo = await openConfigRepo(folder, folder);
    const filesWith = (value: string) => {
      const files = environment();
      files[SHOP].environments.production.variables.push({ name: 'CONN', value });
      return Object.fromEntries(
        Object.entries(files).map(([path, content]) => [
          path,
          typeof content === 'string' ? content : JSON.stringify(content),
        ]),
      );
    };
    await repo.commit(filesWith('postgres://u:hunter2@db/x'));
    await repo.commit(filesWith('postgres://u:hunter3@db/y'));
    for (const json of [false, true]) {
      const { out, err } = await captured((io) => plan({ path: folder, from: 'HEAD~1', to: 'HEAD', json }, io));
      expect(out).toContain('postgres://u:‹secret›@db/y');
      expect(out + err).not.toMatch(/hunter/);
    }
  });
});
