// Traefik's static configuration: its entry points, trusted proxies, and API. It is read when Traefik starts. The feature `traefik` writes a first
// one, and a person's own is left alone.

import { stringify } from 'yaml';
import { contains, parseAddress, parseNetwork } from '../../../config/address.ts';
import { MARK } from '../inside.ts';
import { API_ADDRESS, DYNAMIC_FOLDER } from './scripts.ts';

/** Digests of unmarked files that older versions of the feature `traefik` wrote: an exact match shows that nobody changed them. */
const SHIPPED: ReadonlySet<string> = new Set([
  '89d106e422584ab7cb798d85ce5435a3ac6f1efe628a38c1e314e608a59f26c8',
  '4cece127c7caa0c28778d38d941ed07061a261cb627d2da3ec2b0b5e7e59b541',
]);

/**
 * Time limit of one request with its body, in seconds: as long as nginx waits for the proxy. Traefik's default of a minute ends uploads that
 * nginx allows; without a limit, a client that sends a length and no body holds a connection forever.
 */
const REQUEST_SECONDS = 3600;

/**
 * Pure.
 *
 * @param gateway the only machine whose forwarded headers are trusted for client address and scheme; null: none is. The API is only on the entry
 * point `traefik`, which is bound to the container's loopback; without that setting it would listen on all addresses.
 */
export function renderStatic(gateway: string | null): string {
  const passing = {
    ...(gateway === null ? {} : { forwardedHeaders: { trustedIPs: [gateway] } }),
    transport: { respondingTimeouts: { readTimeout: `${REQUEST_SECONDS}s` } },
  };
  const value = {
    entryPoints: {
      web: { address: ':80', ...passing },
      websecure: { address: ':443', ...passing },
      traefik: { address: API_ADDRESS },
    },
    providers: { file: { directory: DYNAMIC_FOLDER, watch: true } },
    api: { insecure: true },
    ping: {},
    log: { level: 'INFO', noColor: true },
  };
  return `${MARK}: what is changed here is overwritten. Without this line the file is yours, and left alone.\n${stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

export interface StaticFile {
  /** SHA-256 in hexadecimal digits; null where there is none. */
  readonly current: string | null;
  /** Digest of the last one with which Traefik started successfully. */
  readonly proven: string | null;
  /** Digest of the one with which Phoenix last restarted it. */
  readonly started: string | null;
  /** Empty where there is none. */
  readonly text: string;
}

/** Whether only Phoenix wrote it, so that it may be replaced. */
export function isOurs({ current, text }: StaticFile): boolean {
  return current === null || text.startsWith(MARK) || SHIPPED.has(current);
}

/** An entry point of the running Traefik. */
export interface EntryPoint {
  readonly name: string;
  readonly trusted: readonly string[];
  readonly trustsAll: boolean;
  /** Read timeout of a request with its body, in seconds; 0: none. */
  readonly readSeconds: number;
}

/** What the entry points for routes lack to work behind the gateway, as sentences. */
export function missingEntryPoints(entryPoints: readonly EntryPoint[], gateway: string | null): string[] {
  if (gateway === null) return [];
  return entryPoints
    .filter(({ name }) => name === 'web' || name === 'websecure')
    .flatMap(({ name, trusted, trustsAll, readSeconds }) => [
      ...(trustsAll || trusted.some((each) => networkContains(each, gateway))
        ? []
        : [
            `entryPoints.${name}.forwardedHeaders.trustedIPs does not hold ${gateway}, so that what is behind it sees http and the gateway in place of the client`,
          ]),
      ...(readSeconds === 0 || readSeconds >= REQUEST_SECONDS
        ? []
        : [
            `entryPoints.${name}.transport.respondingTimeouts.readTimeout is ${readSeconds} seconds, which ends longer uploads; ${REQUEST_SECONDS}s is what nginx grants`,
          ]),
    ]);
}

function networkContains(written: string, address: string): boolean {
  const [network, one] = [parseNetwork(written), parseAddress(address)];
  return network !== undefined && one !== undefined && contains(network, one);
}
