// A secret that a program prints, in whatever form, is nowhere afterwards: not in Redis, the data folder, logs, the API, pages, checks.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { labNetwork, programsHere } from 'phoenix-lab/host';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watchChanges } from '../../../src/agent/http/changes.ts';
import { type HttpServer, startHttpServer } from '../../../src/agent/http/server.ts';
import { supplyLab } from '../../../src/cli/rehearse/supply-lab.ts';
import { fieldsWith } from '../../../src/config/schema/field-metadata.ts';
import { captureText } from '../../../src/io/host/capture.ts';
import { openContents } from '../../../src/io/host/content.ts';
import { localHost } from '../../../src/io/host/local.ts';
import { connectRedis } from '../../../src/io/ledger/connect.ts';
import { openLog } from '../../../src/io/log.ts';
import { openRedactor } from '../../../src/io/redact.ts';
import { openSecrets } from '../../../src/io/secrets.ts';
import { hypervisorFile } from '../../../src/managers/hypervisor/schema/hypervisor.ts';
import * as managers from '../../../src/managers/index.ts';
import { lxcGuest } from '../../../src/managers/lxc/schema.ts';
import { stackManifest } from '../../../src/managers/stack/schema.ts';
import { vmDefaults, vmGuest } from '../../../src/managers/vm/schema.ts';
import { DEFAULT_BOUNDS } from '../../../src/settings/secret-bounds.ts';
import { openPages } from '../../../src/web/pages.ts';
import { loadFiles } from '../../load/environment.ts';
import { type Phoenix, startPhoenix } from '../../support/agent/phoenix.ts';
import { environment } from '../../support/environment.ts';
import { type Lab, openLab } from '../../support/host/lab.ts';
import { LONG_TEST } from '../../support/long.ts';

/** By other means than the redactor's own: how programs write a text. */
const FORMS: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  JSON: (text) => JSON.stringify(text).slice(1, -1),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1),
  'JSON in ASCII': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replace(/[^ -~]/g, unicode),
  'JSON as Go writes it': (text) => JSON.stringify(text).slice(1, -1).replace(/[<>&]/g, unicode),
  'JSON as PHP writes it': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'a component of an address': encodeURIComponent,
  'a component of an address, in lower case': (text) =>
    encodeURIComponent(text).replace(/%../g, (each) => each.toLowerCase()),
  'an address in an address': (text) => encodeURIComponent(encodeURIComponent(text)),
  'a form': (text) => new URLSearchParams({ a: text }).toString().slice(2),
  'HTML with names': (text) => html(text, '&#39;', '&quot;'),
  'HTML with numbers': (text) => html(text, '&#x27;', '&#34;'),
  'HTML in HTML': (text) => html(html(text, '&#39;', '&quot;'), '&#39;', '&quot;'),
  'a shell in single quotes': (text) => text.replaceAll("'", `'\\''`),
  'a shell in other quotes': (text) => text.replaceAll("'", `'"'"'`),
  'a shell in double quotes': (text) => text.replace(/[$`"\\]/g, '\\$&'),
  'a shell with backslashes': (text) => text.replace(/[^A-Za-z0-9_\n-￿]/g, '\\$&'),
  'YAML in single quotes': (text) => text.replaceAll("'", "''"),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64 for addresses': (text) => Buffer.from(text).toString('base64url'),
  'base64 after one byte': (text) => Buffer.from(`:${text}`).toString('base64'),
  'base64 after two bytes': (text) => Buffer.from(`a:${text}`).toString('base64'),
  'base64 in the middle of others': (text) => Buffer.from(`user:${text}@host`).toString('base64'),
  'base64 in lines': (text) => Buffer.from(`admin ${text} and more`).toString('base64').replace(/.{24}/g, '$&\n'),
  'base64 in an address': (text) => encodeURIComponent(Buffer.from(text).toString('base64')),
  hexadecimal: (text) => Buffer.from(text).toString('hex'),
  'hexadecimal in capitals': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'hexadecimal with colons': (text) => (Buffer.from(text).toString('hex').match(/../g) ?? []).join(':'),
  'every byte in percent': (text) => Buffer.from(text).toString('hex').replace(/../g, '%$&'),
  'every byte in C': (text) => Buffer.from(text).toString('hex').replace(/../g, '\\x$&'),
};

function unicode(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
    .join('');
}

function html(text: string, single: string, double: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": single, '"': double };
  return text.replace(/[&<>'"]/g, (character) => entities[character] ?? character);
}

describe('the redactor', () => {
  const secrets = fc.string({ minLength: 8, maxLength: 60, unit: 'grapheme-ascii' }).filter((text) => {
    return text.trim().length >= 8 && /[A-Za-z0-9]{4}/.test(text);
  });
  const hard = `a "quoted" $va\\lue/+?&<b>'x é☃~#%`;

  test.each(Object.keys(FORMS))('removes a secret as %s', (name) => {
    const written = FORMS[name] ?? String;
    fc.assert(
      fc.property(fc.oneof(fc.constant(hard), secrets), (text) => {
        const secret = text.trim();
        const redactor = openRedactor();
        redactor.add(`${text}\n`);
        const form = written(secret);
        const shown = redactor.redact(`before <${form}> after`);
        expect(shown).toContain('‹secret›');
        // The remaining base64 characters belong to the surrounding bytes.
        const left = shown
          .replace(/^before <[A-Za-z0-9]{0,10}‹/, '‹')
          .replace(/›[A-Za-z0-9+/=%_\s-]{0,24}> after$/, '›');
        if (name.startsWith('base64'))
          expect(left.replaceAll('‹secret›', '').length).toBeLessThan(form.length / 3 + 12);
        else expect(shown.length).toBeLessThan(40);
      }),
      { numRuns: 25 },
    );
  });

  test('removes secrets as real programs write them', () => {
    const redactor = openRedactor();
    redactor.add(hard);
    const sh = (script: string) => execFileSync('bash', ['-c', script, 'bash', hard], { encoding: 'utf8' });
    for (const script of [
      'printf %q "$1"',
      'printf %s "$1" | base64',
      'printf %s "$1" | od -An -tx1 -v',
      'set -x; : "$1"',
    ]) {
      const printed = sh(`{ ${script}; } 2>&1`).replace(/\n$/, '');
      const capture = captureText({ redactor, limit: 10_000 });
      capture.write(Buffer.from(printed));
      const shown = capture.end();
      expect(shown).toContain('‹secret›');
      expect(shown.length).toBeLessThan(printed.length / 2);
    }
  });

  test('removes secrets from output that arrives in chunks', () => {
    const redactor = openRedactor();
    redactor.add(hard);
    const bytes = Buffer.from(`one ${JSON.stringify(JSON.stringify(hard))} two\n`);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const capture = captureText({ redactor, limit: 10_000 });
      capture.write(bytes.subarray(0, cut));
      capture.write(bytes.subarray(cut));
      expect(capture.end()).toMatch(/^one ["\\]*‹secret›["\\]* two\n$/);
    }
  });

  test('removes a key of many lines, line by line and encoded as a whole', () => {
    const redactor = openRedactor();
    const line = (index: number) => Buffer.from(String(index).padStart(48, 'key of many lines ')).toString('base64');
    const key = [
      '-----BEGIN PRIVATE KEY-----',
      ...Array.from({ length: 30 }, (_, index) => line(index)),
      '-----END PRIVATE KEY-----',
    ].join('\n');
    redactor.add(key);
    for (const written of [key, JSON.stringify(key), Buffer.from(key).toString('base64'), encodeURIComponent(key)]) {
      const shown = redactor.redact(written);
      for (const part of [line(3), line(29).slice(10, 40), Buffer.from(line(7)).toString('base64').slice(4, 30)]) {
        expect(shown).not.toContain(part);
      }
    }
  });

  test('leaves a large output without secrets unchanged', () => {
    const redactor = openRedactor();
    for (let index = 0; index < 50; index += 1) redactor.add(`secret number ${index} with-Some/Length`);
    const text = JSON.stringify(
      Array.from({ length: 5_000 }, (_, id) => ({ id, name: `guest-${id}`, status: 'running' })),
    );
    expect(redactor.redact(text)).toBe(text);
  });
});

const PRODUCT = fileURLToPath(new URL('../../..', import.meta.url));

/** A value for each field that the schemas mark as secret, and for variables of stacks, each with characters that need escaping. */
const PLANTED: Readonly<Record<string, string>> = {
  'users/password_hash': `$6$salt$plantedUSERS/"a"&'b'`,
  'portainer_api/admin_password': `plantedPORTAINER "a" <b> & 'c' \\ d/+?`,
  'portainer_api/agent_secret': `plantedAGENTS "a" <b> & 'c' \\ d/+?`,
  'user_config/password': `plantedCLOUD/"a"&'b'`,
  'user_config/password_hash': `$6$salt$plantedVM/"a"&'b'`,
  'root_user/password': `plantedROOT/"a"&'b'`,
  'page_certificate/chain': `plantedCHAIN "a" <b> & 'c' \\ d/+?`,
  'page_certificate/key': `plantedKEY "a" <b> & 'c' \\ d/+?`,
  'variables/value': `plantedSTACK "a" <b> & 'c' \\ d/+?`,
};

const variableOf = (field: string) => `PHOENIX_SECRET_${field.replaceAll(/\W/g, '_').toUpperCase()}`;
const reference = (field: string) => ({ $secret: `env:${variableOf(field)}` });

function files(withPassword: boolean): Record<string, string> {
  const vm = {
    cores: 1,
    memory_mb: 1024,
    disk_size_gb: 8,
    storage_pool: 'local-lvm',
    firewall: { enabled: false, rules: [] },
  };
  const base = environment(
    { 101: {}, 102: withPassword ? { root_user: { password: reference('root_user/password') } } : {} },
    {
      network: {
        default_subnet: '10.0.0.0/24',
        nfs_server: '10.0.0.13',
        interfaces: { name: 'vmbr0', address: '10.0.0.13/24', gateway: '10.0.0.1' },
      },
      users: { username: 'ada', password_hash: reference('users/password_hash') },
      portainer_api: {
        admin_password: reference('portainer_api/admin_password'),
        agent_secret: reference('portainer_api/agent_secret'),
      },
      page_certificate: { chain: reference('page_certificate/chain'), key: reference('page_certificate/key') },
    },
  );
  const user = { username: 'ada', ...(withPassword ? { password_hash: reference('user_config/password_hash') } : {}) };
  const stack = {
    environments: { production: { variables: [{ name: 'PLANTED', value: reference('variables/value') }] } },
  };
  return {
    ...base,
    'etc/phoenix_vm_configs.json': JSON.stringify({
      vms: [
        {
          ...vm,
          vmid: 9000,
          name: 'template',
          is_template: true,
          template_image: 'noble-server-cloudimg-amd64.img',
          network_config: { ip: 'dhcp' },
        },
        {
          ...vm,
          vmid: 1002,
          name: 'cloud',
          state: 'stopped',
          template_image: 'noble-server-cloudimg-amd64.img',
          network_config: { ip: '10.0.0.112/24', gw: '10.0.0.1' },
          user_config: { username: 'ada', ...(withPassword ? { password: reference('user_config/password') } : {}) },
        },
        {
          ...vm,
          vmid: 1001,
          name: 'docker',
          clone_from_vmid: 9000,
          features: ['docker'],
          network_config: { ip: '10.0.0.111/24', gw: '10.0.0.1' },
          user_config: user,
          portainer_role: 'primary',
          docker_stacks: ['portainer'],
        },
      ],
    }),
    'stacks/portainer/phoenix.json': JSON.stringify(stack),
    'stacks/portainer/docker-compose.yml':
      'services:\n  portainer:\n    image: portainer/portainer-ce:2.33.6\n    environment: ["PLANTED=$PLANTED"]\n',
  };
}

describe('in a running agent', () => {
  let lab: Lab;
  let phoenix: Phoenix;
  let http: HttpServer;
  const lines: string[] = [];
  /** Which of the planted values were handed to a program that failed and printed them. */
  const printed = new Set<string>();
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    lab = await openLab('here');
    const { config } = loadFiles(files(true));
    if (config === null) throw new Error('the configuration is not valid');
    supplyLab(lab.folder, config);
    const redactor = openRedactor();
    const log = openLog({ level: 'debug', redactor, destination: { write: (line) => void lines.push(line) } });
    const sources = Object.fromEntries(Object.entries(PLANTED).map(([field, value]) => [variableOf(field), value]));
    const network = labNetwork(lab.folder);
    const programs = programsHere(lab.folder);
    phoenix = await startPhoenix({
      forge: 'github app',
      managers,
      log,
      host: (repository) => {
        const secrets = openSecrets({ environment: sources, redactor, bounds: DEFAULT_BOUNDS });
        const contents = openContents({ repository, secrets, product: PRODUCT });
        return localHost({
          node: 'pve',
          contents,
          redactor,
          root: lab.folder,
          dial: network.dial,
          async runs(call) {
            const input = Buffer.from(call.input ?? '').toString();
            const held = Object.entries(PLANTED).filter(([, value]) => input.includes(value));
            if (held.length === 0) return programs(call);
            for (const [field, value] of held) {
              printed.add(field);
              for (const form of Object.values(FORMS)) {
                call.onStdout(Buffer.from(`got ${form(value)}\n`));
                call.onStderr(Buffer.from(`cannot take ${form(value)}\n`));
              }
            }
            return { exit: 1, ended: 'exited', ms: 1, reason: null };
          },
        });
      },
    });
    const changes = await watchChanges(phoenix.ledger);
    const { ledger } = phoenix;
    const clock = { now: () => new Date() };
    http = await startHttpServer(
      {
        receive: null,
        api: { ledger, agent: phoenix.agent(), changes, adminToken: null, clock },
        pages: openPages({ ledger, agent: phoenix.agent(), log, clock, forge: null }),
        ready: async () => ({ ready: true, checks: {} }),
        metrics: async () => ({ contentType: 'text/plain', text: '' }),
        log,
      },
      { host: '127.0.0.1', port: 0 },
    );
    closers.push(
      () => http.close(),
      async () => changes.close(),
      () => network.close(),
    );
  });
  afterAll(async () => {
    for (const close of closers) await close();
    await phoenix.stop();
    await lab.close();
  });

  test('every field that is marked as secret is covered by this test', () => {
    const schemas = [hypervisorFile, lxcGuest, vmGuest, vmDefaults, stackManifest];
    const fields = schemas.flatMap((schema) => fieldsWith(schema, 'secret').map(({ pattern }) => pattern.join('/')));
    expect(Object.keys(PLANTED)).toEqual(expect.arrayContaining(fields));
  });

  test('secrets that failing programs print are shown nowhere', { ...LONG_TEST, timeout: 60_000 }, async () => {
    const commits = [await phoenix.push(files(true)), await phoenix.push(files(false))];
    const failing = commits.map(({ statuses }) => JSON.stringify(statuses));
    expect(failing[0]).toMatch(/hypervisor\/users":"failure/);
    expect(failing[0]).toMatch(/hypervisor\/page":"failure/);
    expect(failing[0]).toMatch(/vm\/1001":"failure/);
    expect(failing[1]).toMatch(/portainer\/server":"failure/);
    expect(printed).toEqual(
      new Set([
        ...['users/password_hash', 'user_config/password', 'user_config/password_hash', 'root_user/password'],
        'portainer_api/admin_password',
      ]),
    );

    const runs = await phoenix.ledger.runs(20);
    const paths = [
      '/',
      '/api/runs',
      '/api/targets',
      '/api/status',
      ...runs.flatMap(({ id }) => [`/runs/${id}`, `/api/runs/${id}`]),
    ];
    const places = new Map<string, string>([
      ['the log', lines.join('')],
      [
        'statuses and checks',
        JSON.stringify(commits.map(({ commit }) => [phoenix.statuses(commit), phoenix.forge.latestChecks(commit)])),
      ],
      ['arguments of programs', lab.commands().join('\n')],
      ['other processes', processes()],
      ['the data folder', folderText(phoenix.around.cloneFolder)],
      ['Redis', await everythingIn(phoenix.redis.url)],
    ]);
    for (const path of paths) places.set(path, await (await fetch(`${http.url}${path}`)).text());
    for (const { id, steps } of runs) {
      for (const { target } of steps)
        places.set(`the output of ${target}`, JSON.stringify(await phoenix.ledger.readLog(id, target, 0)));
    }
    expect(places.get('Redis')).toContain('‹secret›');
    for (const [place, text] of places) {
      for (const value of Object.values(PLANTED)) {
        for (const [name, form] of Object.entries(FORMS)) {
          expect(text.includes(form(value)), `${place} holds a secret as ${name}`).toBe(false);
        }
        const [word = ''] = /planted[A-Z]+/.exec(value) ?? [];
        expect(text.includes(word), `${place} holds ${word}`).toBe(false);
      }
    }
  });
});

function folderText(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}

/** Arguments and environments of every process that can be looked at. */
function processes(): string {
  const texts = readdirSync('/proc').flatMap((id) => {
    if (!/^\d+$/.test(id)) return [];
    return ['cmdline', 'environ'].map((file) => {
      try {
        return readFileSync(`/proc/${id}/${file}`, 'utf8');
      } catch {
        return '';
      }
    });
  });
  return texts.join('\n');
}

/** Every key with every value: runs, logs, jobs, reports. */
async function everythingIn(url: string): Promise<string> {
  const redis = connectRedis(url, () => {});
  const texts: string[] = [];
  for (const key of await redis.keys('*')) {
    texts.push(key);
    switch (await redis.type(key)) {
      case 'string':
        texts.push((await redis.get(key)) ?? '');
        break;
      case 'hash':
        texts.push(JSON.stringify(await redis.hgetall(key)));
        texts.push(Object.values(await redis.hgetall(key)).join('\n'));
        break;
      case 'list':
        texts.push((await redis.lrange(key, 0, -1)).join('\n'));
        break;
      case 'set':
        texts.push((await redis.smembers(key)).join('\n'));
        break;
      case 'zset':
        texts.push((await redis.zrange(key, 0, '-1')).join('\n'));
        break;
      case 'stream':
        texts.push(JSON.stringify(await redis.xrange(key, '-', '+')));
        break;
    }
  }
  await redis.quit();
  return texts.join('\n');
}
