// Texts that the schemas accept, parsed by the real programs from what Phoenix writes: each arrives unchanged, whatever characters it has. Tests of a
// missing program are skipped; `npm run parts` installs them.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseGuestFile } from 'phoenix-lab/state';
import { afterAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import * as text from '../../../src/config/schema/text.ts';
import * as value from '../../../src/config/schema/values.ts';
import type { NginxSpec } from '../../../src/managers/gateway/nginx/nginx-spec.ts';
import { renderNginx } from '../../../src/managers/gateway/nginx/render.ts';
import { renderTraefik } from '../../../src/managers/gateway/traefik/traefik-spec.ts';
import { withRawLines } from '../../../src/managers/guest/proxmox/conf.ts';
import { printProperties } from '../../../src/managers/guest/proxmox/property-string.ts';
import { installScripts, script } from '../../../src/managers/guest/scripts/scripts.ts';
import { staticText } from '../../../src/managers/hypervisor/dns/records.ts';
import { stanzasOf } from '../../../src/managers/hypervisor/network/interfaces.ts';
import { interfacesText } from '../../../src/managers/hypervisor/network/own-file.ts';
import { exportsText, readExports } from '../../../src/managers/hypervisor/nfs/exports.ts';
import { nfsOptionFault } from '../../../src/managers/hypervisor/nfs/option.ts';
import { sharesText } from '../../../src/managers/hypervisor/samba/shares.ts';
import { storageShape } from '../../../src/managers/hypervisor/schema/storage.ts';
import { sudoText } from '../../../src/managers/hypervisor/users/sudo.ts';
import { keyLine } from '../../../src/managers/public-key.ts';
import { parsePropertyString } from '../../../src/proxmox/parameters/property-string.ts';
import { findProgram, freePort } from '../../support/programs.ts';
import { testAuthority } from '../../support/services/tls.ts';
import { KEY } from '../whole-environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'phoenix-text-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const SIGNS = [...'ab.-_/ ,=;\\#"\'%:`$|{}<>&*?()[]@!~+^\t\n\ré'];

/** Texts of hostile signs that a schema takes. */
function taken(schema: z.ZodType<string>, begin = ''): fc.Arbitrary<string> {
  const unit = fc.constantFrom(...SIGNS);
  const some = fc.string({ unit, minLength: 1, maxLength: 12 }).map((rest) => begin + rest);
  return some.filter((each) => schema.safeParse(each).success);
}

/** Different values, which one call of a program reads together. */
function many<Value>(arbitrary: fc.Arbitrary<Value>, count: number, key: (value: Value) => string): Value[] {
  return [...new Map(fc.sample(arbitrary, count).map((each) => [key(each), each])).values()];
}

const SHARE = storageShape.samba.unwrap().shape.shares.unwrap().element.shape;
const TESTPARM = findProgram('testparm', 'PHOENIX_TEST_TESTPARM');

test.skipIf(TESTPARM === undefined)('Samba reads each share as it was declared (skipped: no testparm)', () => {
  const share = fc.record({
    name: taken(SHARE.name),
    path: taken(text.absolutePath, '/'),
    validUsers: fc.uniqueArray(taken(SHARE.valid_users.unwrap().element), { minLength: 1, maxLength: 3 }),
    browsable: fc.boolean(),
    readOnly: fc.constant(false),
    guestOk: fc.constant(true),
  });
  const shares = fc.sample(share, 100).map((each, index) => ({ ...each, name: `${index}${each.name}` }));
  const read = execFileSync(TESTPARM ?? '', ['-s', file('smb.conf', sharesText(shares))], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const sections = new Map(
    read
      .toString()
      .split(/^\[/m)
      .slice(1)
      .map((part) => {
        const [head = '', ...lines] = part.split('\n');
        const options = lines.flatMap((line) => /^\t([^=]+?) = (.*)$/.exec(line)?.slice(1, 3) ?? []);
        return [head.slice(0, -1), options] as const;
      }),
  );
  for (const { name, path, validUsers } of shares) {
    const options = sections.get(name) ?? [];
    expect(options[options.indexOf('path') + 1], name).toBe(path);
    expect(options[options.indexOf('valid users') + 1], name).toBe(validUsers.join(' '));
  }
  expect(sections.size).toBe(shares.length + 1);
});

const EXPORTFS = findProgram('exportfs', 'PHOENIX_TEST_EXPORTFS');
const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

describe.skipIf(EXPORTFS === undefined || !canMount)(
  'exportfs (skipped: none, or no leave to give it files of its own)',
  () => {
    /** With its own files and table: the machine's own exports are not changed. */
    function exportfs(exports: string, script: string, args: readonly string[]): string {
      mkdirSync(join(folder, 'nfs'), { recursive: true });
      const own = 'mount --bind "$1" /var/lib/nfs && mount --bind "$2" /etc/exports && shift 2 && ';
      const words = ['-m', 'sh', '-c', own + script, 'sh', join(folder, 'nfs'), file('exports', exports), ...args];
      const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      return stdout;
    }

    test('reads each export as it was declared', () => {
      const one = fc.record({
        path: taken(text.absolutePath, '/').map((path) => join(folder, 'exported', path.replaceAll(/\/+$/g, ''))),
        client: fc.constantFrom('10.0.0.1', '10.0.0.0/24', '*', '@hosts', 'fd00::/64'),
        options: fc.constantFrom(['rw', 'no_subtree_check'], ['ro', 'no_subtree_check', 'anonuid=5', 'sec=krb5:sys']),
      });
      const exports = many(one, 60, ({ path }) => path);
      for (const { path } of exports) mkdirSync(path, { recursive: true });
      const table = exportfs(exportsText(exports), '"$1" -ra && cat /var/lib/nfs/etab', [EXPORTFS ?? '']);
      const read = new Map(readExports(table).map((each) => [each.path, each]));
      for (const { path, client, options } of exports) {
        expect(read.get(path)?.client, path).toBe(client);
        expect(read.get(path)?.options, path).toEqual(expect.arrayContaining([...options]));
      }
      expect(read.size).toBe(exports.length);
    });

    test('accepts each option that the schema accepts', () => {
      const names = [
        'rw',
        'ro',
        'anonuid',
        'anongid',
        'fsid',
        'sec',
        'refer',
        'replicas',
        'mp',
        'mountpoint',
        'pnfs',
        'no_acl',
        'auth_nlm',
        'nordirplus',
        'wdelay',
        'nohide',
        'security_label',
        'insecure_locks',
        'bogus',
        'RW',
      ];
      const values = [
        '',
        '=',
        '=0',
        '=1',
        '=-2',
        '=abc',
        '=12x',
        '=+5',
        '=0x10',
        '=2147483647',
        '=root',
        '=sys',
        '=sys:krb5p',
        '=none',
        '=foo',
        '=/a',
        '=/a@b',
        '=/a@b:/c@d',
        '=2f5d6e1c-0a0b-4c4d-8e8f-001122334455',
      ];
      const options = names
        .flatMap((name) => values.map((each) => name + each))
        .filter((each) => nfsOptionFault(each) === null);
      expect(options.length).toBeGreaterThan(30);
      // Every tenth input waits for its result.
      const loop =
        'program=$1; path=$2; shift 2; for option do "$program" -i -o "$option,no_subtree_check" "10.0.0.9:$path" || echo "$option"; done 2>/dev/null';
      expect(exportfs('', loop, [EXPORTFS ?? '', folder, ...options])).toBe('');
    });
  },
);

const DNSMASQ = findProgram('dnsmasq', 'PHOENIX_TEST_DNSMASQ');

test.skipIf(DNSMASQ === undefined)('dnsmasq accepts each address and domain (skipped: no dnsmasq)', () => {
  for (const address of ['10.0.0.13', 'fd00::13', '::1']) {
    const conf = staticText({
      domain: 'a-b.example.internal',
      upstreams: ['9.9.9.9', 'fe80::1%eth0'],
      address,
      records: [],
    });
    execFileSync(DNSMASQ ?? '', ['--test', `--conf-file=${file('dnsmasq.conf', conf)}`], { stdio: 'pipe' });
  }
  const conf = { domain: 'example.internal', upstreams: [], address: null, records: [] };
  for (const domain of ['a/b', 'a#b', 'a b', 'a\nserver=/x/1.2.3.4', 'a,b', '']) {
    expect(() => staticText({ ...conf, domain })).toThrow();
  }
  for (const server of ['1.2.3.4#53', '1.2.3.4\nno-resolv', '/x/1.2.3.4', '1.2.3.4@eth0']) {
    expect(() => staticText({ ...conf, upstreams: [server] })).toThrow();
  }
});

const VISUDO = findProgram('visudo', 'PHOENIX_TEST_VISUDO');

test.skipIf(VISUDO === undefined)('sudo reads each user name as one user (skipped: no visudo)', () => {
  for (const name of many(taken(value.userName), 40, (each) => each)) {
    execFileSync(VISUDO ?? '', ['-c', '-f', file('sudoers', sudoText(name, false))], { stdio: 'pipe' });
  }
  for (const name of ['ALL', 'a\nb ALL=(ALL) ALL', 'a,b', '%sudo', '#0', 'a\\'])
    expect(() => sudoText(name, true)).toThrow();
});

const KEYGEN = findProgram('ssh-keygen', 'PHOENIX_TEST_SSH_KEYGEN');

test.skipIf(KEYGEN === undefined)('ssh-keygen accepts each accepted public key (skipped: no ssh-keygen)', () => {
  const fingerprint = (line: string): string =>
    execFileSync(KEYGEN ?? '', ['-lf', file('key', `${line}\n`)], { stdio: 'pipe' })
      .toString()
      .split(' ')[1] ?? '';
  const [own, type = '', key = ''] = [fingerprint(KEY), ...KEY.split(' ')];
  const comment = fc.string({ unit: fc.constantFrom(...SIGNS), maxLength: 12 });
  const lines = many(comment, 30, (each) => each).map((each) => `${type} ${key} ${each}`);
  const accepted = [...lines, `from="10.0.0.0/8",no-pty ${KEY}`, ` ${KEY}\n`].filter(
    (line) => value.sshPublicKey.safeParse(line).success,
  );
  expect(accepted.length).toBeGreaterThan(10);
  for (const line of accepted) expect(fingerprint(keyLine(line)), line).toBe(own);
  const others = [
    `${KEY}\n${KEY}`,
    `# ${KEY}`,
    `ssh-rsa ${key}`,
    `${type} ${key.slice(4)}`,
    'ssh-ed25519',
    key,
    `x ${KEY}`,
    `${KEY}\r`.replace(' ', '\n'),
  ];
  for (const line of others) {
    const isTaken = value.sshPublicKey.safeParse(line).success;
    // An option that sshd does not know makes a line useless.
    expect(isTaken && !line.startsWith('x '), line).toBe(false);
  }
});

const NGINX = findProgram('nginx', 'PHOENIX_TEST_NGINX');

test.skipIf(NGINX === undefined)(
  'nginx opens each chain and key where it was declared (skipped: no nginx)',
  async () => {
    const { certificate, key } = await (await testAuthority()).issue(['web.example.internal']);
    const site = fc.record({ chain: taken(text.bindPath, '/f'), key: taken(text.bindPath, '/f') });
    const sites = many(site, 40, ({ chain }) => chain).map(({ chain, key: path }, index) => {
      const at = join(folder, 'certs', String(index));
      return { chain: `${at}/c${chain}.crt`, key: `${at}/k${path}.key`, index };
    });
    for (const each of sites) {
      for (const [path, pem] of [
        [each.chain, certificate],
        [each.key, key],
      ] as const) {
        mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
        writeFileSync(path, pem);
      }
    }
    const spec: NginxSpec = {
      guest: 101,
      address: '127.0.0.1',
      domain: 'example.internal',
      proxy: null,
      root: null,
      hasIpv6: false,
      asked: { http: false, https: false },
      sites: sites.map(({ index, ...paths }) => ({
        ...paths,
        names: [`n${index}.example.internal`],
        own: false,
        source: '/x',
        late: false,
      })),
    };
    const [http, https] = [await freePort(), await freePort()];
    const rendered = renderNginx(spec, { version: '1.22.1', there: new Set(['/x']) }).text;
    const conf = rendered
      .replaceAll('listen 80', `listen 127.0.0.1:${http}`)
      .replaceAll('listen 443', `listen 127.0.0.1:${https}`);
    const main = `pid ${folder}/nginx.pid;\nevents {}\nhttp {\n  access_log off;\n  server_names_hash_max_size 4096;\n  include ${file('site.conf', conf)};\n}\n`;
    const { status, stderr } = spawnSync(NGINX ?? '', ['-t', '-e', 'stderr', '-c', file('nginx.conf', main)], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const bad = { ...spec, sites: spec.sites.map((each) => ({ ...each, chain: '/etc/$host.crt' })) };
    expect(() => renderNginx(bad, { version: '1.22.1', there: new Set(['/x']) })).toThrow();
  },
);

test('a shell passes each variable to a script unchanged', () => {
  const inputs = fc.dictionary(fc.stringMatching(/^[A-Z]{1,6}$/), fc.string({ unit: fc.constantFrom(...SIGNS) }), {
    maxKeys: 4,
  });
  const all = Object.assign({}, ...fc.sample(inputs, 40)) as Record<string, string>;
  const mine = Object.fromEntries(Object.entries(all).map(([name, each]) => [`T_${name}`, each]));
  const entry = script({ name: 'application', path: 'a', blob: 'b', inputs: mine, secret: null });
  const [action] = installScripts('pct', 101, [entry], {});
  const work = action?.do;
  if (work?.kind !== 'command' || work.stdin?.from !== 'joined') throw new Error('nothing is handed to the script');
  const exports = work.stdin.parts
    .flatMap((part) => (part.from === 'text' ? [part.text] : []))
    .filter((part) => part.startsWith('export'));
  const shown = execFileSync('/bin/sh', ['-s'], { input: `${exports.join('')}env -0\n` })
    .toString()
    .split('\0');
  for (const [name, each] of Object.entries(mine)) expect(shown).toContain(`${name}=${each}`);
});

describe('as Proxmox’s formats are parsed', () => {
  const mount = taken(text.mountPath, '/');

  test('a mount is read as it was declared', () => {
    fc.assert(
      fc.property(mount, mount, fc.boolean(), (volume, mp, readOnly) => {
        const written = printProperties({ volume, mp, ro: readOnly ? '1' : '' }, [], 'volume');
        const read = parsePropertyString('lxc/mp', written);
        expect(read).toMatchObject({ ok: true, properties: { volume, mp } });
        // As a line of the configuration file, where Proxmox stores it.
        const { file: conf } = parseGuestFile('lxc', 101, `arch: amd64\nmp0: ${written}\nrootfs: a:b\n`);
        expect(conf.options['mp0']).toBe(written);
      }),
    );
  });

  test('a value that a property string cannot express is refused', () => {
    const properties = fc.dictionary(
      fc.constantFrom('bridge', 'tag', 'name'),
      fc.string({ unit: fc.constantFrom(...SIGNS), minLength: 1 }),
      { minKeys: 1 },
    );
    fc.assert(
      fc.property(properties, (given) => {
        let written: string;
        try {
          written = printProperties(given);
        } catch {
          return;
        }
        const read = written
          .split(',')
          .map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]);
        expect(Object.fromEntries(read)).toEqual(given);
      }),
    );
  });

  test('a raw line and the notes are read as they were declared', () => {
    const raw = fc.record({
      key: fc.constant('lxc.environment'),
      value: taken(text.line(100)).map((each) => each.trim()),
    });
    fc.assert(
      fc.property(fc.array(raw, { maxLength: 3 }), fc.string({ unit: fc.constantFrom(...SIGNS) }), (lines, notes) => {
        const written = withRawLines('arch: amd64\n', lines, notes);
        const { file: read, warnings } = parseGuestFile('lxc', 101, written);
        expect(warnings).toEqual([]);
        expect(read.options['arch']).toBe('amd64');
        expect(read.raw).toEqual(lines.map(({ key, value: each }) => [key, each]));
        expect(Object.keys(read.options).sort()).toEqual(notes === '' ? expect.any(Array) : ['arch', 'description']);
      }),
    );
    for (const bad of ['a\nlxc.hook.start: /bin/sh', 'a\rb', ' a', 'a ', 'a\0b']) {
      expect(() => withRawLines('', [{ key: 'lxc.a', value: bad }], '')).toThrow();
    }
  });

  test('bridges are read as they were declared, and none swallows the next line', () => {
    const port = taken(value.interfaceName);
    fc.assert(
      fc.property(fc.uniqueArray(port, { minLength: 1, maxLength: 3 }), (ports) => {
        const bridge = {
          kind: 'bridge' as const,
          name: 'vmbr2',
          address: '10.2.0.1/24',
          ports,
          vlanAware: true,
          mtu: 1500,
        };
        const [first, second] = stanzasOf(interfacesText([bridge, { ...bridge, name: 'vmbr3' }]));
        expect(second?.name).toBe('vmbr3');
        expect(first?.options).toContainEqual(['bridge-ports', ports.join(' ')]);
        expect(first?.options).toContainEqual(['bridge-stp', 'off']);
      }),
    );
    const bridge = {
      kind: 'bridge' as const,
      name: 'vmbr2',
      address: null,
      ports: ['eno1\\'],
      vlanAware: false,
      mtu: null,
    };
    expect(() => interfacesText([bridge])).toThrow();
  });

  test('routes of Traefik are valid YAML, whatever they contain', async () => {
    const { parse } = await import('yaml');
    fc.assert(
      fc.property(fc.array(taken(text.bindPath, '/'), { minLength: 1, maxLength: 3 }), (paths) => {
        const tls = { certificates: paths.map((path) => ({ certFile: path, keyFile: path })) };
        const { text: written } = renderTraefik({ dynamic: { tls } });
        expect(parse(written).tls).toEqual(tls);
        expect(written).not.toContain('{{');
      }),
    );
  });
});
