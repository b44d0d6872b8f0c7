// The certificate of the node's web interface: from the environment's own authority, from files, or by ACME; no key on a command line.

import { createPublicKey } from 'node:crypto';
import { keyText, makeCertificate, newKey } from 'phoenix-lab/certificates';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../../../src/managers/config.ts';
import type { PageCertificate } from '../../../../src/managers/hypervisor/declared.ts';
import { acmeDomainsIn, pageFactsOf, renewPageAt } from '../../../../src/managers/hypervisor/page/page-facts.ts';
import { PAGE_FILE } from '../../../../src/managers/hypervisor/page/page-section.ts';
import type { Target } from '../../../../src/model/target.ts';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { certificate } from '../../certificate/environment.ts';
import { testContract } from '../../contract.ts';
import { environment, gone, wanted } from '../../guests.ts';
import { LOOKS, manager, partOf, withHost } from '../parts.ts';
import { broughtIn } from '../round-trip.ts';

const DAY_MS = 86_400_000;
const NODE = '/etc/pve/nodes/pve';
const ACCOUNT = '/etc/pve/priv/acme/default';

function pair(name: string, days = 90) {
  const key = newKey();
  const text = makeCertificate({
    ...{ subject: name, publicKey: createPublicKey(key), issuer: { name: 'Test CA', key: newKey() }, names: [name] },
    ...{ notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + days * DAY_MS) },
  });
  return { certificate: text, key: keyText(key) };
}

const pageOf = (declared: PageCertificate, config?: Config): Target =>
  partOf(withHost({ pageCertificate: declared }, config), 'page');

const secret = (name: string) => ({ $secret: `file:/etc/phoenix/secrets/${name}` });
const FILES = { by: 'files', chain: secret('page.pem'), key: secret('page.key') } as const;
const OTHERS = { by: 'files', chain: secret('other.pem'), key: secret('other.key') } as const;

const [OWN, OTHER] = [pair('pve.example.internal'), pair('pve.example.internal')];

async function openWithSecrets(): Promise<LabHost> {
  const host = await openLabHost();
  await host.write('/etc/phoenix/secrets/page.pem', OWN.certificate);
  await host.write('/etc/phoenix/secrets/page.key', OWN.key);
  await host.write('/etc/phoenix/secrets/other.pem', OTHER.certificate);
  await host.write('/etc/phoenix/secrets/other.key', OTHER.key);
  return host;
}

const shown = async (host: LabHost) => (await host.readFile(PAGE_FILE)) ?? null;

testContract<LabHost>(manager, [
  {
    name: 'a certificate of your own for the page',
    open: openWithSecrets,
    target: pageOf(FILES),
    changed: pageOf(OTHERS),
    state: shown,
    looks: LOOKS,
    secrets: [OWN.key.split('\n')[1] ?? '', OTHER.key.split('\n')[1] ?? ''],
    foreign: {
      make: (host) => host.write(`${NODE}/pveproxy-ssl.pem`, OTHER.certificate),
      state: shown,
      refused: 'phoenix adopt hypervisor/page',
    },
  },
]);

describe('on a lab host', () => {
  let host: LabHost;
  beforeAll(async () => {
    host = await openLabHost();
  });
  beforeEach(async () => {
    const own = ['note.json', 'certificate.pem', 'key.pem'].map((name) => `/var/lib/phoenix/page/${name}`);
    const page = ['pveproxy-ssl.pem', 'pveproxy-ssl.key', 'config'].map((name) => `${NODE}/${name}`);
    await host.removeFiles({ kind: 'remove', paths: [...own, ...page] });
    host.forget();
  });
  afterAll(() => host.close());

  const step = (target: Target) => convergeStep(manager, host, wanted(target));
  const pvenode = () => host.commands.filter((line) => line.startsWith('pvenode'));

  describe('by a certificate of the manifest', () => {
    const declared = certificate({}).spec as { readonly certPath: string; readonly keyPath: string };
    const name = 'nginx.example.internal';
    const { certPath, keyPath } = declared;
    const one = { commonName: name, certPath, keyPath } as Config['certificates'][number];
    const target = pageOf({ by: 'certificate', name }, { ...environment(), certificates: [one] });

    async function issue(days?: number) {
      const issued = pair(name, days);
      await host.write(certPath, issued.certificate);
      await host.write(keyPath, issued.key);
      return issued.certificate;
    }

    test('the page has what the authority issued, and each renewal of it, which is due at once', async () => {
      expect(target.needs).toEqual([`certificate/${name}`]);
      const first = await issue();
      expect(await step(target)).toMatchObject({ outcome: 'done' });
      expect(await shown(host)).toBe(first);
      expect(await host.has('/var/lib/phoenix/page/key.pem')).toBe(false);
      const due = async () => manager.due?.(await manager.inventory(host), wanted(target)) ?? null;
      expect(await due()).toBeNull();
      const second = await issue();
      expect(await due()).toEqual(expect.any(Date));
      expect(await step(target)).toMatchObject({ outcome: 'done' });
      expect(await shown(host)).toBe(second);
      expect(pvenode()).toHaveLength(2);
    });

    test('it waits for one that is not issued yet', async () => {
      await host.removeFiles({ kind: 'remove', paths: [certPath] });
      expect(await step(target)).toMatchObject({ outcome: 'refused', reason: expect.stringContaining(certPath) });
    });

    test('a key that is not the certificate’s changes nothing', async () => {
      const first = await issue();
      await step(target);
      await issue();
      await host.write(keyPath, pair(name).key);
      expect(await step(target)).toMatchObject({
        outcome: 'failed',
        reason: expect.stringContaining('does not match'),
      });
      expect(await shown(host)).toBe(first);
    });

    test('once it is no longer declared, the page has its own again, but keeps what somebody set since', async () => {
      await issue();
      await step(target);
      expect(await convergeStep(manager, host, gone(target))).toMatchObject({ outcome: 'done' });
      expect(await shown(host)).toBeNull();
      await step(target);
      await host.write(`${NODE}/pveproxy-ssl.pem`, OTHER.certificate);
      expect(await convergeStep(manager, host, gone(target))).toMatchObject({ outcome: 'done' });
      expect(await shown(host)).toBe(OTHER.certificate);
    });
  });

  describe('by ACME', () => {
    const target = pageOf({ by: 'acme' });
    const CONFIG = 'acme: account=default,domains=pve.example.org\nacmedomain0: domain=Alias.example.org,plugin=dns\n';

    test('it is ordered for the domains of the node, and again for others', async () => {
      expect(await step(target)).toMatchObject({ outcome: 'refused', reason: expect.stringMatching(/acmedomain0/) });
      await host.write(`${NODE}/config`, CONFIG);
      await host.write(ACCOUNT, '{}');
      expect(await step(target)).toMatchObject({ outcome: 'done' });
      expect(pageFactsOf((await shown(host)) ?? '')?.names).toEqual(['alias.example.org', 'pve.example.org']);
      await host.write(`${NODE}/config`, 'acme: domains=pve.example.org\n');
      expect(await step(target)).toMatchObject({ outcome: 'done' });
      expect(pvenode()).toEqual(['pvenode acme cert order', 'pvenode acme cert order --force 1']);
      expect(target.needs).toEqual(['node/options']);
      expect(await broughtIn(host)).toMatchObject({
        file: { page_certificate: { acme: true } },
        differing: [],
        left: [],
      });
    });

    test('one near its end is renewed where Proxmox has not done it, and due by then', async () => {
      await host.write(`${NODE}/config`, 'acme: domains=pve.example.internal\n');
      await host.write(ACCOUNT, '{}');
      await host.write(`${NODE}/pveproxy-ssl.pem`, pair('pve.example.internal', 1).certificate);
      expect(await step(target)).toMatchObject({ outcome: 'done' });
      const facts = pageFactsOf((await shown(host)) ?? '');
      expect(pvenode()).toEqual([]);
      expect(manager.due?.(await manager.inventory(host), wanted(target))?.getTime()).toBe(facts && renewPageAt(facts));
      const old = makeOld();
      await host.write(`${NODE}/pveproxy-ssl.pem`, old);
      expect(await step(target)).toMatchObject({ outcome: 'done' });
      expect(pvenode()).toEqual(['pvenode acme cert renew --force 1']);
    });

    function makeOld(): string {
      const key = newKey();
      return makeCertificate({
        ...{ subject: 'a', publicKey: createPublicKey(key), issuer: { name: 'Test CA', key: newKey() } },
        ...{ names: ['pve.example.internal'], notBefore: new Date(Date.now() - 80 * DAY_MS) },
        notAfter: new Date(Date.now() + 10 * DAY_MS),
      });
    }
  });

  test('import names the key that it does not read, and the certificate by its fingerprint', async () => {
    await host.write(`${NODE}/pveproxy-ssl.pem`, OWN.certificate);
    const { file, differing, left } = await broughtIn(host);
    expect({ file, differing, left }).toMatchObject({
      file: {
        page_certificate: {
          chain: { $secret: 'file:/etc/phoenix/secrets/hypervisor-page.chain' },
          key: { $secret: 'file:/etc/phoenix/secrets/hypervisor-page.key' },
          fingerprint: pageFactsOf(OWN.certificate)?.fingerprint,
        },
      },
      differing: [],
      left: [],
    });
    await host.write(`${NODE}/pveproxy-ssl.pem`, 'no certificate\n');
    expect((await broughtIn(host)).left).toEqual([expect.objectContaining({ what: `hypervisor/page (${PAGE_FILE})` })]);
  });

  describe('by the fingerprint of a certificate of your own', () => {
    const fingerprint = pageFactsOf(OWN.certificate)?.fingerprint ?? '';
    const target = pageOf({ ...FILES, fingerprint });

    const shownFingerprint = async () => pageFactsOf((await shown(host)) ?? '')?.fingerprint;

    async function supply(chain: string, key: string) {
      await host.write('/etc/phoenix/secrets/page.pem', chain);
      await host.write('/etc/phoenix/secrets/page.key', key);
    }

    test('a page that has it is left as it is, and another one gets it', async () => {
      await supply(OWN.certificate, OWN.key);
      await host.write(`${NODE}/pveproxy-ssl.pem`, OWN.certificate);
      expect(await step(target)).toMatchObject({ outcome: 'done' });
      expect(pvenode()).toEqual([]);
      await host.write(`${NODE}/pveproxy-ssl.pem`, OTHER.certificate);
      expect(await step(target)).toMatchObject({ outcome: 'done' });
      expect([await shownFingerprint(), pvenode().length]).toEqual([fingerprint, 1]);
    });

    test.each([
      ['another certificate', OTHER.certificate],
      ['no certificate', OTHER.key],
    ])('references that hold %s change nothing, also not whose the page is', async (_, chain) => {
      await supply(chain, OTHER.key);
      await expect(step(target)).rejects.toThrow(`declared is ${fingerprint}; correct one of them`);
      expect([await shown(host), await host.has('/var/lib/phoenix/page/note.json'), pvenode()]).toEqual([
        null,
        false,
        [],
      ]);
      await supply(OWN.certificate, OWN.key);
      expect(await step(target)).toMatchObject({ outcome: 'done' });
      expect(await shownFingerprint()).toBe(fingerprint);
    });
  });
});

describe('what is read', () => {
  test('domains of the options of a node, however they are written', () => {
    expect(acmeDomainsIn('#notes\nacme: account=a,domains=B.org;a.org\nacmedomain0: c.org,plugin=x\n')).toEqual([
      'a.org',
      'b.org',
      'c.org',
    ]);
  });

  test('a certificate is renewed after Proxmox would have done it, and one of a day after two thirds', () => {
    const from = Date.parse('2026-01-01T00:00:00Z');
    const facts = (days: number) => ({ fingerprint: '', names: [], notBefore: from, notAfter: from + days * DAY_MS });
    expect(renewPageAt(facts(90))).toBe(from + 65 * DAY_MS);
    expect(renewPageAt(facts(1))).toBe(from + (2 / 3) * DAY_MS);
  });
});
