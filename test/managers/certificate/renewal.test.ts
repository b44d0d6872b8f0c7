// When a certificate is renewed and when its age is a fault, which names it gets, and what it depends on.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CertificateSpec } from '../../../src/managers/certificate/certificate-spec.ts';
import { csrConfig } from '../../../src/managers/certificate/csr-config.ts';
import { legacyTemporaryPath, pathsOf } from '../../../src/managers/certificate/paths.ts';
import { faultOf, renewAt } from '../../../src/managers/certificate/renewal.ts';
import { certificate, hook } from './environment.ts';

const spec = certificate().spec as CertificateSpec;
const facts = {
  fingerprint: 'f',
  names: spec.names,
  notBefore: 0,
  notAfter: 90_000_000,
  publicKey: 'k',
  trusted: true,
};

describe('the moment of a renewal', () => {
  test('lies in the twentieth before two thirds of the lifetime, and is always the same for a name', () => {
    const lifetimes = fc.integer({ min: 300_000, max: 10 * 365 * 86_400_000 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), lifetimes, fc.string(), (notBefore, lifetime, name) => {
        const at = renewAt({ notBefore, notAfter: notBefore + lifetime }, name);
        expect(at).toBeLessThanOrEqual(notBefore + (lifetime * 2) / 3);
        expect(at).toBeGreaterThanOrEqual(Math.floor(notBefore + lifetime * (2 / 3 - 1 / 20)));
        expect(renewAt({ notBefore, notAfter: notBefore + lifetime }, name)).toBe(at);
      }),
    );
  });

  test('is a fault from then on and not before', () => {
    const at = renewAt(facts, spec.commonName);
    expect(faultOf(spec, facts, 'k', at - 1)).toBeNull();
    expect(faultOf(spec, facts, 'k', at)).toBe('two thirds of its lifetime have passed');
  });
});

test.each([
  ['there is none yet', null, 'k'],
  ['its key is missing', facts, null],
  ['its key is another one', facts, 'other'],
  ['its names have changed', { ...facts, names: [] }, 'k'],
  ['it was not issued by the present authority', { ...facts, trusted: false }, 'k'],
  ['it is not valid yet', { ...facts, notBefore: 80_000_000 }, 'k'],
] as const)('%s', (fault, found, key) => {
  expect(faultOf(spec, found, key, 1_000_000)).toBe(fault);
});

test('a clock that is a little behind is no fault', () => {
  expect(faultOf(spec, { ...facts, notBefore: 1_300_000 }, 'k', 1_000_000)).toBeNull();
});

test('a certificate depends on its authority, disks, and for ACME on the gateway and its names', () => {
  expect(certificate().needs).toEqual(['hypervisor/storage', 'lxc/103']);
  expect(certificate({ issuer: 'acme' }).needs).toEqual(['hypervisor/storage', 'lxc/103', 'hypervisor/dns', 'lxc/101']);
  expect(certificate({ hook: hook(101, { kind: 'exec', argv: ['true'] }) }).within).toEqual(['lxc/103']);
});

test('without SANs it is for its common name', () => {
  expect(spec.names).toEqual([spec.commonName]);
});

test('a name that is too long for a common name becomes an alternative name', () => {
  const commonName = `${'a'.repeat(60)}.example.internal`;
  const settings = csrConfig({ ...spec, commonName, names: [commonName] });
  expect(settings).not.toContain('CN =');
  expect(settings).toContain(`DNS.1 = ${commonName}`);
});

test('no name leads out of the folders', () => {
  expect(pathsOf('../../etc/passwd').note).toBe('/var/lib/phoenix/certificates/..%2F..%2Fetc%2Fpasswd.json');
  expect(legacyTemporaryPath('/tank/web.key')).toBe('/tank/.web.key.phoenix-new');
});
