// The host trusts the root certificate of the environment's own authority, and no other of its certificates.

import { createPublicKey } from 'node:crypto';
import { makeCertificate, newKey } from 'phoenix-lab/certificates';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LabHost, openLabHost } from '../../../support/host/lab-host.ts';
import { convergeStep } from '../../carry-out.ts';
import { testContract } from '../../contract.ts';
import { container, environment, gone, wanted } from '../../guests.ts';
import { LOOKS, manager, partOf } from '../parts.ts';

const ROOT = '/usr/local/share/ca-certificates/phoenix-root.crt';
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

/** @param authority whether it may sign others */
function rootOf(subject: string, authority = true): string {
  const key = newKey();
  const dates = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const own = { subject, publicKey: createPublicKey(key), issuer: { name: subject, key }, names: [], ...dates };
  return makeCertificate(authority ? { ...own, authority: 1 } : own);
}

const [ONE, OTHER, THEIRS] = [rootOf('One'), rootOf('Other'), rootOf('Theirs')];

/** @param folder of the host that the authority publishes its root in; null: none */
function trustIn(folder: string | null) {
  const mount = {
    hostPath: folder ?? '',
    containerPath: '/etc/step-ca/ssl',
    ownerUid: 0,
    ownerGid: 0,
    readOnly: false,
  };
  const ca = container(103, { role: 'ca', mountPoints: folder === null ? [] : [mount] });
  return partOf(environment(ca), 'trust');
}

async function open(): Promise<LabHost> {
  const host = await openLabHost();
  await host.write('/tank/one/root_ca.crt', ONE);
  await host.write('/tank/other/root_ca.crt', OTHER);
  return host;
}

const trusted = async (host: LabHost) => [(await host.readFile(ROOT)) ?? null, (await host.readFile(BUNDLE)) ?? null];

testContract<LabHost>(manager, [
  {
    name: 'the root of the authority',
    open,
    target: trustIn('/tank/one'),
    changed: trustIn('/tank/other'),
    state: trusted,
    looks: LOOKS,
    foreign: {
      make: (host) => host.write('/usr/local/share/ca-certificates/theirs.crt', THEIRS),
      state: (host) => host.read('/usr/local/share/ca-certificates/theirs.crt'),
    },
  },
]);

describe('on a lab host', () => {
  let host: LabHost;
  beforeEach(async () => {
    host = await open();
  });
  afterEach(() => host.close());

  test('an authority that has not published its root yet is waited for', async () => {
    const target = wanted(trustIn('/tank/none'));
    const decision = manager.decide(target, await manager.observe(host, target));
    expect(decision).toMatchObject({ kind: 'impossible', passing: true });
    expect(decision).toHaveProperty('reason', expect.stringContaining('/tank/none/root_ca.crt is missing'));
  });

  test.each([
    ['a certificate that may not sign', () => rootOf('Leaf', false), 'no certificate of an authority'],
    ['something else', () => 'nothing of the kind', 'no certificate'],
  ])('%s is not trusted', async (_, text, reason) => {
    await host.write('/tank/one/root_ca.crt', text());
    const end = await convergeStep(manager, host, wanted(trustIn('/tank/one')));
    expect(end).toMatchObject({ outcome: 'refused', actions: [], reason: expect.stringContaining(reason) });
    expect(await trusted(host)).toEqual([null, null]);
  });

  test('a new root replaces the old one, and is removed when nothing needs it', async () => {
    await convergeStep(manager, host, wanted(trustIn('/tank/one')));
    await host.write('/tank/one/root_ca.crt', OTHER);
    expect(manager.quickCheck(await manager.inventory(host), wanted(trustIn('/tank/one')))).toMatchObject({
      published: OTHER,
    });
    expect(await convergeStep(manager, host, wanted(trustIn('/tank/one')))).toMatchObject({ outcome: 'done' });
    expect(await trusted(host)).toEqual([OTHER, OTHER]);
    expect(await convergeStep(manager, host, gone(trustIn('/tank/one')))).toMatchObject({ outcome: 'done' });
    expect(await trusted(host)).toEqual([null, '']);
  });

  test('a root that is in no folder of the host is read inside the container', async () => {
    host.instead = (line) =>
      line.startsWith('pct exec 103') && line.endsWith('cat /etc/step-ca/certs/root_ca.crt')
        ? { stdout: ONE }
        : undefined;
    expect(await convergeStep(manager, host, wanted(trustIn(null)))).toMatchObject({ outcome: 'done' });
    expect(await host.read(ROOT)).toBe(ONE);
  });
});
