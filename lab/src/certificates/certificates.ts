// Creates certificates and requests with P-256 keys, which are fast to generate.

import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, context, integer, octets, oid, pem, sequence, set, text, time, truth } from './der.ts';

interface Issuer {
  /** Common name of the certificate. */
  readonly name: string;
  readonly key: KeyObject;
}

export interface CertificateOptions {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: Issuer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** DNS names and addresses. */
  readonly names: readonly string[];
  /** Path length of a CA certificate; absent: not a CA. */
  readonly authority?: number;
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
const ALTERNATIVE_NAMES = '2.5.29.17';
const SIGNING = bits(Buffer.from([0x80]), 7);
const SIGNING_OF_CERTIFICATES = bits(Buffer.from([0x06]), 1);
const SERVER_AND_CLIENT = sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'));

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** PKCS #8, PEM. */
export function keyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** PEM. */
export function makeCertificate(options: CertificateOptions): string {
  const { subject, publicKey, issuer, notBefore, notAfter, names, authority } = options;
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const isAuthority = authority !== undefined;
  const extensions = [
    extension('2.5.29.15', isAuthority ? SIGNING_OF_CERTIFICATES : SIGNING, true),
    isAuthority
      ? extension('2.5.29.19', sequence(truth(), integer(authority)), true)
      : extension('2.5.29.37', SERVER_AND_CLIENT),
    extension('2.5.29.14', octets(keyId(publicKey))),
    extension('2.5.29.35', sequence(context(0, keyId(createPublicKey(issuer.key)), false))),
    ...(names.length === 0 ? [] : [extension(ALTERNATIVE_NAMES, alternativeNames(names))]),
  ];
  const body = sequence(
    context(0, integer(2)),
    integer(serial),
    ECDSA_WITH_SHA256,
    name(issuer.name),
    sequence(time(notBefore), time(notAfter)),
    name(subject),
    spki(publicKey),
    context(3, sequence(...extensions)),
  );
  return pem('CERTIFICATE', signed(body, issuer.key));
}

/** PKCS #10, PEM. An empty subject is omitted. */
export function makeRequest(key: KeyObject, subject: string, names: readonly string[]): string {
  const wished = sequence(extension(ALTERNATIVE_NAMES, alternativeNames(names)));
  const attributes = names.length === 0 ? Buffer.alloc(0) : sequence(oid('1.2.840.113549.1.9.14'), set(wished));
  const body = sequence(integer(0), name(subject), spki(createPublicKey(key)), context(0, attributes));
  return pem('CERTIFICATE REQUEST', signed(body, key));
}

function signed(body: Buffer, key: KeyObject): Buffer {
  return sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, key)));
}

function name(commonName: string): Buffer {
  return commonName === '' ? sequence() : sequence(set(sequence(oid(COMMON_NAME), text(commonName))));
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1').update(spki(key)).digest();
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [truth()] : []), octets(value));
}

function alternativeNames(names: readonly string[]): Buffer {
  const parts = names.map((each) =>
    isIP(each) === 0 ? context(2, Buffer.from(each), false) : context(7, addressBytes(each), false),
  );
  return sequence(...parts);
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (part: string | undefined): string[] => (part ?? '').split(':').filter((each) => each !== '');
  const [left, right] = [groups(head), groups(tail)];
  const all = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
