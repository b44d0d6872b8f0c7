// Renewal of certificates: when, what stays in use meanwhile, and which hooks run, with the authority of a lab.

import { readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { insidePath, openNode } from 'phoenix-lab/state';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Certificate } from '../../../src/managers/certificate/declared.ts';
import { certificate as manager } from '../../../src/managers/certificate/manager.ts';
import type { Manager, Wanted } from '../../../src/managers/manager.ts';
import type { Action } from '../../../src/model/action.ts';
import type { Target } from '../../../src/model/target.ts';
import type { LabHost } from '../../support/host/lab-host.ts';
import { convergeStep, type End } from '../carry-out.ts';
import { wanted } from '../guests.ts';
import {
  age,
  CA,
  CERTIFICATE,
  certificate,
  GATEWAY,
  hook,
  KEY,
  must,
  NAME,
  NOTE,
  PASSWORD,
  prepared,
  RELOAD,
  stateOf,
} from './environment.ts';

const HOUR_MS = 3_600_000;

const openEnvironment = prepared();
let host: LabHost;
beforeEach(async () => {
  host = await openEnvironment();
});
afterEach(() => host.close());

const apply = (target: Target, own: Partial<Wanted> = {}): Promise<End> =>
  convergeStep(manager as Manager, host, wanted(target, own));

async function done(target: Target, own: Partial<Wanted> = {}): Promise<readonly Action[]> {
  const end = await apply(target, own);
  expect(end).toMatchObject({ outcome: 'done' });
  return end.actions;
}

/** Both files as they are. */
const files = () => Promise.all([host.read(CERTIFICATE), host.read(KEY)]);

async function dueIn(target: Target): Promise<number> {
  const at = manager.due?.(await manager.inventory(host), wanted(target))?.getTime();
  return (at ?? Number.NaN) - Date.now();
}

/** The commands that were run in guests to notify them. */
async function told(): Promise<string[]> {
  const lines = (await readFile(join(host.dir, 'guest-calls.jsonl'), 'utf8')).trim().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { id: number; argv: string[] })
    .filter(({ argv }) => /reload|restart|touch/.test(argv.join(' ')))
    .map(({ id, argv }) => `${id}: ${argv.join(' ')}`);
}

const has = (actions: readonly Action[], words: string) => actions.some(({ summary }) => summary.includes(words));

describe('renewal', () => {
  const target = certificate({ hook: RELOAD });

  test('is due at two thirds of the lifetime, or a little before', async () => {
    await done(target);
    const day = 24 * HOUR_MS;
    expect(await dueIn(target)).toBeLessThanOrEqual((day * 2) / 3);
    expect(await dueIn(target)).toBeGreaterThan(day * (2 / 3 - 1 / 20) - 2 * 60_000);
    age(host);
    expect(await dueIn(target)).toBeLessThanOrEqual(0);
    const [before, key] = await files();
    expect(has(await done(target), `make a key for ${NAME} (two thirds of its lifetime have passed)`)).toBe(true);
    const [after, newKey] = await files();
    expect([after === before, newKey === key]).toEqual([false, false]);
    expect(await dueIn(target)).toBeGreaterThan(14 * HOUR_MS);
    expect(await told()).toEqual(Array(2).fill('101: systemctl reload-or-restart nginx'));
  });

  test('of a certificate that only became due by time is found by a quick check', async () => {
    await done(target);
    const inventory = await manager.inventory(host);
    const asked = wanted(target);
    const later = (hours: number) => {
      const seen = manager.quickCheck({ ...inventory, now: inventory.now + hours * HOUR_MS }, asked);
      return seen === null ? null : manager.decide(asked, seen);
    };
    expect(later(14)).toEqual({ kind: 'actions', actions: [] });
    expect(later(17)).toMatchObject({ kind: 'actions', actions: expect.arrayContaining([expect.anything()]) });
  });

  test('that fails leaves the old pair in use, names its expiry, and continues once the authority is back', async () => {
    const other = certificate({
      commonName: 'other.example.internal',
      certPath: '/tank/101/ssl/o.crt',
      keyPath: '/tank/101/ssl/o.key',
    });
    await done(target);
    await done(other);
    age(host);
    const old = await files();
    await must(host, ['exec', String(CA), '--', 'systemctl', 'stop', 'step-ca']);
    const end = await apply(target);
    expect(end).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining('https://ca.example.internal:9000 does not answer'),
    });
    const signing = end.actions.at(-1)?.do;
    expect(signing).toMatchObject({ kind: 'signing', until: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/) });
    expect(await files()).toEqual(old);
    expect(await told()).toHaveLength(1);
    expect(await dueIn(target)).toBeLessThanOrEqual(0);
    expect(await done(other)).toEqual([]);

    await must(host, ['exec', String(CA), '--', 'systemctl', 'start', 'step-ca']);
    expect(has(await done(target), 'remove the files of an interrupted renewal')).toBe(true);
    expect(await files()).not.toEqual(old);
    expect(await told()).toHaveLength(2);
  });
});

describe('what makes a new one necessary', () => {
  test.each<[string, Partial<Certificate>, string]>([
    ['more names', { sans: [NAME, 'alias.example.internal'] }, 'its names have changed'],
    ['an address', { sans: [NAME, '10.0.0.153', 'fd00::5'] }, 'its names have changed'],
    ['another lifetime', { lifetimeSeconds: 7200 }, 'its lifetime has changed'],
    ['another way to be issued', { issuer: 'acme' }, 'it is to be issued another way'],
    ['another place', { certPath: '/tank/101/ssl/new/web.crt' }, 'there is none yet'],
  ])('%s', async (_, change, why) => {
    await done(certificate());
    expect(has(await done(certificate(change)), why)).toBe(true);
    const certPath = change.certPath ?? CERTIFICATE;
    const state = await stateOf(host, certPath);
    const names = (change.sans ?? [NAME]).map((name) => (/^[\d.]+$|:/.test(name) ? 'IP Address:' : 'DNS:') + name);
    expect((state as { names: string }).names.toLowerCase().split(', ').toSorted()).toEqual(
      names.map((name) => name.toLowerCase().replace('fd00::5', 'fd00:0:0:0:0:0:0:5')).toSorted(),
    );
    expect(state).toMatchObject({
      minutes: change.lifetimeSeconds === undefined ? 1441 : 121,
      belongs: true,
      note: { kept: true, told: true, issuer: change.issuer ?? 'jwk' },
    });
    expect(await done(certificate(change))).toEqual([]);
  });

  test('names in another order and spelling do not', async () => {
    await done(certificate({ sans: [NAME, '10.0.0.153', 'fd00:0::5'] }));
    expect(await done(certificate({ sans: ['FD00::5', '10.0.0.153', NAME.toUpperCase()] }))).toEqual([]);
  });

  test('a key that is not its own', async () => {
    await done(certificate());
    await host.run({
      kind: 'command',
      program: 'openssl',
      args: ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', KEY],
      timeoutSeconds: 10,
    });
    expect(has(await done(certificate()), 'its key is another one')).toBe(true);
  });

  test('another authority, which does not know the old one', async () => {
    await done(certificate());
    await must(host, [
      'exec',
      String(CA),
      '--',
      'rm',
      '-rf',
      '/etc/step-ca/config',
      '/etc/step-ca/certs',
      '/etc/step-ca/secrets',
    ]);
    const script = await readFile(new URL('../../../etc/features/step_ca/install.sh', import.meta.url), 'utf8');
    const given = "export CA_DNS_NAME='ca.example.internal'\nexport CA_PROVISIONER='admin@example.internal'\n";
    await must(host, ['exec', String(CA), '--', 'sh', '-s'], given + script);
    expect(has(await done(certificate()), 'it was not issued by the present authority')).toBe(true);
  });

  test('a lifetime that the authority does not grant is reported, with what to change', async () => {
    expect(await apply(certificate({ lifetimeSeconds: 720 * 3600 }))).toMatchObject({
      outcome: 'failed',
      reason: expect.stringMatching(/authorized maximum .*; change "lifetime" of the certificate/),
    });
  });

  test('by ACME a gateway that serves no file is reported, and the challenge file is removed', async () => {
    const shown = () => readdir(insidePath(openNode(host.dir), GATEWAY, '/var/www/acme/.well-known/acme-challenge'));
    await must(host, ['exec', String(GATEWAY), '--', 'systemctl', 'stop', 'nginx']);
    expect(await apply(certificate({ issuer: 'acme' }))).toMatchObject({
      outcome: 'failed',
      reason: expect.stringContaining(`${NAME} could not be proved: `),
    });
    expect(await shown()).toEqual([]);
    await must(host, ['exec', String(GATEWAY), '--', 'systemctl', 'start', 'nginx']);
    await done(certificate({ issuer: 'acme' }));
    expect(await shown()).toEqual([]);
  });

  test('the remains of an interrupted attempt are only used for the same request', async () => {
    const first = await convergeStep(manager as Manager, host, wanted(certificate({ lifetimeSeconds: 3600 })), 6);
    expect(first.outcome).toBe('killed');
    await done(certificate({ lifetimeSeconds: 7200 }));
    expect(await stateOf(host)).toMatchObject({ minutes: 121 });
  });
});

describe('its user', () => {
  test('runs once, also when the agent died between the swap and the hook', async () => {
    const target = certificate({ hook: RELOAD });
    const swap = (await done(target)).findIndex(({ summary }) => summary.startsWith('move the certificate'));
    await host.close();
    host = await openEnvironment();
    const killed = await convergeStep(manager as Manager, host, wanted(target), swap + 1);
    expect(killed.outcome).toBe('killed');
    expect(await stateOf(host)).toMatchObject({ belongs: true, note: { told: false } });
    expect(await told()).toEqual([]);
    expect(await dueIn(target)).toBeLessThanOrEqual(0);
    await done(target);
    await done(target);
    expect(await told()).toEqual(['101: systemctl reload-or-restart nginx']);
  });

  test('that fails makes the step fail, and is run again', async () => {
    const target = certificate({ hook: RELOAD });
    const line = `pct exec ${GATEWAY} --keep-env 0 -- systemctl reload-or-restart nginx`;
    host.instead = (command) => (command === line ? { exit: 1, stderr: 'nginx is in the way' } : undefined);
    expect(await apply(target)).toMatchObject({
      outcome: 'failed',
      reason: 'reload nginx in container 101: nginx is in the way',
    });
    host.instead = () => undefined;
    expect((await done(target)).map(({ summary }) => summary)).toContain('reload nginx in container 101');
  });

  test.each([
    [
      'that does not run reads its files when it starts',
      hook(GATEWAY, { kind: 'service', verb: 'restart', unit: 'absent' }),
    ],
    ['that is not there yet', hook(1001, { kind: 'container', container: 'portainer_server' })],
  ])('%s', async (_, absent) => {
    await done(certificate({ hook: absent }));
    expect(await told()).toEqual([]);
  });

  test('in a VM whose guest agent is silent is waited for', async () => {
    const target = certificate({ hook: hook(1001, { kind: 'container', container: 'portainer_server' }) });
    await done(target);
    const seen = await manager.observe(host, wanted(target));
    expect(manager.decide(wanted(target), { ...seen, user: 'silent' })).toMatchObject({
      kind: 'impossible',
      passing: true,
      reason: expect.stringContaining('its guest agent does not answer'),
    });
  });

  test('in a container that is frozen is waited for, and nothing is run in it', async () => {
    const target = certificate({ hook: RELOAD });
    await host.run({ kind: 'command', program: 'lxc-freeze', args: ['-n', String(GATEWAY)], timeoutSeconds: 10 });
    const inside = new RegExp(`^pct exec ${GATEWAY}`);
    host.instead = (command) => (inside.test(command) ? { exit: null, ended: 'timed out' } : undefined);
    host.forget();
    const reason = expect.stringContaining(`container ${GATEWAY} is frozen: it does nothing; `);
    expect(await apply(target)).toMatchObject({ outcome: 'refused', reason });
    expect(host.commands).not.toContainEqual(expect.stringMatching(inside));
  });

  test('may be any program, without a shell', async () => {
    await done(certificate({ hook: hook(GATEWAY, { kind: 'exec', argv: ['touch', '/root/$(id); told'] }) }));
    expect(await told()).toEqual(['101: touch /root/$(id); told']);
  });
});

describe('the files', () => {
  test('have owner and mode as declared, seen by the container, and get them back without a new certificate', async () => {
    const target = certificate({ mode: 0o600 });
    await done(target);
    const state = await stateOf(host);
    expect(state).toMatchObject({ stdout: `644 100000:100033 ${CERTIFICATE}\n600 100000:100033 ${KEY}\n` });
    await host.run({ kind: 'command', program: 'chmod', args: ['--', '0644', KEY], timeoutSeconds: 10 });
    await host.run({ kind: 'command', program: 'chown', args: ['--', '0:0', CERTIFICATE], timeoutSeconds: 10 });
    const [text] = await files();
    const all = (await done(target)).map(({ summary }) => summary);
    // The key is replaced again, and its modification time changes if that happens in another second.
    const repaired = all.filter((summary) => !summary.startsWith('record the certificate'));
    expect(repaired).toEqual([`set the mode of ${KEY} to 0600`, `give ${CERTIFICATE} to root:www-data`]);
    expect((await files())[0]).toBe(text);
    expect(await stateOf(host)).toEqual(state);
  });

  test('of a key are never open to others, at no moment and however the mode is written', async () => {
    const target = certificate({ mode: 0o666 });
    const places = [
      KEY,
      '/tank/101/ssl/.nginx.key.phoenix-new',
      `/var/lib/phoenix/certificates/work/${NAME}.key`,
      `/var/lib/phoenix/certificates/work/${NAME}.previous.key`,
    ];
    const modes = new Set<number>();
    const look = async () => {
      for (const path of places) {
        const found = await stat(join(host.dir, path)).catch(() => null);
        if (found !== null) modes.add(found.mode & 0o777);
      }
    };
    host.instead = () => {
      looking = looking.then(look);
      return undefined;
    };
    let looking = Promise.resolve();
    for (const action of await done(target)) expect(action.summary).not.toBe('');
    age(host);
    await done(target);
    await looking;
    await look();
    expect([...modes].filter((mode) => (mode & ~0o640) !== 0)).toEqual([]);
    expect(modes.size).toBeGreaterThan(0);
  });

  test('of others are replaced only with an approval', async () => {
    await host.write(CERTIFICATE, 'of somebody else\n');
    expect(await apply(certificate())).toMatchObject({ outcome: 'refused' });
    await done(certificate(), { adopt: true });
    expect(await stateOf(host)).toMatchObject({ belongs: true });
  });

  test('a link or a folder in their place is left alone', async () => {
    await host.write('/tank/101/ssl/elsewhere', 'theirs\n');
    await symlink('elsewhere', join(host.dir, KEY));
    expect(await apply(certificate())).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining(`${KEY} is not ours`),
    });
    await host.write('/tank/101/ssl/folder/file', 'theirs\n');
    const folder = certificate({ keyPath: '/tank/101/ssl/folder' });
    expect(await apply(folder, { adopt: true })).toMatchObject({
      outcome: 'refused',
      reason: '/tank/101/ssl/folder is a folder: move it away',
    });
  });

  test('that the same authority issued before are adopted', async () => {
    await done(certificate());
    await host.run({ kind: 'command', program: 'rm', args: ['-f', '--', NOTE], timeoutSeconds: 10 });
    expect((await done(certificate())).map(({ summary }) => summary)).toEqual([`record the certificate for ${NAME}`]);
    await host.run({ kind: 'command', program: 'rm', args: ['-f', '--', NOTE], timeoutSeconds: 10 });
    age(host);
    await done(certificate());
    expect(await dueIn(certificate())).toBeGreaterThan(0);
  });

  test('an unreadable note counts as missing', async () => {
    await done(certificate());
    await host.write(NOTE, '{"target":"certificate/x","certPath":7}');
    await manager.inventory(host);
    expect((await done(certificate())).map(({ summary }) => summary)).toEqual([`record the certificate for ${NAME}`]);
  });
});

test('neither keys nor the password of the provisioner are in an action, an argument, an input or an output', async () => {
  const outputs: string[] = [];
  const watched: LabHost = {
    ...host,
    async run(command, options) {
      const result = await host.run(command, options);
      outputs.push(result.stdout, result.stderr);
      return result;
    },
  };
  const ends: End[] = [];
  const secrets = [await must(host, ['exec', String(CA), '--', 'cat', PASSWORD])];
  for (const issuer of ['jwk', 'acme'] as const) {
    ends.push(await convergeStep(manager as Manager, watched, wanted(certificate({ issuer, hook: RELOAD }))));
    secrets.push(await host.read(KEY));
  }
  secrets.push(await host.read('/var/lib/phoenix/certificates/work/acme-account.key'));
  expect(ends).toMatchObject([{ outcome: 'done' }, { outcome: 'done' }]);
  const shown = [JSON.stringify(ends), ...outputs, ...host.commands, ...host.inputs, await host.read(NOTE)].join('\n');
  for (const secret of secrets.map((text) => text.replace(/-+BEGIN.*-+\n/, '').slice(0, 30))) {
    expect(secret.length).toBe(30);
    expect(shown).not.toContain(secret);
  }
});
