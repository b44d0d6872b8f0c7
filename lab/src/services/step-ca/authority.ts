// The authority of a guest, from the files that step-ca reads there.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomUUID,
  X509Certificate,
} from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as x509 from '@peculiar/x509';
import { keyText, makeCertificate, newKey } from '../../certificates/certificates.ts';
import { STEP_PATH } from '../../guest/step-ca.ts';

/** What step-ca answers with instead. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface JwkProvisioner {
  readonly type: 'JWK';
  readonly name: string;
  readonly key: { readonly kid: string; readonly [member: string]: unknown };
  readonly encryptedKey: string;
}

type Provisioner = JwkProvisioner | { readonly type: 'ACME'; readonly name: string };

export interface Authority {
  readonly port: number;
  readonly dnsNames: readonly string[];
  readonly provisioners: readonly Provisioner[];
  /** PEM. */
  readonly root: string;
  /** SHA-256 of the root, in hexadecimal digits. */
  readonly fingerprint: string;
  /** For its own door: certificate with what is above it, and key. */
  readonly door: { readonly cert: string; readonly key: string };
  /**
   * The certificate and the intermediate, as PEM.
   * @param names exactly those that the request must ask for @param notAfter RFC 3339 or a duration such as `3600s`
   * @throws Refusal
   */
  sign(request: string, names: readonly string[], notAfter?: string): readonly [leaf: string, intermediate: string];
}

const HOUR_MS = 3_600_000;
const DEFAULT_MS = 24 * HOUR_MS;
/** step-ca begins a certificate so much earlier, and allows as much beyond the longest. */
const BACKDATE_MS = 60_000;

/** @param at where a path of the guest lies; null where nothing is initialised */
export function readAuthority(at: (path: string) => string): Authority | null {
  const file = at(`${STEP_PATH}/config/ca.json`);
  if (!existsSync(file)) return null;
  const settings = JSON.parse(readFileSync(file, 'utf8'));
  const [root, intermediate, key] = [settings.root, settings.crt, settings.key].map((path: string) =>
    readFileSync(at(path), 'utf8'),
  ) as [string, string, string];
  const issuer = {
    name: /CN=(.*)/.exec(new X509Certificate(intermediate).subject)?.[1] ?? '',
    key: createPrivateKey(key),
  };
  const { claims = {}, provisioners } = settings.authority;
  const longest = durationOf(claims.maxTLSCertDuration) ?? DEFAULT_MS;
  const usual = Math.min(durationOf(claims.defaultTLSCertDuration) ?? DEFAULT_MS, longest);
  const dnsNames: string[] = settings.dnsNames;

  const issue = (publicKey: KeyObject, names: readonly string[], lifetime: number): string => {
    const now = Date.now();
    const times = { notBefore: new Date(now - BACKDATE_MS), notAfter: new Date(now + lifetime) };
    return makeCertificate({ subject: names[0] ?? '', publicKey, issuer, names, ...times });
  };
  const own = newKey();
  return {
    port: Number(/:(\d+)$/.exec(settings.address)?.[1] ?? 443),
    dnsNames,
    provisioners,
    root,
    fingerprint: createHash('sha256').update(new X509Certificate(root).raw).digest('hex'),
    door: { cert: `${issue(createPublicKey(own), dnsNames, DEFAULT_MS)}${intermediate}`, key: keyText(own) },
    sign(request, names, notAfter) {
      const asked = publicKeyOf(request, names);
      const lifetime = notAfter === undefined ? usual : (durationOf(notAfter) ?? Date.parse(notAfter) - Date.now());
      if (!(lifetime > 0)) throw new Refusal(400, 'notAfter is before notBefore');
      if (lifetime > longest + BACKDATE_MS) {
        const duration = (ms: number) => `${Math.round(ms / 1000)}s`;
        throw new Refusal(
          403,
          `requested duration of ${duration(lifetime)} is more than the authorized maximum certificate duration of ${duration(longest + BACKDATE_MS)}`,
        );
      }
      return [issue(asked, names, lifetime), intermediate];
    },
  };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: HOUR_MS };

/** Milliseconds of a duration as Go writes it; null for anything else. */
function durationOf(text: string | undefined): number | null {
  if (text === undefined || !/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return null;
  return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0),
    0,
  );
}

/** The key of a request that asks for exactly these names. */
function publicKeyOf(pem: string, names: readonly string[]): KeyObject {
  let request: x509.Pkcs10CertificateRequest;
  try {
    request = new x509.Pkcs10CertificateRequest(pem);
  } catch {
    throw new Refusal(400, 'error parsing certificate request');
  }
  const extension = request.extensions.find((each) => each instanceof x509.SubjectAlternativeNameExtension);
  const asked = (extension?.names.items ?? []).map(({ value }) => value).sort();
  const want = [...names].sort();
  if (asked.join(' ') !== want.join(' ')) {
    throw new Refusal(
      403,
      `certificate request does not contain the valid names - got [${asked.join(' ')}], want [${want.join(' ')}]`,
    );
  }
  return createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
}

/** An id that nobody guesses. */
export const newId = (): string => randomUUID().replaceAll('-', '');
