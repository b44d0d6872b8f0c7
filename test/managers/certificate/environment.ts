// A lab host with an authority and a gateway, both set up by the scripts that Phoenix ships, and the certificates to manage.

import { createPublicKey, X509Certificate } from 'node:crypto';
import { cpSync, lstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ageNearExpiry } from 'phoenix-lab/host';
import { afterAll } from 'vitest';
import { certificateTargets } from '../../../src/managers/certificate/certificate-spec.ts';
import type { Certificate, CertificateHook, HookWork } from '../../../src/managers/certificate/declared.ts';
import type { Config } from '../../../src/managers/config.ts';
import type { LxcGuest } from '../../../src/managers/lxc/declared.ts';
import type { Command } from '../../../src/model/action.ts';
import type { Target } from '../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../support/host/lab-host.ts';
import { container, environment, machine } from '../guests.ts';

export const CA = 103;
export const GATEWAY = 101;
export const NAME = 'nginx.example.internal';
export const CERTIFICATE = '/tank/101/ssl/nginx.crt';
export const KEY = '/tank/101/ssl/nginx.key';
export const NOTE = `/var/lib/phoenix/certificates/${NAME}.json`;
export const PASSWORD = '/etc/step-ca/provisioner-password';

const address = (ip: string): LxcGuest['network'] => ({ ...container(GATEWAY).network, ip: `${ip}/24` });
const mount = (hostPath: string, containerPath: string) => ({
  hostPath,
  containerPath,
  ownerUid: 0,
  ownerGid: 0,
  readOnly: false,
});

/** @param own `certificates`: those of the manifest, each by the fields that differ from the defaults */
function declared(...certificates: readonly Partial<Certificate>[]): Config {
  const config = environment(
    container(GATEWAY, {
      role: 'gateway',
      network: address('10.0.0.153'),
      mountPoints: [mount('/tank/101/ssl', '/etc/nginx/ssl')],
    }),
    container(CA, {
      role: 'ca',
      network: address('10.0.0.10'),
      traefikService: { name: 'ca', port: 9000, scheme: 'https' },
      mountPoints: [mount('/tank/103/ssl', '/etc/step-ca/ssl')],
    }),
    machine(1001),
  );
  const stepCa = { rootName: 'Lab', dnsName: 'ca.example.internal', provisionerName: 'admin@example.internal' };
  return {
    ...config,
    hypervisor: { ...config.hypervisor, stepCa: { ...config.hypervisor.stepCa, ...stepCa } as never },
    certificates: certificates.map(
      (own): Certificate => ({
        writtenAt: { file: 'etc/certificate-manifest.json', path: '/0' },
        commonName: NAME,
        sans: [own.commonName ?? NAME],
        certPath: CERTIFICATE,
        keyPath: KEY,
        owner: 'root',
        group: 'www-data',
        mode: 0o640,
        issuer: 'jwk',
        lifetimeSeconds: null,
        hook: null,
        ...own,
      }),
    ),
  };
}

export function hook(guest: number, work: HookWork): CertificateHook {
  return { guest, guestKind: null, writtenAt: { file: '', path: '' }, ...work };
}

export const RELOAD = hook(GATEWAY, { kind: 'service', verb: 'reload', unit: 'nginx' });

/** The only certificate, with the fields that differ from the defaults. */
export function certificate(own: Partial<Certificate> = {}): Target {
  const [target] = certificateTargets(declared(own));
  if (target === undefined) throw new Error('nothing is declared');
  return target;
}

/**
 * An authority and a gateway that run, and names that lead to the gateway: made once, and copied for each test.
 * Called where tests are declared.
 */
export function prepared(): () => Promise<LabHost> {
  let model: Promise<LabHost> | undefined;
  afterAll(async () => (await model)?.close());
  return async () => {
    model ??= setUpAll();
    const { dir } = await model;
    const host = await openLabHost();
    // Its links are there already.
    cpSync(dir, host.dir, { recursive: true, filter: (path) => !lstatSync(path).isSymbolicLink() });
    return host;
  };
}

async function setUpAll(): Promise<LabHost> {
  const host = await openLabHost([{ id: 'rpool', type: 'dir', content: ['rootdir', 'images'] }]);
  await host.write('/etc/hosts', `127.0.0.1 localhost\n10.0.0.153 ${NAME} alias.example.internal\n`);
  await setUp(host, CA, '10.0.0.10', '/tank/103/ssl,mp=/etc/step-ca/ssl', 'step_ca');
  await setUp(host, GATEWAY, '10.0.0.153', '/tank/101/ssl,mp=/etc/nginx/ssl', 'nginx_gateway');
  return host;
}

const EXPORTS = ['CA_ROOT_NAME', 'CA_DNS_NAME', 'CA_PROVISIONER'].map(
  (name, index) => `export ${name}='${['Lab', 'ca.example.internal', 'admin@example.internal'][index]}'\n`,
);

async function setUp(host: LabHost, id: number, ip: string, mp: string, feature: string): Promise<void> {
  await host.makeFolder({ kind: 'folder', path: mp.split(',')[0] ?? '', uid: null, gid: null });
  const template = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst';
  const settings = ['--hostname', `ct-${id}`, '--unprivileged', '1', '--rootfs', 'rpool:4', '--mp0', mp];
  const net = `name=eth0,bridge=vmbr0,ip=${ip}/24,gw=10.0.0.1`;
  await must(host, ['create', String(id), template, ...settings, '--net0', net]);
  await must(host, ['start', String(id)]);
  const script = await readFile(new URL(`../../../etc/features/${feature}/install.sh`, import.meta.url), 'utf8');
  await must(host, ['exec', String(id), '--', 'sh', '-s'], `${EXPORTS.join('')}${script}`);
}

export async function must(host: LabHost, args: readonly string[], stdin?: string): Promise<string> {
  const input = stdin === undefined ? {} : { stdin: { from: 'text', text: stdin } as const };
  const command: Command = { kind: 'command', program: 'pct', args, timeoutSeconds: 60, ...input };
  const { exit, stdout, stderr } = await host.run(command);
  if (exit !== 0) throw new Error(`pct ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Three quarters of its lifetime have passed. */
export function age(host: LabHost): void {
  const complaint = ageNearExpiry(host.dir, CERTIFICATE);
  if (complaint !== null) throw new Error(complaint);
}

/** What the two files are, without what chance decides. */
export async function stateOf(host: LabHost, certPath = CERTIFICATE, keyPath = KEY): Promise<unknown> {
  const at = (path: string) => host.readFile(path);
  const [text, key, note] = await Promise.all([at(certPath), at(keyPath), at(NOTE)]);
  const { stdout } = await host.run({
    kind: 'command',
    program: 'stat',
    args: ['-c', '%a %u:%g %n', '--', certPath, keyPath],
    timeoutSeconds: 10,
  });
  const noted = note === undefined ? null : JSON.parse(note);
  if (text === undefined || key === undefined) return { stdout, note: noted };
  const leaf = new X509Certificate(text);
  const { publicKey } = leaf;
  const { keyFile: _, certificate: kept, told, rootDigest: __, ...rest } = noted ?? {};
  return {
    stdout,
    names: leaf.subjectAltName,
    minutes: Math.round((leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / 60_000),
    belongs: publicKey.equals(createPublicKey(key)),
    note: noted && {
      ...rest,
      kept: kept === text,
      told: told === leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
    },
  };
}
