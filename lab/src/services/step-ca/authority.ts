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
import { keyText, makeCertificate, newKey } from '../../certificates/certificates.ts';
import { STEP_PATH } from '../../guest/step-ca.ts';
import { Refusal } from './refusal.ts';

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
  /** SHA-256 of the root, hexadecimal. */
  readonly fingerprint: string;
  /** For its own HTTPS server: the certificate with its chain, and the key. */
  readonly server: { readonly cert: string; readonly key: string };
  /**
   * The certificate and the intermediate, as PEM.
   *
   * @param names exactly those that the request must contain
   * @param notAfter RFC 3339 or a duration such as `3600s`
   * @throws Refusal
   */
  sign(
    request: string,
    names: readonly string[],
    notAfter?: string,
  ): Promise<readonly [leaf: string, intermediate: string]>;
}

const HOUR_MS = 3_600_000;
const DEFAULT_MS = 24 * HOUR_MS;
const MIN_MS = 5 * 60_000;
/** step-ca backdates certificates by this much, and counts it to what was asked for and to what is allowed. */
const BACKDATE_MS = 60_000;

/** @param at the real path of a path in the guest; null where no authority is initialised */
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
  const shortest = durationOf(claims.minTLSCertDuration) ?? MIN_MS;
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
    server: { cert: `${issue(createPublicKey(own), dnsNames, DEFAULT_MS)}${intermediate}`, key: keyText(own) },
    async sign(request, names, notAfter) {
      const { publicKeyOf } = await import('./request.ts');
      const publicKey = await publicKeyOf(request, names);
      const lifetime = notAfter === undefined ? usual : (durationOf(notAfter) ?? Date.parse(notAfter) - Date.now());
      if (!(lifetime > 0)) throw new Refusal(400, 'notAfter cannot be in the past');
      if (lifetime + BACKDATE_MS < shortest)
        throw new Refusal(
          403,
          `requested duration of ${durationText(lifetime + BACKDATE_MS)} is less than the authorized minimum certificate duration of ${durationText(shortest)}`,
        );
      if (Math.floor(lifetime / 1000) > longest / 1000) {
        throw new Refusal(
          403,
          `requested duration of ${durationText(lifetime + BACKDATE_MS)} is more than the authorized maximum certificate duration of ${durationText(longest + BACKDATE_MS)}`,
        );
      }
      return [issue(publicKey, names, lifetime), intermediate];
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

/** `24h1m0s`: a duration as Go writes it, in whole seconds. */
function durationText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours > 0 ? `${hours}h` : ''}${seconds >= 60 ? `${minutes}m` : ''}${seconds % 60}s`;
}

/** An unguessable id. */
export const newId = (): string => randomUUID().replaceAll('-', '');
